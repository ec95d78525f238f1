// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

Status parse(std::string_view text, Json* out, JsonLimits limits = {}) {
  return Json::parse(text, limits, out);
}

Status parse(std::string_view text) {
  Json json;
  const Status status = parse(text, &json);
  if (status != Status::ok) CHECK(json.is_null());
  return status;
}

Json parsed(std::string_view text) {
  Json json;
  REQUIRE(parse(text, &json) == Status::ok);
  return json;
}

std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("json: every kind is told from every other") {
  const Json json = parsed(R"({"n":null,"b":true,"i":-7,"r":2.5,"s":"text","a":[1,"x"],"o":{}})");
  using Kind = Json::Kind;
  const Kind kinds[] = {Kind::null,   Kind::boolean, Kind::integer, Kind::real,
                        Kind::string, Kind::array,   Kind::object};
  REQUIRE(json.is_object());
  REQUIRE(json.items().size() == std::size(kinds));
  for (size_t i = 0; i < std::size(kinds); ++i) {
    const Json& item = json.items()[i];
    CHECK(item.kind() == kinds[i]);
    bool b = false;
    int64_t n = 0;
    double r = 0;
    std::string_view s;
    CHECK(item.read(&b) == (kinds[i] == Kind::boolean));
    CHECK(item.read(&n) == (kinds[i] == Kind::integer));
    CHECK(item.read(&r) == (kinds[i] == Kind::real || kinds[i] == Kind::integer));
    CHECK(item.read(&s) == (kinds[i] == Kind::string));
    CHECK(item.find("x") == nullptr);
  }
}

TEST_CASE("json: values are read as they were written") {
  const Json json = parsed(R"( {"b":true,"i":-7,"r":2.5,"s":"\u00e9\ud83d\ude00\n","a":[1,"x"]} )");
  bool b = false;
  int64_t n = 0;
  double r = 0;
  std::string_view s;
  REQUIRE((json.find("b")->read(&b) && json.find("i")->read(&n) && json.find("s")->read(&s)));
  CHECK(b);
  CHECK(n == -7);
  CHECK(s == "\xc3\xa9\xf0\x9f\x98\x80\n");
  REQUIRE(json.find("r")->read(&r));
  CHECK(r == 2.5);
  REQUIRE(json.find("i")->read(&r));
  CHECK(r == -7);
  REQUIRE(json.find("a")->items().size() == 2);
  REQUIRE(json.find("a")->items()[1].read(&s));
  CHECK(s == "x");
  CHECK(json.items()[4].key() == "a");
  CHECK(json.find("c") == nullptr);
  CHECK(json.find("") == nullptr);
}

TEST_CASE("json: an integer that does not fit is a real number") {
  int64_t n = 0;
  double r = 0;
  REQUIRE(parsed("9223372036854775807").read(&n));
  CHECK(n == INT64_MAX);
  REQUIRE(parsed("-9223372036854775808").read(&n));
  CHECK(n == INT64_MIN);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "1e3", "1.0"}) {
    const Json json = parsed(text);
    CHECK_FALSE(json.read(&n));
    CHECK(json.read(&r));
  }
  CHECK(parse("1e999") == Status::invalid);
}

TEST_CASE("json: what is not JSON is refused") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{a:1}",
                           "'a'",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "NaN",
                           "nul",
                           "truee",
                           "1 2",
                           "{}{}",
                           "[1 2]",
                           "{\"a\" 1}",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\n\"",
                           "/* */1",
                           "// \n1",
                           "{1:2}",
                           "[",
                           "]",
                           "{\"a\":}",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"",
                           "\"\xe2\x82\"",
                           "\xff"}) {
    CAPTURE(text);
    CHECK(parse(text) == Status::invalid);
  }
}

TEST_CASE("json: a NUL does not end the text, but a string may hold one") {
  using namespace std::string_view_literals;
  CHECK(parse("{}\0"sv) == Status::invalid);
  CHECK(parse("{}\0garbage"sv) == Status::invalid);
  CHECK(parse("\"a\0b\""sv) == Status::invalid);
  std::string_view s;
  const Json json = parsed("\"a\\u0000b\"");
  REQUIRE(json.read(&s));
  CHECK(s == "a\0b"sv);
}

TEST_CASE("json: a name that comes twice is refused, at any depth") {
  CHECK(parse(R"({"a":1,"b":2,"a":3})") == Status::invalid);
  CHECK(parse(R"([{"x":{"a":1,"\u0061":3}}])") == Status::invalid);
  CHECK(parse(R"({"":1,"":2})") == Status::invalid);
  CHECK(parse(R"([{"a":1},{"a":1}])") == Status::ok);
  CHECK(parse(R"({"a":{"a":{"a":1}}})") == Status::ok);
}

TEST_CASE("json: depth and number of values are bounded") {
  Json json;
  CHECK(parse(nested(16)) == Status::ok);
  CHECK(parse(nested(17)) == Status::too_big);
  CHECK(parse(std::string(1'000'000, '[')) == Status::too_big);
  CHECK(parse("1", &json, {.depth_max = 0}) == Status::ok);
  CHECK(parse("[]", &json, {.depth_max = 0}) == Status::too_big);
  CHECK(parse("[1,2,3]", &json, {.values_max = 4}) == Status::ok);
  CHECK(parse("[1,2,3,4]", &json, {.values_max = 4}) == Status::too_big);
  CHECK(json.is_null());
  CHECK(parse("1", &json, {.values_max = 0}) == Status::too_big);
}

TEST_CASE("json: the sentence tells the place and quotes nothing") {
  CHECK(parse(R"({"secret":hush})") == Status::invalid);
  const std::string sentence = last_error();
  CHECK(sentence == "not valid JSON at byte 11");
}

TEST_CASE("json: a tree is copied and moved whole") {
  Json json = parsed(R"({"a":[1,{"b":"text"}]})");
  const Json copy = json;
  const Json moved = std::move(json);
  for (const Json* tree : {&copy, &moved}) {
    std::string_view s;
    REQUIRE(tree->find("a")->items()[1].find("b")->read(&s));
    CHECK(s == "text");
  }
}

}  // namespace fce
