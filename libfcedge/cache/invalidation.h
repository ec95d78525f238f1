// SPDX-License-Identifier: Apache-2.0
// What a request that changes something makes of what is stored (RFC 9111 section 4.4).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace fce {

// Whether a method is known to change nothing (RFC 9110 section 9.2.1 and the registry). All others
// are written through and may invalidate.
bool is_safe_method(std::string_view method);

struct Invalidation {
  // Targets in origin-form, of the request's own authority: the request's, and those of Location
  // and Content-Location if they are of the same origin.
  std::array<std::string_view, 3> targets;
  size_t count = 0;
};

// Nothing unless the method is unsafe and the status is 2xx or 3xx. `scheme` is "http" or "https".
Invalidation invalidated_by(const Request& request, std::string_view scheme, uint16_t status,
                            std::span<const Header> answer, Arena& arena);

// The target in origin-form that a reference (RFC 3986 section 4.1) leads to from a target of
// `authority`; "" if it is of another origin or no reference at all.
std::string_view same_origin_target(std::string_view reference, std::string_view scheme,
                                    std::string_view authority, std::string_view target,
                                    Arena& arena);

}  // namespace fce
