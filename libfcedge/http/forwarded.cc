// SPDX-License-Identifier: Apache-2.0
#include "http/forwarded.h"

#include <algorithm>
#include <string>

#include "http/field_list.h"

namespace fce {
namespace {

// The values of all fields of that name, as one list that ends in a comma if it is not empty.
std::string list_of(const Request& request, std::string_view name) {
  std::string list;
  for (const Header& header : request.headers)
    if (header.name == name && !trim_blanks(header.value).empty())
      list.append(trim_blanks(header.value)).append(", ");
  return list;
}

// A value of a parameter (RFC 7239 section 4): quoted when it is no token.
void append_value(std::string* to, std::string_view value) {
  if (is_token(value)) {
    to->append(value);
    return;
  }
  to->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') to->push_back('\\');
    to->push_back(c);
  }
  to->push_back('"');
}

std::string node_of(const PeerAddress& peer) {
  switch (peer.family) {
    case PeerAddress::Family::ipv4: return peer.text();
    case PeerAddress::Family::ipv6: return "[" + peer.text() + "]";
    case PeerAddress::Family::unix_socket: break;
  }
  return "unknown";
}

std::string_view scheme_of(const Request& request) { return request.tls ? "https" : "http"; }

}  // namespace

bool is_forwarding_field(std::string_view name) {
  if (name == "forwarded") return true;
  std::string folded(name.substr(0, 32));
  std::replace(folded.begin(), folded.end(), '_', '-');
  if (folded == "x-real-ip") return true;
  constexpr std::string_view kFamily = "x-forwarded";
  if (!folded.starts_with(kFamily)) return false;
  return folded.size() == kFamily.size() || folded[kFamily.size()] == '-';
}

void add_forwarded(const Request& request, const PeerAddress& peer, bool trusted, Arena& arena,
                   std::vector<Header>* fields) {
  std::string value;
  if (trusted) value = list_of(request, "forwarded");
  value += "for=";
  append_value(&value, node_of(peer));
  value.append(";proto=").append(scheme_of(request));
  if (!request.authority.empty()) {
    value += ";host=";
    append_value(&value, request.authority);
  }
  fields->push_back({"forwarded", arena.copy(value)});
}

void add_x_forwarded(const Request& request, const PeerAddress& peer, bool trusted, Arena& arena,
                     std::vector<Header>* fields) {
  std::string clients;
  if (trusted) clients = list_of(request, "x-forwarded-for");
  if (peer.family != PeerAddress::Family::unix_socket) {
    clients += peer.text();
  } else if (clients.empty()) {
    clients = "unknown";
  } else {
    clients.resize(clients.size() - 2);
  }
  fields->push_back({"x-forwarded-for", arena.copy(clients)});
  std::string_view proto, host;
  if (trusted) {
    proto = request.header("x-forwarded-proto");
    host = request.header("x-forwarded-host");
  }
  fields->push_back({"x-forwarded-proto", proto.empty() ? scheme_of(request) : proto});
  if (host.empty()) host = request.authority;
  if (!host.empty()) fields->push_back({"x-forwarded-host", host});
}

}  // namespace fce
