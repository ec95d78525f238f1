// SPDX-License-Identifier: Apache-2.0
// The authority of a request: a host with an optional port (RFC 3986 section 3.2).
#pragma once

#include <string_view>

namespace fce {

// Whether it holds only what a registered name, an address and a port are made of. User information
// is refused: nobody sends it, and it lets one host pass for another.
bool valid_authority(std::string_view authority);

// "example.com" of "example.com:8443", "[::1]" of "[::1]:80".
std::string_view without_port(std::string_view authority);

// The same for comparing: "example.com" also of "example.com.", which is the same name.
std::string_view host_of_authority(std::string_view authority);

}  // namespace fce
