// SPDX-License-Identifier: Apache-2.0
#include "geo/country.h"

#include <doctest/doctest.h>

#include <string>

using namespace fce;

TEST_CASE("countries: every code that ISO 3166 has is found, and no other") {
  int countries = 0, members = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      const std::string code{a, b};
      const Country* country = find_country(code);
      if (!country) continue;
      CAPTURE(code);
      CHECK(country->code == code);
      CHECK(is_continent(country->continent));
      ++countries;
      members += country->eu;
    }
  }
  CHECK(countries == 250);
  CHECK(members == 27 + 7);  // with the regions that have a code of their own
  CHECK(find_country("") == nullptr);
  CHECK(find_country("de") == nullptr);
  CHECK(find_country("DEU") == nullptr);
}

TEST_CASE("countries: some that others put elsewhere") {
  CHECK(find_country("CY")->eu);
  CHECK(find_country("RE")->eu);
  CHECK_FALSE(find_country("GB")->eu);
  CHECK_FALSE(find_country("CH")->eu);
  CHECK(find_country("BR")->continent == std::string("SA"));
  CHECK(find_country("RU")->continent == std::string("EU"));
  CHECK_FALSE(is_continent("XX"));
}
