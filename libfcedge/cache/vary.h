// SPDX-License-Identifier: Apache-2.0
// Vary (RFC 9111 section 4.1): which requests the same stored answer may serve.
//
// An answer with Vary is stored under a key that `variant_text` is part of; under the plain key
// stands a marker with the names. What is looked up twice is never served wrongly: the text says
// the names too, so another set of names never finds it.
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "cache/cache_request.h"

namespace fce {

enum class Vary : uint8_t {
  none,    // no field is named
  fields,  // some are
  any,     // "*", or more than kVaryNamesMax: nothing matches
};

constexpr size_t kVaryNamesMax = 16;

// All Vary fields of an answer: names in lower case, sorted, each once, separated by commas. Of
// Accept-Encoding, Origin and so on alike. Empty names are passed over; what is no token is `any`.
Vary vary_names(std::span<const Header> answer, Arena& arena, std::string_view* names);

// The names of both lists. "" when there are more than kVaryNamesMax: then `newer` alone will do.
std::string_view vary_union(std::string_view older, std::string_view newer, Arena& arena);

// The values that a request has for these names, such that two requests have the same text if and
// only if their fields match: several fields of one name are joined, blanks around commas and at
// the ends are dropped, an absent field differs from an empty one. Accept-Encoding is reduced if
// the options say so, values known to have no case are written in lower case.
std::string_view variant_text(std::string_view names, const CacheRequest& request,
                              const PolicyOptions& options, Arena& arena);

}  // namespace fce
