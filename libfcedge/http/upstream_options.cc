// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_options.h"

#include <charconv>

#include "base/bytes.h"
#include "http/authority.h"

namespace fce {
namespace {

constexpr size_t kUnixPathMax = 107;
constexpr size_t kHostMax = 253;

Status refuse(std::string_view text, const std::string& why) {
  return fail(Status::invalid, "the upstream address \"" + std::string(text) + "\" " + why);
}

}  // namespace

Status UpstreamUrl::parse(std::string_view text, UpstreamUrl* out) {
  constexpr std::string_view kHttp = "http://", kHttps = "https://", kUnix = "unix:";
  *out = {};
  const std::string_view whole = text;
  if (text.starts_with(kUnix)) {
    out->kind = Kind::unix_socket;
    out->path = text.substr(kUnix.size());
    out->authority = "localhost";
    if (out->path.empty() || out->path.front() != '/' || out->path.size() > kUnixPathMax ||
        out->path.find('\0') != std::string::npos)
      return refuse(whole, "has no path from \"/\" on of at most 107 bytes");
    return Status::ok;
  }
  const bool tls = equals_ignoring_case(text.substr(0, kHttps.size()), kHttps);
  if (!tls && !equals_ignoring_case(text.substr(0, kHttp.size()), kHttp))
    return refuse(whole, "is none of http://, https:// and unix:/");
  out->kind = tls ? Kind::https : Kind::http;
  out->port = tls ? 443 : 80;
  text.remove_prefix(tls ? kHttps.size() : kHttp.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#") != std::string_view::npos)
    return refuse(whole, "has a path, which only a request has");
  if (!valid_authority(text)) return refuse(whole, "has no valid host");
  out->authority = text;
  std::string_view host = without_port(text);
  if (host.size() < text.size()) {
    const std::string_view port = text.substr(host.size() + 1);
    const char* const end = port.data() + port.size();
    const auto parsed = std::from_chars(port.data(), end, out->port);
    if (parsed.ec != std::errc() || parsed.ptr != end || out->port == 0)
      return refuse(whole, "has a port that is not a number from 1 to 65535");
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.size() > kHostMax ||
      host.find_first_of("[]%") != std::string_view::npos ||
      bracketed != (host.find(':') != std::string_view::npos))
    return refuse(whole, "has no valid host (IPv6 goes in brackets)");
  out->host = host;
  return Status::ok;
}

}  // namespace fce
