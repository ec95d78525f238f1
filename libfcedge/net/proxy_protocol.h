// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol, versions 1 and 2: what a proxy in front puts before the client's bytes, to
// say who the client is. Pure code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "net/address.h"

namespace fce {

// A line of version 1 with its CR LF; a header of version 2 with all its fields, which the protocol
// itself would let grow to 64 KiB.
constexpr size_t kProxyLineBytesMax = 107;
constexpr size_t kProxyHeaderBytesMax = 4096;

struct ProxyHeader {
  size_t bytes = 0;    // of the header: what follows is the client's
  bool named = false;  // else the proxy speaks for itself, or does not know the client
  PeerAddress client;
};

enum class ProxyParse : uint8_t { more, done, malformed };

// Reads the header that `data`, the beginning of a connection, begins with. Whatever cannot become
// one is `malformed` at once.
ProxyParse parse_proxy_header(Bytes data, ProxyHeader* out);

// Who may speak it.
struct ProxyPolicy {
  // "192.0.2.0/24 2001:db8::/32 10.1.2.3", separated by blanks. FCE_EINVAL with a sentence.
  static Status parse(std::string_view text, ProxyPolicy* out);
  // A unix socket's file mode says who may connect, so whoever comes by one is trusted.
  bool trusts(const PeerAddress& peer) const;

  std::vector<Network> from;  // none: anyone
};

}  // namespace fce
