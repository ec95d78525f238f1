// SPDX-License-Identifier: Apache-2.0
// What a proxy makes of the heads of requests and answers (RFC 9110 section 7.6). Pure code.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/address_list.h"
#include "http/message.h"
#include "net/address.h"

namespace fce {

// As in ProxyOptions, checked and ready.
struct ProxyRules {
  std::string strip_prefix;
  std::string add_prefix;
  std::string host;
  bool pass_host = true;
  std::string via;            // "": no Via
  std::string via_of_answer;  // of what HTTP/1.1 upstreams say
  std::vector<std::string> upgrades;
  AddressList trusted;
  bool forwarded = false;
  bool x_forwarded = false;
};

// Views into the request, the rules and the arena.
struct ProxyRequest {
  std::string_view target;
  std::string_view authority;
  std::vector<Header> headers;
  std::string_view upgrade;        // the protocol that is asked for; "": none
  std::string_view websocket_key;  // the one that was made up for a client of HTTP/2
};

// `peer` is whom the connection comes from.
ProxyRequest make_proxy_request(const ProxyRules& rules, const Request& request,
                                const PeerAddress& peer, Arena& arena);

// Appends what the client gets of an upstream's fields. Those that `own` has, which are the route's
// policy, take the place of the upstream's.
void make_proxy_answer(const ProxyRules& rules, std::span<const Header> headers,
                       std::span<const Header> own, std::vector<Header>* fields);

// The path (with query) as the upstream knows it.
std::string_view rewrite_target(const ProxyRules& rules, const Request& request, Arena& arena);

// Max-Forwards of a request whose method has it (RFC 9110 section 7.6.2); -1: none, or not valid.
int64_t max_forwards(const Request& request);

}  // namespace fce
