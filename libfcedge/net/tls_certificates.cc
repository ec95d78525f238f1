// SPDX-License-Identifier: Apache-2.0
#include "net/tls_certificates.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/fatal.h"
#include "base/wolfssl_options.h"
#include "net/net_context.h"
#include "net/tls_session.h"
#include "net/tls_tickets.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>

namespace fce {
namespace {

// AES-128 first: every processor that we meet has instructions for it.
constexpr char kCiphers[] =
    "TLS13-AES128-GCM-SHA256:TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

constexpr size_t kFileBytesMax = 1 << 20;  // more than any chain of certificates

int on_receive(WOLFSSL*, char* to, int size, void* context) {
  auto& net = *static_cast<NetContext*>(context);
  if (net.tls_in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const size_t taken = std::min(static_cast<size_t>(size), net.tls_in.size());
  // wolfSSL asks for a record's header and for its body by turns, and for what is missing of
  // either again.
  if (taken == static_cast<size_t>(size)) {
    if (!net.tls_in_body) ++net.tls_records;
    net.tls_in_body = !net.tls_in_body;
  }
  std::memcpy(to, net.tls_in.data(), taken);
  net.tls_in = net.tls_in.subspan(taken);
  return static_cast<int>(taken);
}

int on_send(WOLFSSL*, char* from, int size, void* context) {
  auto& net = *static_cast<NetContext*>(context);
  net.tls_out.insert(net.tls_out.end(), from, from + size);
  return size;
}

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

Status read_file(const char* path, std::string* out) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(status_from_errno(errno),
                std::string("cannot read ") + path + ": " + std::strerror(errno));
  out->clear();
  char buffer[8192];
  ssize_t got;
  while ((got = ::read(fd, buffer, sizeof buffer)) > 0 && out->size() <= kFileBytesMax)
    out->append(buffer, static_cast<size_t>(got));
  const int error = got < 0 ? errno : 0;
  ::close(fd);
  if (error)
    return fail(status_from_errno(error),
                std::string("cannot read ") + path + ": " + std::strerror(error));
  if (out->size() > kFileBytesMax)
    return fail(Status::certificate, std::string(path) + " is too large for a PEM file");
  return Status::ok;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

void init_library() {
  static const int result = wolfSSL_Init();
  if (result != WOLFSSL_SUCCESS) fatal("wolfSSL cannot be initialised: %d", result);
}

WOLFSSL_CTX* make_context() {
  init_library();
  WOLFSSL_CTX* context = wolfSSL_CTX_new(wolfSSLv23_server_method());
  if (!context) fatal("out of memory: a TLS context");
  wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_2);
  wolfSSL_CTX_set_cipher_list(context, kCiphers);
  wolfSSL_CTX_SetIORecv(context, on_receive);
  wolfSSL_CTX_SetIOSend(context, on_send);
  wolfSSL_CTX_set_TicketEncCb(context, on_ticket);
  wolfSSL_CTX_set_TicketHint(context, TicketKeys::kTicketSeconds);
  // Tickets are the only resumption; a server's cache would only be a lock that all shards share.
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_set_timeout(context, TicketKeys::kTicketSeconds);
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
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
    Status status = read_file(certificate.chain_file, &chain);
    if (status == Status::ok) status = read_file(certificate.key_file, &key);
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
