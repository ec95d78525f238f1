// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"
#include "http/field_list.h"
#include "http/forwarded.h"
#include "http/hop_by_hop.h"
#include "http/path_prefix.h"
#include "http/via.h"

namespace fce {
namespace {

bool has_max_forwards(const Request& request) {
  return request.method == Method::options || request.method_text == "TRACE";
}

// Fields that the proxy itself writes or answers for, besides those of the hop.
bool is_own_field(const ProxyRules& rules, std::string_view name, bool counts_forwards) {
  switch (name.size()) {
    case 3: return name == "via" && !rules.via.empty();
    case 4: return name == "host";
    case 6: return name == "expect";
    case 12: return name == "max-forwards" && counts_forwards;
    default: return false;
  }
}

// What is of the hop, and its framing: each side has its own.
bool goes_further(std::span<const Header> headers, std::string_view name) {
  return !is_hop_by_hop(name) && name != "content-length" && name != "http2-settings" &&
         !is_named_by_connection(headers, name);
}

// The first protocol of Upgrade that may be tunnelled.
std::string_view wanted_upgrade(const ProxyRules& rules, const Request& request) {
  const auto allowed = [&rules](std::string_view name) -> std::string_view {
    for (const std::string& one : rules.upgrades)
      if (equals_ignoring_case(one, name)) return one;
    return {};
  };
  if (!request.protocol.empty()) return allowed(request.protocol);
  if (request.version != 11 || !is_named_by_connection(request.headers, "upgrade")) return {};
  for (const Header& header : request.headers) {
    if (header.name != "upgrade") continue;
    std::string_view list = header.value, member;
    while (next_member(&list, &member))
      if (const std::string_view found = allowed(member); !found.empty()) return found;
  }
  return {};
}

// An extended CONNECT has no key (RFC 8441 section 5); the handshake of HTTP/1.1 has.
std::string_view make_websocket_key(Arena& arena) {
  std::array<uint8_t, 16> random;
  random_bytes(random);
  return arena.copy(base64(random));
}

bool is_field_of(std::span<const Header> own, std::string_view name) {
  return std::any_of(own.begin(), own.end(), [name](const Header& header) {
    return equals_ignoring_case(header.name, name) && !equals_ignoring_case(name, "vary");
  });
}

}  // namespace

ProxyRequest make_proxy_request(const ProxyRules& rules, const Request& request,
                                const PeerAddress& peer, Arena& arena) {
  ProxyRequest out;
  out.target = rewrite_target(rules, request, arena);
  out.authority = rules.host;
  if (rules.host.empty() && rules.pass_host) out.authority = request.authority;
  out.headers.reserve(request.headers.size() + 8);
  const bool trusted = rules.trusted.contains(peer);
  const int64_t forwards = max_forwards(request);
  for (const Header& header : request.headers) {
    if (!goes_further(request.headers, header.name)) continue;
    if (is_own_field(rules, header.name, forwards >= 0)) continue;
    if (is_forwarding_field(header.name)) {
      // What is continued below is not to be there twice.
      const bool continued = (rules.forwarded && header.name == "forwarded") ||
                             (rules.x_forwarded && (header.name == "x-forwarded-for" ||
                                                    header.name == "x-forwarded-proto" ||
                                                    header.name == "x-forwarded-host"));
      if (!trusted || continued) continue;
    }
    out.headers.push_back(header);
  }
  if (rules.forwarded) add_forwarded(request, peer, trusted, arena, &out.headers);
  if (rules.x_forwarded) add_x_forwarded(request, peer, trusted, arena, &out.headers);
  if (!rules.via.empty())
    out.headers.push_back(
        {"via", via_value(request.headers, via_version(request), rules.via, arena)});
  if (forwards > 0)
    out.headers.push_back({"max-forwards", arena.decimal(static_cast<uint64_t>(forwards - 1))});
  out.upgrade = wanted_upgrade(rules, request);
  if (!out.upgrade.empty()) out.headers.push_back({"upgrade", out.upgrade});
  if (!out.upgrade.empty() && !request.protocol.empty()) {
    out.websocket_key = make_websocket_key(arena);
    out.headers.push_back({"sec-websocket-key", out.websocket_key});
  }
  return out;
}

void make_proxy_answer(const ProxyRules& rules, std::span<const Header> headers,
                       std::span<const Header> own, std::vector<Header>* fields) {
  for (const Header& header : headers) {
    if (!goes_further(headers, header.name)) continue;
    if (!is_field_of(own, header.name)) fields->push_back(header);
  }
  if (!rules.via.empty()) fields->push_back({"via", rules.via_of_answer});
}

std::string_view rewrite_target(const ProxyRules& rules, const Request& request, Arena& arena) {
  std::string_view path = without_prefix(request.path, rules.strip_prefix);
  if (!rules.add_prefix.empty()) path = arena.concat(rules.add_prefix, path);
  if (path.empty()) path = "/";
  // An empty query is not the same as none.
  if (!request.query.data()) return path;
  return arena.concat(path, arena.concat("?", request.query));
}

int64_t max_forwards(const Request& request) {
  if (!has_max_forwards(request)) return -1;
  bool found;
  const std::string_view text = trim_blanks(request.header("max-forwards", &found));
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (!found || text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return -1;
  return value;
}

}  // namespace fce
