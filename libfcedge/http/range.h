// SPDX-License-Identifier: Apache-2.0
// Byte ranges of requests (RFC 9110 section 14).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fce {

struct ByteRange {
  uint64_t first = 0;
  uint64_t length = 0;  // at least 1
};

enum class RangeAnswer : uint8_t {
  whole,          // 200: no byte range, a malformed one, or several: which a server may ignore
  partial,        // 206
  unsatisfiable,  // 416
};

// Reads the value of a Range field for a representation of `size` bytes. `out` is set, and lies
// within the representation, when the answer is `partial`.
RangeAnswer parse_range(std::string_view value, uint64_t size, ByteRange* out);

// The value of Content-Range for a 206 or, without `range`, for a 416. Returns a view of `buffer`.
constexpr size_t kContentRangeBytes = 72;
std::string_view content_range(const ByteRange* range, uint64_t size,
                               std::span<char, kContentRangeBytes> buffer);

}  // namespace fce
