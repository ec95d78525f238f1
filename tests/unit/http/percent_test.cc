// SPDX-License-Identifier: Apache-2.0
#include "http/percent.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {

TEST_CASE("a path without escapes is not copied") {
  Arena arena;
  const std::string_view path = "/a/b";
  std::string_view out;
  REQUIRE(percent_decode_path(path, arena, &out));
  CHECK(out.data() == path.data());
}

TEST_CASE("escapes are decoded once") {
  Arena arena;
  std::string_view out;
  REQUIRE(percent_decode_path("/caf%C3%a9/%2541", arena, &out));
  CHECK(out == "/caf\xc3\xa9/%41");
}

TEST_CASE("bad escapes, encoded slashes and NUL are refused") {
  Arena arena;
  std::string_view out;
  for (const std::string_view bad : {"%", "%4", "/%4", "/%zz", "/%4g", "/a%2fb", "/a%2Fb", "/%00"})
    CHECK_FALSE(percent_decode_path(bad, arena, &out));
}

TEST_CASE("a query field is decoded as a form is") {
  std::string out;
  REQUIRE(percent_decode_field("caf%C3%a9+%2B%2f%2541%00", &out));
  CHECK(out == std::string("caf\xc3\xa9 +/%41\0", 12));
  REQUIRE(percent_decode_field("", &out));
  CHECK(out.empty());
  for (const std::string_view bad : {"%", "%4", "a%zz", "%4g"})
    CHECK_FALSE(percent_decode_field(bad, &out));
}

}  // namespace fce
