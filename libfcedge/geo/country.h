// SPDX-License-Identifier: Apache-2.0
// What is known of each country without a database: some databases name nothing but its code.
#pragma once

#include <string_view>

namespace fce {

struct Country {
  char code[3];       // ISO 3166, and XK for Kosovo
  char continent[3];  // AF AN AS EU NA OC SA
  bool eu;            // including its outermost regions that have a code of their own
  float latitude;     // about where its people are, not the middle of its land
  float longitude;
};

// Null when there is none of that code, which is in capital letters.
const Country* find_country(std::string_view code);

// Whether it is one of the codes of continents.
bool is_continent(std::string_view code);

}  // namespace fce
