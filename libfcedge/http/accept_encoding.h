// SPDX-License-Identifier: Apache-2.0
// Accept-Encoding (RFC 9110 section 12.5.3): which coding of a representation a client prefers.
#pragma once

#include <cstdint>
#include <string_view>

namespace fce {

enum class ContentCoding : uint8_t { identity, gzip, br };

class AcceptEncoding {
 public:
  // Without the field: identity only, since a client that does not ask may not decode.
  AcceptEncoding() = default;
  // Members of the list that are malformed are skipped.
  static AcceptEncoding parse(std::string_view value);

  // The coding with the highest quality among those that exist; the smaller one where they are
  // equal. Identity is the answer to a client that excludes all that there is.
  ContentCoding choose(bool have_gzip, bool have_br) const;

 private:
  // In thousandths. Identity that is not named is acceptable, but after all that is named.
  uint16_t br_ = 0;
  uint16_t gzip_ = 0;
  uint16_t identity_ = 1;
};

}  // namespace fce
