// SPDX-License-Identifier: Apache-2.0
// Place: where an address is, as far as a database knows.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fce {

struct Place {
  std::array<char, 2> country{};    // ISO 3166, "DE"; zeros: unknown, and so is all else
  std::array<char, 2> continent{};  // AF AN AS EU NA OC SA
  bool eu = false;                  // a member of the European Union, or a part of one
  uint16_t radius_km = 0;           // how far off the position may be
  float latitude = 0, longitude = 0;

  bool known() const { return country[0] != 0; }
  std::string_view country_code() const { return {country.data(), known() ? 2u : 0u}; }
  std::string_view continent_code() const {
    return {continent.data(), continent[0] != 0 ? 2u : 0u};
  }
};

}  // namespace fce
