// SPDX-License-Identifier: Apache-2.0
// The URL of an origin: "https://HOST[:PORT][/PREFIX]", "http://..." or "unix:/PATH".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "http/upstream.h"

namespace fce {

// Where an address is, as far as it can be told without a resolver.
enum class Locality : uint8_t {
  local,    // a unix socket, or a literal loopback address
  remote,   // any other literal address
  unknown,  // a name: decided when it is resolved
};

struct OriginUrl {
  UpstreamUrl server;
  std::string prefix;  // "" or "/a/b", as it came; without a slash at its end

  static Status parse(std::string_view text, OriginUrl* out);
  // "" or a path, without the slashes at its end.
  static Status parse_prefix(std::string_view text, std::string* out);

  bool tls() const { return server.kind == UpstreamUrl::Kind::https; }
  // For Host and :authority: the port only if it is not the scheme's own.
  std::string authority() const;
  // The URL without the prefix, as an upstream takes it.
  std::string server_url() const;
  Locality locality() const;
};

// FCE_EINVAL with a sentence when the URL is in clear text to somewhere that is certainly
// elsewhere, and `clear_text` does not allow that. "Here" is this machine: a unix socket and the
// loopback interface. A private network is not, since others send packets there. A name passes: the
// upstream of an origin looks at what it resolves to.
Status check_clear_text(const OriginUrl& url, bool clear_text);

// What reaches the server of an origin. `like` has limits, health checks and whom to trust; its
// peers and `clear_text` are replaced.
Status make_origin_server(const OriginUrl& url, bool clear_text, UpstreamOptions like,
                          std::shared_ptr<const Fetcher>* out);

}  // namespace fce
