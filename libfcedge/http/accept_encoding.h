// SPDX-License-Identifier: Apache-2.0
// Accept-Encoding (RFC 9110 section 12.5.3): which coding of a representation a client prefers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fce {

enum class ContentCoding : uint8_t { identity, gzip, br, zstd };

// As it is called in header fields.
std::string_view coding_name(ContentCoding coding);

class AcceptEncoding {
 public:
  // Without the field: identity only, since a client that does not ask may not decode.
  AcceptEncoding() = default;
  // Members of the list that are malformed are skipped.
  static AcceptEncoding parse(std::string_view value);

  // The coding with the highest quality among those that exist, the first of `have` where they are
  // equal. Identity is the answer to a client that excludes all that there is.
  ContentCoding choose(std::span<const ContentCoding> have) const;
  // The same for files that were compressed beforehand: the smaller one where they are equal.
  ContentCoding choose(bool have_gzip, bool have_br) const;

 private:
  // In thousandths. Identity that is not named is acceptable, but after all that is named.
  uint16_t quality(ContentCoding coding) const { return quality_[static_cast<size_t>(coding)]; }
  std::array<uint16_t, 4> quality_{1, 0, 0, 0};
};

}  // namespace fce
