// SPDX-License-Identifier: Apache-2.0
#include "net/tls_context.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fatal.h"
#include "base/wolfssl_options.h"
#include "net/net_context.h"

// wolfSSL reads its options before any of its headers.
#include <wolfssl/ssl.h>

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

void init_library() {
  static const int result = wolfSSL_Init();
  if (result != WOLFSSL_SUCCESS) fatal("wolfSSL cannot be initialised: %d", result);
}

}  // namespace

WOLFSSL_CTX* make_tls_context(TlsSide side) {
  init_library();
  WOLFSSL_CTX* context = wolfSSL_CTX_new(side == TlsSide::server ? wolfSSLv23_server_method()
                                                                 : wolfSSLv23_client_method());
  if (!context) fatal("out of memory: a TLS context");
  wolfSSL_CTX_SetMinVersion(context, WOLFSSL_TLSV1_2);
  wolfSSL_CTX_set_cipher_list(context, kCiphers);
  wolfSSL_CTX_SetIORecv(context, on_receive);
  wolfSSL_CTX_SetIOSend(context, on_send);
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
  return context;
}

Status read_pem_file(const char* path, std::string* out) {
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

}  // namespace fce
