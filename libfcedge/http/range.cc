// SPDX-License-Identifier: Apache-2.0
#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {
namespace {

// Digits only; a number that is too large for its type is larger than any file. False: no number.
bool parse_position(std::string_view digits, uint64_t* out) {
  if (digits.empty()) return false;
  for (const char c : digits)
    if (c < '0' || c > '9') return false;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), *out).ec != std::errc())
    *out = UINT64_MAX;
  return true;
}

RangeAnswer parse_suffix(std::string_view digits, uint64_t size, ByteRange* out) {
  uint64_t suffix;
  if (!parse_position(digits, &suffix)) return RangeAnswer::whole;
  if (suffix == 0) return RangeAnswer::unsatisfiable;
  // All of nothing: satisfiable, but Content-Range has no way to say so.
  if (size == 0) return RangeAnswer::whole;
  out->length = std::min(suffix, size);
  out->first = size - out->length;
  return RangeAnswer::partial;
}

}  // namespace

RangeAnswer parse_range(std::string_view value, uint64_t size, ByteRange* out) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_ignoring_case(value.substr(0, kUnit.size()), kUnit)) return RangeAnswer::whole;
  std::string_view set = value.substr(kUnit.size());
  std::string_view spec, second;
  if (!next_member(&set, &spec) || next_member(&set, &second)) return RangeAnswer::whole;

  const size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return RangeAnswer::whole;
  if (dash == 0) return parse_suffix(spec.substr(1), size, out);
  uint64_t first, last = UINT64_MAX;
  if (!parse_position(spec.substr(0, dash), &first)) return RangeAnswer::whole;
  const std::string_view end = spec.substr(dash + 1);
  if (!end.empty() && !parse_position(end, &last)) return RangeAnswer::whole;
  if (last < first) return RangeAnswer::whole;
  if (first >= size) return RangeAnswer::unsatisfiable;
  out->first = first;
  out->length = std::min(last, size - 1) - first + 1;
  return RangeAnswer::partial;
}

std::string_view content_range(const ByteRange* range, uint64_t size,
                               std::span<char, kContentRangeBytes> buffer) {
  const auto total = static_cast<unsigned long long>(size);
  int written;
  if (range) {
    const auto first = static_cast<unsigned long long>(range->first);
    const auto last = static_cast<unsigned long long>(range->first + range->length - 1);
    written =
        std::snprintf(buffer.data(), buffer.size(), "bytes %llu-%llu/%llu", first, last, total);
  } else {
    written = std::snprintf(buffer.data(), buffer.size(), "bytes */%llu", total);
  }
  return {buffer.data(), static_cast<size_t>(written)};
}

}  // namespace fce
