// SPDX-License-Identifier: Apache-2.0
// A TLS client for the tests: wolfSSL's own, in memory; the test carries the bytes.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/wolfssl_options.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/ssl.h>

#include "net/stream_node.h"

namespace fce {

class TlsClient {
 public:
  struct Options {
    bool tls12 = false;
    std::string server_name;
    const char* trusted = nullptr;  // the one certificate that is right; null: any is
    std::string alpn;
    WOLFSSL_SESSION* session = nullptr;
  };

  explicit TlsClient(const Options& options) {
    REQUIRE(wolfSSL_Init() == WOLFSSL_SUCCESS);
    context_ =
        wolfSSL_CTX_new(options.tls12 ? wolfTLSv1_2_client_method() : wolfTLSv1_3_client_method());
    REQUIRE(context_ != nullptr);
    wolfSSL_CTX_SetIORecv(context_, receive);
    wolfSSL_CTX_SetIOSend(context_, send);
    wolfSSL_CTX_UseSessionTicket(context_);
    if (options.trusted) {
      const auto pem = as_bytes(options.trusted);
      REQUIRE(wolfSSL_CTX_load_verify_buffer(context_, pem.data(), static_cast<long>(pem.size()),
                                             WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS);
    }
    wolfSSL_CTX_set_verify(context_, options.trusted ? WOLFSSL_VERIFY_PEER : WOLFSSL_VERIFY_NONE,
                           nullptr);
    ssl_ = wolfSSL_new(context_);
    REQUIRE(ssl_ != nullptr);
    wolfSSL_SetIOReadCtx(ssl_, this);
    wolfSSL_SetIOWriteCtx(ssl_, this);
    if (!options.server_name.empty())
      REQUIRE(wolfSSL_UseSNI(ssl_, WOLFSSL_SNI_HOST_NAME, options.server_name.data(),
                             static_cast<word16>(options.server_name.size())) == WOLFSSL_SUCCESS);
    if (!options.alpn.empty()) {
      std::string names = options.alpn;
      REQUIRE(wolfSSL_UseALPN(ssl_, names.data(), static_cast<unsigned>(names.size()),
                              WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) == WOLFSSL_SUCCESS);
    }
    if (options.session) REQUIRE(wolfSSL_set_session(ssl_, options.session) == WOLFSSL_SUCCESS);
  }
  ~TlsClient() {
    wolfSSL_free(ssl_);
    wolfSSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Goes on with the handshake on what is in `in`.
  void step() {
    if (connected || failed) return;
    const int result = wolfSSL_connect(ssl_);
    connected = result == WOLFSSL_SUCCESS;
    if (!connected) failed = !waits(result);
  }
  // Decrypts what is in `in`.
  void read() {
    char buffer[16'384];
    int got;
    while ((got = wolfSSL_read(ssl_, buffer, sizeof buffer)) > 0)
      data.append(buffer, static_cast<size_t>(got));
    if (wolfSSL_get_error(ssl_, got) == WOLFSSL_ERROR_ZERO_RETURN) closed = true;
  }
  void write(std::string_view text) {
    while (!text.empty()) {
      const auto size = static_cast<int>(std::min<size_t>(text.size(), 16'000));
      const int wrote = wolfSSL_write(ssl_, text.data(), size);
      REQUIRE(wrote > 0);
      text.remove_prefix(static_cast<size_t>(wrote));
    }
  }
  void close() { wolfSSL_shutdown(ssl_); }
  std::string protocol() const {
    char* name = nullptr;
    word16 size = 0;
    return wolfSSL_ALPN_GetProtocol(ssl_, &name, &size) == WOLFSSL_SUCCESS ? std::string(name, size)
                                                                           : "";
  }
  WOLFSSL* ssl() { return ssl_; }

  // Carries bytes between this client and the node's newest connection until neither has any.
  void exchange(StreamNode& node) {
    for (int quiet = 0; quiet < 3;) {
      step();
      const std::string to_send = std::exchange(out, {});
      if (!to_send.empty()) node.send(to_send);
      const std::string got = node.receive();
      in += got;
      step();
      if (connected) read();
      quiet = to_send.empty() && got.empty() ? quiet + 1 : 0;
    }
  }

  std::string in;    // ciphertext from the server
  std::string out;   // ciphertext for the server
  std::string data;  // plain text
  bool connected = false;
  bool failed = false;
  bool closed = false;  // by close_notify

 private:
  bool waits(int result) const {
    const int error = wolfSSL_get_error(ssl_, result);
    return error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE;
  }
  static int receive(WOLFSSL*, char* to, int size, void* context) {
    auto& self = *static_cast<TlsClient*>(context);
    if (self.in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
    const size_t taken = self.in.copy(to, static_cast<size_t>(size));
    self.in.erase(0, taken);
    return static_cast<int>(taken);
  }
  static int send(WOLFSSL*, char* from, int size, void* context) {
    static_cast<TlsClient*>(context)->out.append(from, static_cast<size_t>(size));
    return size;
  }

  WOLFSSL_CTX* context_;
  WOLFSSL* ssl_;
};

}  // namespace fce
