// SPDX-License-Identifier: Apache-2.0
#include "http/conditional.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

namespace fce {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kLater = "Sunday, 06-Nov-94 08:49:38 GMT";
constexpr Validators kValidators{"\"a\"", 784111777, kDate};

SelectionFields fields(std::initializer_list<Header> headers, Arena& arena) {
  const std::vector<Header> list(headers);
  return SelectionFields::from(list, arena);
}

Precondition check(std::initializer_list<Header> headers, Method method = Method::get) {
  Arena arena;
  return check_preconditions(fields(headers, arena), method, kValidators);
}

bool applies(std::initializer_list<Header> headers, Method method = Method::get,
             int64_t now_s = 784111778) {
  Arena arena;
  return range_applies(fields(headers, arena), method, kValidators, now_s);
}

}  // namespace

TEST_CASE("without conditions") { CHECK(check({{"accept", "*/*"}}) == Precondition::passed); }

TEST_CASE("If-None-Match") {
  const auto ask = [](std::string_view list) { return check({{"if-none-match", list}}); };
  for (const std::string_view list : {"\"a\"", "W/\"a\"", "*", " * ", "\"b\", \"a\"",
                                      "\"b\",W/\"a\"", ",, \"a\"", "\"x,y\" , \"a\""})
    CHECK(ask(list) == Precondition::not_modified);
  for (const std::string_view list : {"", "a", "\"b\"", "\"A\"", "\"a", "w/\"a\"", "\"b\" \"a\"",
                                      "b, \"a\"", "*, \"b\"", "W/", "\"\""})
    CHECK(ask(list) == Precondition::passed);
  CHECK(check({{"if-none-match", "\"a\""}}, Method::head) == Precondition::not_modified);
  CHECK(check({{"if-none-match", "*"}}, Method::put) == Precondition::failed);
}

TEST_CASE("a list in several fields is one list") {
  CHECK(check({{"if-none-match", "\"b\""}, {"if-none-match", "\"a\""}}) ==
        Precondition::not_modified);
  CHECK(check({{"if-match", "\"b\""}, {"if-match", "\"c\""}}) == Precondition::failed);
}

TEST_CASE("If-Match compares strongly") {
  CHECK(check({{"if-match", "\"a\""}}) == Precondition::passed);
  CHECK(check({{"if-match", "*"}}) == Precondition::passed);
  CHECK(check({{"if-match", "W/\"a\""}}) == Precondition::failed);
  CHECK(check({{"if-match", ""}}) == Precondition::failed);
}

TEST_CASE("an entity-tag that is weak, odd or missing") {
  const auto ask = [](std::string_view etag, std::string_view name, std::string_view list) {
    Arena arena;
    return check_preconditions(fields({{name, list}}, arena), Method::get,
                               {etag, 784111777, kDate});
  };
  for (const std::string_view list : {"W/\"a\"", "\"a\"", "\"b\", W/\"a\"", "*"})
    CHECK(ask("W/\"a\"", "if-none-match", list) == Precondition::not_modified);
  for (const std::string_view list : {"w/\"a\"", "W/\"b\"", "a", "W/a", ""})
    CHECK(ask("W/\"a\"", "if-none-match", list) == Precondition::passed);
  // A weak one is never equal in the strong sense.
  CHECK(ask("W/\"a\"", "if-match", "W/\"a\"") == Precondition::failed);
  CHECK(ask("W/\"a\"", "if-match", "\"a\"") == Precondition::failed);
  CHECK(ask("W/\"a\"", "if-match", "*") == Precondition::passed);
  // What clients were given they send back.
  CHECK(ask("a", "if-none-match", "a") == Precondition::not_modified);
  CHECK(ask("a", "if-none-match", "\"a\"") == Precondition::passed);
  CHECK(ask("a", "if-match", "a") == Precondition::failed);
  CHECK(ask("", "if-none-match", "") == Precondition::passed);
  CHECK(ask("", "if-none-match", "\"\"") == Precondition::passed);
  CHECK(ask("", "if-none-match", "*") == Precondition::not_modified);
}

TEST_CASE("If-Modified-Since without Last-Modified goes by the time given") {
  const auto ask = [](std::string_view date) {
    Arena arena;
    return check_preconditions(fields({{"if-modified-since", date}}, arena), Method::get,
                               {"", 784111777, ""});
  };
  CHECK(ask(kDate) == Precondition::not_modified);
  CHECK(ask(kEarlier) == Precondition::passed);
  CHECK(ask("") == Precondition::passed);
}

TEST_CASE("If-Modified-Since") {
  CHECK(check({{"if-modified-since", kDate}}) == Precondition::not_modified);
  CHECK(check({{"if-modified-since", kLater}}) == Precondition::not_modified);
  CHECK(check({{"if-modified-since", kEarlier}}) == Precondition::passed);
  CHECK(check({{"if-modified-since", "yesterday"}}) == Precondition::passed);
  CHECK(check({{"if-modified-since", kDate}}, Method::post) == Precondition::passed);
  CHECK(check({{"if-modified-since", kDate}, {"if-modified-since", kDate}}) ==
        Precondition::passed);
}

TEST_CASE("If-Unmodified-Since") {
  CHECK(check({{"if-unmodified-since", kDate}}) == Precondition::passed);
  CHECK(check({{"if-unmodified-since", kEarlier}}) == Precondition::failed);
  CHECK(check({{"if-unmodified-since", "soon"}}) == Precondition::passed);
}

TEST_CASE("entity tags go before dates") {
  CHECK(check({{"if-match", "\"a\""}, {"if-unmodified-since", kEarlier}}) == Precondition::passed);
  CHECK(check({{"if-none-match", "\"b\""}, {"if-modified-since", kDate}}) == Precondition::passed);
  CHECK(check({{"if-match", "\"b\""}, {"if-none-match", "\"a\""}}) == Precondition::failed);
  CHECK(check({{"if-unmodified-since", kDate}, {"if-modified-since", kDate}}) ==
        Precondition::not_modified);
}

TEST_CASE("Range applies to GET, once") {
  CHECK(applies({{"range", "bytes=0-1"}}));
  CHECK_FALSE(applies({{"range", "bytes=0-1"}}, Method::head));
  CHECK_FALSE(applies({{"range", "bytes=0-1"}, {"range", "bytes=2-3"}}));
  CHECK_FALSE(applies({}));
}

TEST_CASE("If-Range") {
  const auto with = [](std::string_view value, int64_t now_s = 784111778) {
    return applies({{"range", "bytes=0-1"}, {"if-range", value}}, Method::get, now_s);
  };
  CHECK(with("\"a\""));
  CHECK(with(kDate));
  CHECK_FALSE(with("W/\"a\""));
  CHECK_FALSE(with("\"b\""));
  CHECK_FALSE(with(kEarlier));
  CHECK_FALSE(with(kLater));
  CHECK_FALSE(with(""));
  // In the second of the modification a date says too little.
  CHECK_FALSE(with(kDate, 784111777));
  CHECK_FALSE(applies({{"range", "bytes=0-1"}, {"if-range", "\"a\""}, {"if-range", "\"a\""}}));
}

}  // namespace fce
