// SPDX-License-Identifier: Apache-2.0
// Fields that are for the next hop only, and so are not handed on (RFC 9110 section 7.6.1).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/message.h"

namespace fce {

// Whether a field of that name (in lower case) always is.
bool is_hop_by_hop(std::string_view name);

// Whether one of the Connection fields names it. Names of `headers` are in lower case.
bool is_named_by_connection(std::span<const Header> headers, std::string_view name);

// Moves those that may be handed on to the front; the result is how many they are. Upgrade stays if
// `keep_upgrade`.
size_t take_out_hop_by_hop(std::span<Header> headers, bool keep_upgrade);

}  // namespace fce
