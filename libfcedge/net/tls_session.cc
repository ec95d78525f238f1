// SPDX-License-Identifier: Apache-2.0
#include "net/tls_session.h"

#include <cstring>
#include <utility>

#include "base/wolfssl_options.h"
#include "net/net_context.h"
#include "net/tls_certificates.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/ssl.h>

namespace fce {
namespace {

constexpr size_t kRecordHeaderBytes = 5;
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kClientHello = 1;
constexpr size_t kServerNameBytesMax = 255;

// In the order of our preference; the client's order decides (RFC 7301 leaves it to the server).
// "dot" is DNS over TLS: who is offered another than it can serve closes the stream.
constexpr char kProtocols[] = "h2,http/1.1,dot";

}  // namespace

TlsSession::~TlsSession() {
  if (ssl_) wolfSSL_free(ssl_);
}

TlsSession::TlsSession(TlsSession&& other) noexcept
    : ssl_(std::exchange(other.ssl_, nullptr)), in_body_(other.in_body_) {}

TlsSession& TlsSession::operator=(TlsSession&& other) noexcept {
  std::swap(ssl_, other.ssl_);
  std::swap(in_body_, other.in_body_);
  return *this;
}

int TlsSession::hello_bytes(Bytes data) {
  // Whatever is no TLS is told from the first byte that cannot be one.
  if (!data.empty() && data[0] != kHandshakeRecord) return -1;
  if (data.size() > 1 && data[1] != 3) return -1;
  if (data.size() < kRecordHeaderBytes + 1) return 0;
  if (data[kRecordHeaderBytes] != kClientHello) return -1;
  const size_t size = kRecordHeaderBytes + (size_t{data[3]} << 8 | data[4]);
  return data.size() >= size ? static_cast<int>(size) : 0;
}

Status TlsSession::open(const CertificateSet& set, Bytes hello, NetContext& net) {
  uint8_t name[kServerNameBytesMax];
  word32 name_size = sizeof name;
  const int found = wolfSSL_SNI_GetFromBuffer(hello.data(), static_cast<word32>(hello.size()),
                                              WOLFSSL_SNI_HOST_NAME, name, &name_size);
  const Bytes server_name(name, found == WOLFSSL_SUCCESS ? name_size : 0);
  ssl_ = wolfSSL_new(set.select(as_text(server_name)));
  if (!ssl_) return fail(Status::no_memory, "out of memory: a TLS session");
  wolfSSL_SetIOReadCtx(ssl_, &net);
  wolfSSL_SetIOWriteCtx(ssl_, &net);
  char protocols[sizeof kProtocols];
  std::memcpy(protocols, kProtocols, sizeof kProtocols);
  if (wolfSSL_UseALPN(ssl_, protocols, sizeof kProtocols - 1, WOLFSSL_ALPN_FAILED_ON_MISMATCH) !=
      WOLFSSL_SUCCESS)
    return fail(Status::tls, "ALPN cannot be set up");
  return Status::ok;
}

NetContext& TlsSession::begin_read() {
  auto& net = *static_cast<NetContext*>(wolfSSL_GetIOReadCtx(ssl_));
  net.tls_in_body = in_body_;
  return net;
}

TlsSession::Step TlsSession::handshake() {
  NetContext& net = begin_read();
  const int result = wolfSSL_negotiate(ssl_);
  in_body_ = net.tls_in_body;
  if (result == WOLFSSL_SUCCESS) return Step::done;
  const int error = wolfSSL_get_error(ssl_, result);
  return error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE ? Step::wait
                                                                               : Step::failed;
}

int TlsSession::read(MutableBytes out) {
  NetContext& net = begin_read();
  const int got = wolfSSL_read(ssl_, out.data(), static_cast<int>(out.size()));
  in_body_ = net.tls_in_body;
  if (got > 0) return got;
  switch (wolfSSL_get_error(ssl_, got)) {
    case WOLFSSL_ERROR_WANT_READ:
    case WOLFSSL_ERROR_WANT_WRITE: return 0;
    case WOLFSSL_ERROR_ZERO_RETURN: return kClosed;
    default: return kBroken;
  }
}

Status TlsSession::write(Bytes plain) {
  const int wrote = wolfSSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
  if (wrote == static_cast<int>(plain.size())) return Status::ok;
  return fail(Status::tls, "a TLS record could not be made");
}

void TlsSession::close_notify() { wolfSSL_shutdown(ssl_); }

Alpn TlsSession::alpn() const {
  char* name = nullptr;
  word16 size = 0;
  if (!ssl_ || wolfSSL_ALPN_GetProtocol(ssl_, &name, &size) != WOLFSSL_SUCCESS) return Alpn::none;
  const std::string_view protocol(name, size);
  if (protocol == "h2") return Alpn::h2;
  return protocol == "http/1.1" ? Alpn::http11 : Alpn::none;
}

bool TlsSession::resumed() const { return wolfSSL_session_reused(ssl_) != 0; }

const char* TlsSession::version() const { return wolfSSL_get_version(ssl_); }

}  // namespace fce
