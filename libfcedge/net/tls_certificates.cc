// SPDX-License-Identifier: Apache-2.0
#include "net/tls_certificates.h"

#include <atomic>
#include <cstring>
#include <memory>

#include "base/wolfssl_options.h"
#include "net/tls_context.h"
#include "net/tls_session.h"
#include "net/tls_tickets.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>

namespace fce {
namespace {

// The ticket's tag goes into the first bytes of wolfSSL's field for a MAC.
int on_ticket(WOLFSSL*, unsigned char* name, unsigned char* iv, unsigned char* mac, int seal,
              unsigned char* ticket, int in_size, int* out_size, void*) {
  TicketKeys& keys = TicketKeys::process();
  const MutableBytes text(ticket, static_cast<size_t>(in_size));
  const MutableBytes key_name(name, TicketKeys::kNameBytes);
  const MutableBytes nonce(iv, TicketKeys::kNonceBytes);
  const MutableBytes tag(mac, TicketKeys::kTagBytes);
  *out_size = in_size;
  if (seal) {
    std::memset(iv, 0, WOLFSSL_TICKET_IV_SZ);
    std::memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
    return keys.seal(key_name, nonce, text, tag) == Status::ok ? WOLFSSL_TICKET_RET_OK
                                                               : WOLFSSL_TICKET_RET_FATAL;
  }
  switch (keys.open(key_name, nonce, text, tag)) {
    case TicketKeys::Opened::fresh: return WOLFSSL_TICKET_RET_OK;
    case TicketKeys::Opened::renew: return WOLFSSL_TICKET_RET_CREATE;
    case TicketKeys::Opened::unknown: break;
  }
  return WOLFSSL_TICKET_RET_REJECT;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

WOLFSSL_CTX* make_context() {
  WOLFSSL_CTX* context = make_tls_context(TlsSide::server);
  wolfSSL_CTX_set_TicketEncCb(context, on_ticket);
  wolfSSL_CTX_set_TicketHint(context, TicketKeys::kTicketSeconds);
  // Tickets are the only resumption; a server's cache would only be a lock that all shards share.
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_set_timeout(context, TicketKeys::kTicketSeconds);
  return context;
}

}  // namespace

Status certificate_names(std::string_view chain_pem, std::vector<std::string>* names) {
  DerBuffer* der = nullptr;
  const int converted = wc_PemToDer(as_bytes(chain_pem).data(), static_cast<long>(chain_pem.size()),
                                    CERT_TYPE, &der, nullptr, nullptr, nullptr);
  if (converted != 0) return fail(Status::certificate, "it holds no PEM certificate");
  DecodedCert decoded;
  wc_InitDecodedCert(&decoded, der->buffer, der->length, nullptr);
  const bool parsed = wc_ParseCert(&decoded, CERT_TYPE, NO_VERIFY, nullptr) == 0;
  if (parsed) {
    for (const DNS_entry* entry = decoded.altNames; entry; entry = entry->next)
      if (entry->type == ASN_DNS_TYPE)
        names->push_back(lower({entry->name, static_cast<size_t>(entry->len)}));
  }
  wc_FreeDecodedCert(&decoded);
  wc_FreeDer(&der);
  return parsed ? Status::ok : fail(Status::certificate, "its certificate cannot be read");
}

bool certificate_name_matches(std::string_view pattern, std::string_view server_name) {
  if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, server_name);
  const size_t dot = server_name.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         equals_ignoring_case(pattern.substr(1), server_name.substr(dot));
}

CertificateSet::~CertificateSet() {
  for (const Entry& entry : entries_) wolfSSL_CTX_free(entry.context);
}

Status CertificateSet::add(std::string_view chain_pem, std::string_view key_pem,
                           const std::string& chain_path, const std::string& key_path) {
  Entry entry{make_context(), {}};
  const auto refuse = [&](const std::string& sentence) {
    wolfSSL_CTX_free(entry.context);
    return fail(Status::certificate, sentence);
  };
  if (certificate_names(chain_pem, &entry.names) != Status::ok)
    return refuse(chain_path + " cannot be used as a certificate: " + last_error());
  const auto* chain = as_bytes(chain_pem).data();
  if (wolfSSL_CTX_use_certificate_chain_buffer(
          entry.context, chain, static_cast<long>(chain_pem.size())) != WOLFSSL_SUCCESS)
    return refuse(chain_path + " cannot be used as a certificate chain");
  const auto* key = as_bytes(key_pem).data();
  if (wolfSSL_CTX_use_PrivateKey_buffer(entry.context, key, static_cast<long>(key_pem.size()),
                                        WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
    return refuse(key_path +
                  " is not a private key that can be used (PEM, P-256, P-384 or RSA, "
                  "not encrypted)");
  if (wolfSSL_CTX_check_private_key(entry.context) != WOLFSSL_SUCCESS)
    return refuse("the key in " + key_path + " does not belong to the certificate in " +
                  chain_path);
  entries_.push_back(std::move(entry));
  return Status::ok;
}

WOLFSSL_CTX* CertificateSet::select(std::string_view server_name) const {
  for (const Entry& entry : entries_)
    for (const std::string& name : entry.names)
      if (certificate_name_matches(name, server_name)) return entry.context;
  return entries_.front().context;
}

CertificateStore::CertificateStore() = default;
CertificateStore::~CertificateStore() = default;

Status CertificateStore::load(std::span<const fce_certificate> certificates) {
  if (certificates.empty()) return fail(Status::invalid, "the list of certificates is empty");
  auto set = std::make_shared<CertificateSet>();
  for (const fce_certificate& certificate : certificates) {
    if (!certificate.chain_file || !certificate.key_file)
      return fail(Status::invalid, "a certificate names no chain_file or no key_file");
    std::string chain, key;
    Status status = read_pem_file(certificate.chain_file, &chain);
    if (status == Status::ok) status = read_pem_file(certificate.key_file, &key);
    if (status == Status::ok)
      status = set->add(chain, key, certificate.chain_file, certificate.key_file);
    std::memset(key.data(), 0, key.size());
    if (status != Status::ok) return status;
  }
  std::atomic_store(&set_, std::shared_ptr<const CertificateSet>(std::move(set)));
  return Status::ok;
}

bool CertificateStore::empty() const { return current() == nullptr; }

std::shared_ptr<const CertificateSet> CertificateStore::current() const {
  return std::atomic_load(&set_);
}

}  // namespace fce
