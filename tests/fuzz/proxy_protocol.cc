// SPDX-License-Identifier: Apache-2.0
// Headers of the PROXY protocol, and the networks that one may come from. The first byte picks
// which.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/proxy_protocol.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_header(Bytes data) {
  ProxyHeader header;
  const ProxyParse result = parse_proxy_header(data, &header);
  // What begins like it says the same or waits: nothing that was refused becomes good later.
  for (size_t size = 0; size < data.size() && size < 300; ++size) {
    ProxyHeader part;
    const ProxyParse early = parse_proxy_header(data.first(size), &part);
    if (early == ProxyParse::malformed) require(result == ProxyParse::malformed);
    if (early == ProxyParse::done)
      require(result == ProxyParse::done && part.bytes == header.bytes &&
              part.named == header.named && part.client.text() == header.client.text());
  }
  if (result == ProxyParse::more) require(data.size() < kProxyHeaderBytesMax);
  if (result != ProxyParse::done) return;
  require(header.bytes > 0 && header.bytes <= data.size());
  require(header.bytes <= (data[0] == 'P' ? kProxyLineBytesMax : kProxyHeaderBytesMax));
  if (!header.named || header.client.family == PeerAddress::Family::unix_socket) return;
  // Told by a line, it is the same client.
  const bool v6 = header.client.family == PeerAddress::Family::ipv6;
  const std::string ip = header.client.text();
  const std::string line = std::string("PROXY TCP") + (v6 ? "6 " : "4 ") + ip + " " + ip + " " +
                           std::to_string(header.client.port) + " 1\r\n";
  ProxyHeader again;
  require(parse_proxy_header(as_bytes(line), &again) == ProxyParse::done && again.named);
  require(again.client.ip == header.client.ip && again.client.port == header.client.port);
}

void check_policy(std::string_view text) {
  ProxyPolicy policy;
  if (ProxyPolicy::parse(text, &policy) != Status::ok) return;
  for (const Network& network : policy.from) {
    require(network.bits <= (network.first.family == PeerAddress::Family::ipv4 ? 32 : 128));
    require(network.contains(network.first) && policy.trusts(network.first));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  if (data[0] % 2 == 0)
    check_header(rest);
  else
    check_policy(as_text(rest));
  return 0;
}
