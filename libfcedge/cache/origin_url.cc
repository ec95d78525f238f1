// SPDX-License-Identifier: Apache-2.0
#include "cache/origin_url.h"

#include <algorithm>
#include <utility>

#include "net/resolver.h"

namespace fce {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool is_path_char(char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#' && c != '\\'; }

}  // namespace

Status OriginUrl::parse(std::string_view text, OriginUrl* out) {
  *out = {};
  if (text.starts_with("unix:")) return UpstreamUrl::parse(text, &out->server);
  const size_t scheme = text.find("://");
  const size_t slash = scheme == text.npos ? text.npos : text.find('/', scheme + 3);
  const Status status = UpstreamUrl::parse(text.substr(0, slash), &out->server);
  if (status != Status::ok) return status;
  return slash == text.npos ? Status::ok : parse_prefix(text.substr(slash), &out->prefix);
}

Status OriginUrl::parse_prefix(std::string_view text, std::string* out) {
  if ((!text.empty() && text[0] != '/') || !std::all_of(text.begin(), text.end(), is_path_char))
    return fail(Status::invalid, "the path \"" + std::string(text) +
                                     "\" of an origin has a query, or something that no path has");
  while (text.ends_with('/')) text.remove_suffix(1);
  *out = text;
  return Status::ok;
}

std::string OriginUrl::authority() const {
  if (server.kind == UpstreamUrl::Kind::unix_socket) return server.authority;
  const bool v6 = server.host.find(':') != std::string::npos;
  std::string text = v6 ? "[" + server.host + "]" : server.host;
  if (server.port != (tls() ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(server.port);
  return text;
}

std::string OriginUrl::server_url() const {
  if (server.kind == UpstreamUrl::Kind::unix_socket) return "unix:" + server.path;
  return (tls() ? "https://" : "http://") + authority();
}

Locality OriginUrl::locality() const {
  if (server.kind == UpstreamUrl::Kind::unix_socket) return Locality::local;
  PeerAddress address;
  if (!parse_ip(server.host, &address)) return Locality::unknown;
  return address.local() ? Locality::local : Locality::remote;
}

Status check_clear_text(const OriginUrl& url, bool clear_text) {
  if (url.tls() || clear_text || url.locality() != Locality::remote) return Status::ok;
  return fail(Status::invalid,
              url.server_url() + " is not on this machine: use https, or allow clear text to it");
}

Status make_origin_server(const OriginUrl& url, bool clear_text, UpstreamOptions like,
                          std::shared_ptr<const Fetcher>* out) {
  if (const Status status = check_clear_text(url, clear_text); status != Status::ok) return status;
  like.peers = {{url.server_url()}};
  like.clear_text = clear_text;
  std::shared_ptr<const Upstream> upstream;
  const Status status = Upstream::make(std::move(like), &upstream);
  if (status == Status::ok) *out = std::move(upstream);
  return status;
}

}  // namespace fce
