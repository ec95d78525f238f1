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

bool take_unit(std::string_view* value) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_ignoring_case(value->substr(0, kUnit.size()), kUnit)) return false;
  value->remove_prefix(kUnit.size());
  return true;
}

// One member of the list.
RangeAnswer parse_spec(std::string_view spec, uint64_t size, ByteRange* out) {
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

RangeAnswer parse_all(std::string_view value, uint64_t size, ByteRanges* out) {
  *out = {};
  if (!take_unit(&value)) return RangeAnswer::whole;
  size_t members = 0;
  for (std::string_view spec; next_member(&value, &spec); ++members) {
    if (members == kRangesMax) return RangeAnswer::too_many;
    ByteRange range;
    const RangeAnswer answer = parse_spec(spec, size, &range);
    if (answer == RangeAnswer::whole) return answer;
    if (answer == RangeAnswer::partial) out->add(range);
  }
  if (members == 0) return RangeAnswer::whole;
  return out->size() > 0 ? RangeAnswer::partial : RangeAnswer::unsatisfiable;
}

}  // namespace

void ByteRanges::add(ByteRange range) {
  size_t place = count_;
  size_t kept = 0;
  // What grows by one may thereby reach another that came before, hence again until none is left.
  for (bool grown = true; grown;) {
    grown = false;
    kept = 0;
    for (size_t i = 0; i < count_; ++i) {
      const ByteRange other = ranges_[i];
      const uint64_t end = std::max(other.first + other.length, range.first + range.length);
      if (other.first > range.first + range.length || range.first > other.first + other.length) {
        ranges_[kept++] = other;
        continue;
      }
      range.first = std::min(range.first, other.first);
      range.length = end - range.first;
      place = std::min(place, kept);
      grown = true;
    }
    count_ = kept;
  }
  place = std::min(place, count_);
  std::copy_backward(&ranges_[place], ranges_.data() + count_, ranges_.data() + count_ + 1);
  ranges_[place] = range;
  ++count_;
}

RangeAnswer parse_ranges(std::string_view value, uint64_t size, ByteRanges* out) {
  const RangeAnswer answer = parse_all(value, size, out);
  if (answer != RangeAnswer::partial) *out = {};
  return answer;
}

RangeAnswer parse_range(std::string_view value, uint64_t size, ByteRange* out) {
  std::string_view spec, second;
  if (!take_unit(&value) || !next_member(&value, &spec) || next_member(&value, &second))
    return RangeAnswer::whole;
  return parse_spec(spec, size, out);
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
