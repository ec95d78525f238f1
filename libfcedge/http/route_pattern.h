// SPDX-License-Identifier: Apache-2.0
// Patterns of routes: "/", "/a/{id}", "/files/{path...}".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace fce {

constexpr size_t kPatternSegmentsMax = 64;  // bounds how deep a match goes
constexpr size_t kPatternParamsMax = 16;

struct PatternSegment {
  enum class Kind : uint8_t { text, parameter, wildcard };
  Kind kind = Kind::text;
  std::string_view name;  // of a parameter or wildcard: a view of the pattern
  std::string text;       // percent-decoded
};

// Splits a pattern; a pattern that ends in "/" has an empty last segment. FCE_EINVAL with a
// sentence when it does not begin with "/", has a segment that no request can have (empty, "." or
// ".."), a wildcard that is not last, a name twice or one that is no identifier.
Status parse_pattern(std::string_view pattern, std::vector<PatternSegment>* out);

}  // namespace fce
