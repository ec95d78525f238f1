// SPDX-License-Identifier: Apache-2.0
// Byte ranges of requests (RFC 9110 section 14).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fce {

struct ByteRange {
  uint64_t first = 0;
  uint64_t length = 0;  // at least 1
};

// Of one request. More than this is a broken client, or one that means harm (section 14.2).
constexpr size_t kRangesMax = 32;

// Apart from each other, in the order in which the client named them.
class ByteRanges {
 public:
  size_t size() const { return count_; }
  const ByteRange& operator[](size_t i) const { return ranges_[i]; }
  const ByteRange* begin() const { return ranges_.data(); }
  const ByteRange* end() const { return begin() + count_; }
  // One that overlaps others, or touches them, becomes one with them, in the first one's place. At
  // most kRangesMax times.
  void add(ByteRange range);

 private:
  std::array<ByteRange, kRangesMax> ranges_;
  size_t count_ = 0;
};

enum class RangeAnswer : uint8_t {
  whole,          // 200: no byte range, or a malformed one
  too_many,       // the same, because of their number
  partial,        // 206: of one range as it is, of several as multipart/byteranges
  unsatisfiable,  // 416
};

// Reads the value of a Range field for a representation of `size` bytes. When the answer is
// `partial`, `out` has at least one range, and all lie within the representation; else it has none.
RangeAnswer parse_ranges(std::string_view value, uint64_t size, ByteRanges* out);

// The same for who sends one range at most, and takes several for none: `whole`.
RangeAnswer parse_range(std::string_view value, uint64_t size, ByteRange* out);

// The value of Content-Range for a 206 or, without `range`, for a 416. Returns a view of `buffer`.
constexpr size_t kContentRangeBytes = 72;
std::string_view content_range(const ByteRange* range, uint64_t size,
                               std::span<char, kContentRangeBytes> buffer);

}  // namespace fce
