// SPDX-License-Identifier: Apache-2.0
// The URL of an origin: "https://HOST[:PORT][/PREFIX]", "http://..." or "unix:PATH".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace fce {

// Where an address is, as far as it can be told without a resolver.
enum class Locality : uint8_t {
  local,    // a unix socket, or a literal loopback address
  remote,   // any other literal address
  unknown,  // a name: decided when it is resolved
};

struct OriginUrl {
  bool tls = false;
  std::string host;       // without brackets; "" for a unix socket
  uint16_t port = 0;      // the scheme's own when the URL names none
  std::string unix_path;  // absolute
  std::string prefix;     // "" or "/a/b", as it came; without a slash at its end

  static Status parse(std::string_view text, OriginUrl* out);

  // For Host and :authority: the port only if it is not the scheme's own.
  std::string authority() const;
  Locality locality() const;
};

// "Local" is this machine: a unix socket and the loopback interface. A private network is not,
// since others send packets there.
bool is_loopback_literal(std::string_view host);

// FCE_EINVAL with a sentence when the URL is in clear text to somewhere that is certainly
// elsewhere, and `clear_text` does not allow that. A name passes; see Upstream for when it is
// resolved.
Status check_clear_text(const OriginUrl& url, bool clear_text);

}  // namespace fce
