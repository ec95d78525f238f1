// SPDX-License-Identifier: Apache-2.0
#include "base/json_write.h"

#include <doctest/doctest.h>

#include "base/json.h"

namespace fce {

TEST_CASE("json_write: quotes, backslashes and control characters are escaped") {
  using namespace std::string_view_literals;
  CHECK(json_quote("") == "\"\"");
  CHECK(json_quote("plain \xc3\xa9 /") == "\"plain \xc3\xa9 /\"");
  CHECK(json_quote("\"\\\b\f\n\r\t") == R"("\"\\\b\f\n\r\t")");
  CHECK(json_escaped("") == "");
  CHECK(json_escaped("a\"b") == "a\\\"b");
  CHECK(json_quote("\0\x01\x1f\x7f"sv) == "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST_CASE("json_write: what is quoted is read back") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  Json json;
  REQUIRE(Json::parse(json_quote(all), {}, &json) == Status::ok);
  std::string_view text;
  REQUIRE(json.read(&text));
  CHECK(text == all);
}

}  // namespace fce
