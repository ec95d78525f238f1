// SPDX-License-Identifier: Apache-2.0
#include "cache/origin_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

#include "http/authority.h"

namespace fce {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

Status bad(std::string_view text, const char* what) {
  return fail(Status::invalid, "\"" + std::string(text) + "\" " + what);
}

bool is_path_char(char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '\\'; }

bool parse_port(std::string_view text, uint16_t* port) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *port);
  return result.ec == std::errc() && result.ptr == end && *port != 0;
}

// "example.com", "example.com:8443", "[::1]:80".
bool parse_authority(std::string_view text, OriginUrl* out) {
  if (text.empty() || !valid_authority(text)) return false;
  std::string_view host = host_of_authority(text);
  const std::string_view rest = text.substr(host.size());
  if (!rest.empty() && (rest[0] != ':' || !parse_port(rest.substr(1), &out->port))) return false;
  const bool brackets = host.starts_with('[');
  if (brackets) {
    if (!host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
  }
  out->host = host;
  in6_addr address;
  if (brackets != (out->host.find(':') != std::string::npos)) return false;
  return !host.empty() && (!brackets || inet_pton(AF_INET6, out->host.c_str(), &address) == 1);
}

}  // namespace

Status OriginUrl::parse(std::string_view text, OriginUrl* out) {
  *out = {};
  constexpr std::string_view kUnix = "unix:", kHttp = "http://", kHttps = "https://";
  if (text.starts_with(kUnix)) {
    out->unix_path = text.substr(kUnix.size());
    if (!out->unix_path.starts_with('/')) return bad(text, "is not the absolute path of a socket");
    // A socket's address has room for so many, and for a NUL.
    if (out->unix_path.size() > 107 || out->unix_path.find('\0') != std::string::npos)
      return bad(text, "is too long for the address of a socket");
    return Status::ok;
  }
  if (text.starts_with(kHttps)) {
    out->tls = true;
  } else if (!text.starts_with(kHttp)) {
    return bad(text, "begins with none of https://, http:// and unix:");
  }
  out->port = out->tls ? kHttpsPort : kHttpPort;
  std::string_view rest = text.substr(out->tls ? kHttps.size() : kHttp.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (!parse_authority(authority, out)) return bad(text, "has no host, or a port that is none");
  std::string_view path = rest.substr(authority.size());
  if (!std::all_of(path.begin(), path.end(), is_path_char))
    return bad(text, "has a path with something that no path has, or a query");
  while (path.ends_with('/')) path.remove_suffix(1);
  out->prefix = path;
  return Status::ok;
}

std::string OriginUrl::authority() const {
  if (!unix_path.empty()) return "localhost";
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(port);
  return text;
}

Locality OriginUrl::locality() const {
  if (!unix_path.empty() || is_loopback_literal(host)) return Locality::local;
  in_addr v4;
  in6_addr v6;
  const bool literal =
      inet_pton(AF_INET, host.c_str(), &v4) == 1 || inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  return literal ? Locality::remote : Locality::unknown;
}

bool is_loopback_literal(std::string_view host) {
  const std::string text(host);
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  // The kernel sends ::ffff:127.0.0.1 to 127.0.0.1.
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

Status check_clear_text(const OriginUrl& url, bool clear_text) {
  if (url.tls || clear_text || url.locality() != Locality::remote) return Status::ok;
  return fail(Status::invalid, "http://" + url.authority() +
                                   " is not on this machine: use https, or allow clear text to it");
}

}  // namespace fce
