// SPDX-License-Identifier: Apache-2.0
// TLS as a converter: a session takes ciphertext from its shard's read buffer and puts ciphertext
// into its shard's output buffer (NetContext::tls_in, tls_out). It never touches a socket.
#pragma once

#include <fcedge/fcedge.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

struct WOLFSSL;
struct WOLFSSL_CTX;

namespace fce {

struct NetContext;
class CertificateSet;

// What ALPN agreed on (RFC 7301).
enum class Alpn : uint8_t { none, http11, h2 };

// The certificates of the node's listeners. `load` may be called at any time from any thread; a
// session keeps the set that it began with.
class CertificateStore {
 public:
  CertificateStore();
  ~CertificateStore();
  CertificateStore(const CertificateStore&) = delete;
  CertificateStore& operator=(const CertificateStore&) = delete;

  // Reads chains and keys and replaces the set. On error the old set stays.
  Status load(std::span<const fce_certificate> certificates);
  bool empty() const;
  std::shared_ptr<const CertificateSet> current() const;

 private:
  std::shared_ptr<const CertificateSet> set_;  // accessed by std::atomic_load and atomic_store
};

// One TLS 1.2 or 1.3 session, of a server or (TlsPeer makes those) of a client.
class TlsSession {
 public:
  TlsSession() = default;
  explicit TlsSession(WOLFSSL* ssl) : ssl_(ssl) {}
  ~TlsSession();
  TlsSession(TlsSession&& other) noexcept;
  TlsSession& operator=(TlsSession&& other) noexcept;

  explicit operator bool() const { return ssl_ != nullptr; }

  // How many bytes of `data`, the beginning of a connection, hold the whole ClientHello record:
  // 0 when more bytes are needed to tell; -1 when this is no TLS.
  static int hello_bytes(Bytes data);

  // Makes a session for the name that the ClientHello asks for.
  Status open(const CertificateSet& set, Bytes hello, NetContext& net);

  enum class Step { done, wait, failed };
  // Goes on with the handshake on the bytes in `net.tls_in`.
  Step handshake();
  // Why a client's handshake failed; valid as long as the session.
  const char* why_failed() const;
  // Decrypts one record's worth into `out`: its size, 0 when more ciphertext is needed, or one of
  // these two. After `kBroken` an alert may be in `net.tls_out`; nothing may follow it.
  static constexpr int kClosed = -1;
  static constexpr int kBroken = -2;
  int read(MutableBytes out);
  // Encrypts at most 16 KiB into `net.tls_out`.
  Status write(Bytes plain);
  // Puts a close_notify alert into `net.tls_out`.
  void close_notify();

  Alpn alpn() const;
  bool resumed() const;
  const char* version() const;  // "TLSv1.3"
  WOLFSSL* get() const { return ssl_; }

 private:
  NetContext& begin_read();

  WOLFSSL* ssl_ = nullptr;
  bool in_body_ = false;  // of a record that is coming in
};

}  // namespace fce
