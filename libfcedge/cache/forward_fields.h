// SPDX-License-Identifier: Apache-2.0
// The fields of the request that a cache sends to the origin.
#pragma once

#include <span>

#include "cache/cache_request.h"
#include "cache/stored_info.h"

namespace fce {

enum class ForwardAs : uint8_t {
  as_is,     // with the client's conditions and ranges: the answer is the client's
  whole,     // without either: the answer is to be stored whole
  validate,  // on the condition that what is stored is no longer good (section 4.3.1)
};

// Without those for the connection (RFC 9110 section 7.6.1), Host and Content-Length, which the
// client adds. `stored` is needed for `validate` only.
std::span<const Header> forward_fields(const CacheRequest& request, ForwardAs as,
                                       const StoredView* stored, const PolicyOptions& options,
                                       Arena& arena);

// Accept-Encoding as variants and the origin are to see it: of "br", "gzip" and "zstd" those that
// the value accepts, in this order, or "identity". As it came when it has more to say (a weight for
// "*" or "identity", which could make the origin answer 406).
std::string_view reduced_accept_encoding(std::string_view value, Arena& arena);

}  // namespace fce
