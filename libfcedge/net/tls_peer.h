// SPDX-License-Identifier: Apache-2.0
// TlsPeer: a server that we connect to over TLS: by which name it has to be known, and who vouches
// for it. Immutable, and shared by the shards.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "net/tls_session.h"

struct WOLFSSL_CTX;
struct WOLFSSL_SESSION;

namespace fce {

// Whom we believe. It is much larger than a peer, so peers share it.
class TlsTrust {
 public:
  // `ca_file`: certificates of CAs, PEM; "": those of the system. Such as cannot be read (of an
  // algorithm that we do not have) are passed over; one at least is needed.
  static Status load(const std::string& ca_file, std::shared_ptr<const TlsTrust>* out);
  // Whoever answers is believed. For tests and for tunnels that are safe by other means.
  static std::shared_ptr<const TlsTrust> anybody();
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  WOLFSSL_CTX* context() const { return context_; }
  bool verifies() const { return verifies_; }
  uint32_t certificates() const { return certificates_; }

 private:
  explicit TlsTrust(bool verifies);

  WOLFSSL_CTX* const context_;
  const bool verifies_;
  uint32_t certificates_ = 0;
};

// What a server gave us to resume its session with, so that the next handshake costs no signature.
// It belongs to one peer, on one shard.
class TlsTicket {
 public:
  TlsTicket() = default;
  ~TlsTicket();
  TlsTicket(const TlsTicket&) = delete;
  TlsTicket& operator=(const TlsTicket&) = delete;

  // Takes what the session has been given so far: under TLS 1.3 that comes with its first data.
  void keep(const TlsSession& session);
  WOLFSSL_SESSION* get() const { return session_; }

 private:
  WOLFSSL_SESSION* session_ = nullptr;
};

class TlsPeer {
 public:
  // `name`: a host name, or an IP address in text. The certificate has to be for it (RFC 9525); a
  // host name is also asked for (SNI).
  TlsPeer(std::shared_ptr<const TlsTrust> trust, std::string name);

  // Makes the session of a client. The peer outlives it; `ticket` may be empty.
  Status open(NetContext& net, const TlsTicket& ticket, TlsSession* out) const;

  const std::string& name() const { return name_; }
  // Whether a certificate, DER, is for this peer.
  bool is_named_by(Bytes certificate) const;

 private:
  const std::shared_ptr<const TlsTrust> trust_;
  const std::string name_;
  std::array<uint8_t, 16> ip_{};  // when the name is an address
  uint8_t ip_bytes_ = 0;          // 4 or 16 then
};

}  // namespace fce
