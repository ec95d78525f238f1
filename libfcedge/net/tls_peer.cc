// SPDX-License-Identifier: Apache-2.0
#include "net/tls_peer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "base/wolfssl_options.h"
#include "net/net_context.h"
#include "net/tls_certificates.h"
#include "net/tls_context.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

namespace fce {
namespace {

// wolfSSL asks our callback about a chain that it finds good only then: where names are looked at.
#ifndef WOLFSSL_ALWAYS_VERIFY_CB
#error "this wolfSSL would take a certificate for any name"
#endif

constexpr const char* kSystemFile = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr char kProtocol[] = "http/1.1";

// wolfSSL has looked at the chain; here its leaf has to be for the peer. What it calls a failure
// stays one.
int on_certificate(int good, WOLFSSL_X509_STORE_CTX* store) {
  if (!good || store->error_depth != 0) return good;
  const auto& peer = *static_cast<const TlsPeer*>(store->userCtx);
  if (store->totalCerts < 1) return 0;
  const WOLFSSL_BUFFER_INFO& leaf = store->certs[0];
  return peer.is_named_by({leaf.buffer, leaf.length}) ? 1 : 0;
}

}  // namespace

// --- Whom we believe ---------------------------------------------------------------------------

TlsTrust::TlsTrust(bool verifies)
    : context_(make_tls_context(TlsSide::client)), verifies_(verifies) {
  wolfSSL_CTX_UseSessionTicket(context_);
  if (verifies_) wolfSSL_CTX_set_verify(context_, WOLFSSL_VERIFY_PEER, on_certificate);
}

TlsTrust::~TlsTrust() { wolfSSL_CTX_free(context_); }

std::shared_ptr<const TlsTrust> TlsTrust::anybody() {
  return std::shared_ptr<const TlsTrust>(new TlsTrust(false));
}

Status TlsTrust::load(const std::string& ca_file, std::shared_ptr<const TlsTrust>* out) {
  const std::string path = ca_file.empty() ? kSystemFile : ca_file;
  std::string pem;
  const Status status = read_pem_file(path.c_str(), &pem);
  if (status != Status::ok) return status;
  std::shared_ptr<TlsTrust> trust(new TlsTrust(true));
  // One by one: a file of many has some that we have no algorithm for.
  for (size_t at = 0; (at = pem.find(kBegin, at)) != std::string::npos;) {
    const size_t end = pem.find(kEnd, at);
    if (end == std::string::npos) break;
    const size_t size = end + kEnd.size() - at;
    const std::string one = pem.substr(at, size) + "\n";
    if (wolfSSL_CTX_load_verify_buffer(trust->context_, as_bytes(one).data(),
                                       static_cast<long>(one.size()),
                                       WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS)
      ++trust->certificates_;
    at += size;
  }
  if (trust->certificates_ == 0)
    return fail(Status::certificate, path + " has no certificate of a CA that can be used");
  *out = std::move(trust);
  return Status::ok;
}

// --- Tickets -----------------------------------------------------------------------------------

TlsTicket::~TlsTicket() {
  if (session_) wolfSSL_SESSION_free(session_);
}

void TlsTicket::keep(const TlsSession& session) {
  if (!session) return;
  WOLFSSL_SESSION* const fresh = wolfSSL_get1_session(session.get());
  if (!fresh) return;
  if (session_) wolfSSL_SESSION_free(session_);
  session_ = fresh;
}

// --- Peers -------------------------------------------------------------------------------------

TlsPeer::TlsPeer(std::shared_ptr<const TlsTrust> trust, std::string name)
    : trust_(std::move(trust)), name_(std::move(name)) {
  if (inet_pton(AF_INET, name_.c_str(), ip_.data()) == 1) ip_bytes_ = 4;
  if (ip_bytes_ == 0 && inet_pton(AF_INET6, name_.c_str(), ip_.data()) == 1) ip_bytes_ = 16;
}

Status TlsPeer::open(NetContext& net, const TlsTicket& ticket, TlsSession* out) const {
  WOLFSSL* const ssl = wolfSSL_new(trust_->context());
  if (!ssl) return fail(Status::no_memory, "out of memory: a TLS session");
  *out = TlsSession(ssl);
  wolfSSL_SetIOReadCtx(ssl, &net);
  wolfSSL_SetIOWriteCtx(ssl, &net);
  wolfSSL_SetCertCbCtx(ssl, const_cast<TlsPeer*>(this));
  if (ip_bytes_ == 0 && wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name_.data(),
                                       static_cast<word16>(name_.size())) != WOLFSSL_SUCCESS)
    return fail(Status::tls, "a server name cannot be set");
  char protocol[sizeof kProtocol];
  std::copy(std::begin(kProtocol), std::end(kProtocol), protocol);
  if (wolfSSL_UseALPN(ssl, protocol, sizeof kProtocol - 1, WOLFSSL_ALPN_CONTINUE_ON_MISMATCH) !=
      WOLFSSL_SUCCESS)
    return fail(Status::tls, "ALPN cannot be set up");
  // One that has expired is no reason to fail: the handshake is a full one then.
  if (ticket.get()) (void)wolfSSL_set_session(ssl, ticket.get());
  return Status::ok;
}

// Names stand in the extension for them and nowhere else: a common name is none (RFC 9525).
bool TlsPeer::is_named_by(Bytes certificate) const {
  DecodedCert decoded;
  wc_InitDecodedCert(&decoded, certificate.data(), static_cast<word32>(certificate.size()),
                     nullptr);
  bool named = false;
  if (wc_ParseCert(&decoded, CERT_TYPE, NO_VERIFY, nullptr) == 0) {
    for (const DNS_entry* entry = decoded.altNames; entry && !named; entry = entry->next) {
      const std::string_view value(entry->name, static_cast<size_t>(entry->len));
      if (entry->type == ASN_IP_TYPE)
        named = ip_bytes_ > 0 && value == as_text(Bytes(ip_).first(ip_bytes_));
      else if (entry->type == ASN_DNS_TYPE)
        named = ip_bytes_ == 0 && certificate_name_matches(value, name_);
    }
  }
  wc_FreeDecodedCert(&decoded);
  return named;
}

const char* TlsSession::why_failed() const {
  const int error = wolfSSL_get_error(ssl_, WOLFSSL_FATAL_ERROR);
  switch (error) {
    case ASN_AFTER_DATE_E: return "its certificate, or one of the chain, has expired";
    case ASN_BEFORE_DATE_E: return "its certificate, or one of the chain, is not valid yet";
    case ASN_NO_SIGNER_E:
    case ASN_SELF_SIGNED_E:
      return "no trusted CA vouches for its certificate: it is signed by itself or by an unknown "
             "one, or a certificate between is missing";
    case ASN_SIG_CONFIRM_E: return "the signature of its certificate is wrong";
    case VERIFY_CERT_ERROR: return "its certificate is for another name";
    case VERSION_ERROR: return "it speaks neither TLS 1.2 nor 1.3";
    case UNKNOWN_RECORD_TYPE: return "it does not speak TLS";
    case FATAL_ERROR: return "it refused the handshake";
    default: return wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(error));
  }
}

}  // namespace fce
