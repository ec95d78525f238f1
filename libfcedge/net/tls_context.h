// SPDX-License-Identifier: Apache-2.0
// What the wolfSSL contexts of servers and of clients have in common.
#pragma once

#include <string>

#include "base/status.h"

struct WOLFSSL_CTX;

namespace fce {

enum class TlsSide { server, client };

// TLS 1.2 and 1.3 with our suites, over the shard's buffers (NetContext::tls_in, tls_out): a
// session has a NetContext as its wolfSSL_SetIOReadCtx and wolfSSL_SetIOWriteCtx. Nobody is
// verified.
WOLFSSL_CTX* make_tls_context(TlsSide side);

// A file of PEM, of 1 MiB at most.
Status read_pem_file(const char* path, std::string* out);

}  // namespace fce
