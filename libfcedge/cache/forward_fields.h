// SPDX-License-Identifier: Apache-2.0
// The fields of the request that a cache sends to the origin.
#pragma once

#include <span>

#include "cache/policy.h"

namespace fce {

// Without those for the connection (RFC 9110 section 7.6.1), Host and Content-Length, which the
// client adds. `stored` is needed for `validate` only.
std::span<const Header> forward_fields(const CacheRequest& request, ForwardAs as,
                                       const StoredView* stored, const PolicyOptions& options,
                                       Arena& arena);

// Whether the origin gets to see a field of that name. Not what is for the connection; nor what
// says who the client is or how it has come, or to take the request for another one: an origin that
// believes it answers with what is then stored for all. (`headers` of an origin set such fields.)
bool reaches_origin(const CacheRequest& request, std::string_view name);

// Accept-Encoding as variants and the origin are to see it: of "br", "gzip" and "zstd" those that
// the value accepts, in this order, or "identity". As it came when it has more to say (a weight for
// "*" or "identity", which could make the origin answer 406).
std::string_view reduced_accept_encoding(std::string_view value);

}  // namespace fce
