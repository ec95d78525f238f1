// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_control.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Headers;

AnswerDirectives read(const Headers& headers, bool cdn = true) {
  return AnswerDirectives::from(headers, cdn);
}

AnswerDirectives read(std::string_view value) { return read(Headers{{"cache-control", value}}); }

AnswerDirectives read_cdn(std::string_view value, std::string_view cache_control = "max-age=7") {
  return read(Headers{{"cache-control", cache_control}, {"cdn-cache-control", value}});
}

RequestDirectives ask(std::string_view value) {
  RequestDirectives directives;
  directives.add(value);
  return directives;
}

// The directives that are set, in one line.
std::string flags(const AnswerDirectives& of) {
  std::string out;
  const auto add = [&](bool set, const char* name) {
    if (set) out += out.empty() ? name : std::string(" ") + name;
  };
  add(of.no_store, "no-store");
  add(of.no_cache, "no-cache");
  add(of.private_, "private");
  add(of.public_, "public");
  add(of.must_revalidate, "must-revalidate");
  add(of.proxy_revalidate, "proxy-revalidate");
  add(of.must_understand, "must-understand");
  return out;
}

struct NumberRow {
  std::string_view value;
  uint32_t max_age;
};

struct FlagRow {
  std::string_view value;
  std::string_view expected;
};

}  // namespace

TEST_CASE("delta seconds") {
  uint32_t seconds = 1;
  for (const std::string_view text : {"", "-1", "+1", "1.0", "0.5", " 1", "1 ", "a1", "1a", "0x10",
                                      "1e3", "'1'", "\"1\"", "1,2", "\xB2"})
    CHECK_FALSE(parse_delta(text, &seconds));
  CHECK(seconds == 1);
  const NumberRow rows[] = {
      {"0", 0},
      {"00", 0},
      {"0060", 60},
      {"60", 60},
      {"2147483647", 2147483647},
      {"2147483648", kDeltaMax},
      {"2147483649", kDeltaMax},
      {"4294967295", kDeltaMax},
      {"4294967296", kDeltaMax},
      {"18446744073709551616", kDeltaMax},
      {"99999999999999999999999999999999", kDeltaMax},
  };
  for (const auto& [text, expected] : rows) {
    const auto shown_text = text;  // clang captures no binding
    CAPTURE(shown_text);
    REQUIRE(parse_delta(text, &seconds));
    CHECK(seconds == expected);
  }
}

TEST_CASE("max-age in all the forms that it comes in") {
  const NumberRow rows[] = {
      {"", kNoDelta},
      {",", kNoDelta},
      {"max-age=60", 60},
      {"MaX-aGe=60", 60},
      {"  max-age=60  ", 60},
      {"\tmax-age=60\t,", 60},
      {",,max-age=60,,", 60},
      {"public,max-age=60", 60},
      {"public , max-age=60 , foo", 60},
      {"foo=bar, max-age=60", 60},
      {"foo=\"bar\", max-age=60", 60},
      {"foo=\"a, b\", max-age=60", 60},
      {"foo=\"a\\\", b\", max-age=60", 60},
      // A recipient ought to accept both forms.
      {"max-age=\"60\"", 60},
      {"max-age=\"060\"", 60},
      // The first one counts.
      {"max-age=60, max-age=0", 60},
      {"max-age=0, max-age=60", 0},
      {"max-age=1, max-age=2, max-age=3", 1},
      {"max-age=x, max-age=60", 0},
      // It is within something else.
      {"foo=\"max-age=60\"", kNoDelta},
      {"foo=\"bar, max-age=60\"", kNoDelta},
      {"foo=\"bar, max-age=60, baz\", max-age=5", 5},
      {"foo=\"bar\\\"\", max-age=5, quux=\", max-age=7\"", 5},
      {"xmax-age=60", kNoDelta},
      {"max-agex=60", kNoDelta},
      {"max-age-=60", kNoDelta},
      {"smax-age=60", kNoDelta},
      {"max age=60", kNoDelta},
      {"max_age=60", kNoDelta},
      {"foo=max-age=60", kNoDelta},
      // What cannot be read is stale.
      {"max-age", 0},
      {"max-age=", 0},
      {"max-age=\"\"", 0},
      {"max-age=-1", 0},
      {"max-age=-60", 0},
      {"max-age=+60", 0},
      {"max-age=60.0", 0},
      {"max-age=0.5", 0},
      {"max-age=a60", 0},
      {"max-age=60a", 0},
      {"max-age=6 0", 0},
      {"max-age='60'", 0},
      {"max-age=\"60", 0},
      {"max-age=60\"", 0},
      {"max-age=\"60\"x", 0},
      {"max-age=\" 60\"", 0},
      {"max-age=\"6\\0\"", 0},
      {"max-age = 60", 0},
      {"max-age =60", 0},
      {"max-age= 60", 0},
      {"max-age=60;foo", 0},
      {"max-age=60 foo", 0},
      {"max-age==60", 0},
      {"max-age:60", kNoDelta},
      // Large ones are for ever, not the past.
      {"max-age=2147483648", kDeltaMax},
      {"max-age=99999999999", kDeltaMax},
  };
  for (const auto& [value, expected] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    CHECK(read(value).max_age == expected);
  }
}

TEST_CASE("the other numbers are read alike") {
  CHECK(read("s-maxage=60").s_maxage == 60);
  CHECK(read("S-MaxAge=60").s_maxage == 60);
  CHECK(read("s-maxage=\"60\"").s_maxage == 60);
  CHECK(read("s-maxage=x").s_maxage == 0);
  CHECK(read("s-maxage").s_maxage == 0);
  CHECK(read("s-maxage=60, s-maxage=1").s_maxage == 60);
  CHECK(read("max-age=1, s-maxage=60").max_age == 1);
  CHECK(read("s-max-age=60").s_maxage == kNoDelta);
  CHECK(read("stale-while-revalidate=60").stale_while_revalidate == 60);
  CHECK(read("stale-while-revalidate").stale_while_revalidate == 0);
  CHECK(read("stale-if-error=60").stale_if_error == 60);
  CHECK(read("stale-if-error=x").stale_if_error == 0);
}

TEST_CASE("directives without numbers") {
  const FlagRow rows[] = {
      {"", ""},
      {"no-store", "no-store"},
      {"No-StOrE", "no-store"},
      {" no-store ,", "no-store"},
      {"foo, no-store", "no-store"},
      {"foo=bar,no-store", "no-store"},
      {"max-age=60 , no-store", "no-store"},
      {"no-store, max-age=60", "no-store"},
      {"no-store=1", "no-store"},
      {"no-store=\"foo\"", "no-store"},
      {"foo=\"no-store\"", ""},
      {"foo=\"bar, no-store, baz\"", ""},
      // A string without end does not hide what restricts.
      {"foo=\"bar, no-store", "no-store"},
      {"foo=\"bar\\\", no-store", "no-store"},
      {"fo\"o, no-store", "no-store"},
      {"\"foo, no-store", "no-store"},
      {"\"no-store\"", ""},
      {"nostore", ""},
      {"no-stored", ""},
      {"xno-store", ""},
      {"no-store x", ""},
      {"no-cache", "no-cache"},
      {"NO-CACHE", "no-cache"},
      {"no-cache=\"\"", "no-cache"},
      {"no-cache=\" , \"", "no-cache"},
      {"no-cache=", "no-cache"},
      {"no-cache=\"a\"", ""},
      {"no-cache=a", ""},
      {"no-cache=\"a", "no-cache"},
      {"no-cache=\"a\", no-cache", "no-cache"},
      {"no-cache, no-cache=\"a\"", "no-cache"},
      {"private", "private"},
      {"Private", "private"},
      {"private=\"\"", "private"},
      {"private=\"a, b\"", ""},
      {"private=a", ""},
      {"private =\"a\"", "private"},
      {"private= \"a\"", "private"},
      {"private=\"a\"x", "private"},
      {"private, public", "private public"},
      {"public", "public"},
      {"PUBLIC", "public"},
      // What would allow more is not taken when it is odd.
      {"public=1", ""},
      {"public=\"\"", ""},
      {"must-understand=1", ""},
      {"must-revalidate", "must-revalidate"},
      {"must-revalidate=1", "must-revalidate"},
      {"proxy-revalidate", "proxy-revalidate"},
      {"must-understand, no-store", "no-store must-understand"},
      {"no-store,no-cache,private,public,must-revalidate,proxy-revalidate,must-understand",
       "no-store no-cache private public must-revalidate proxy-revalidate must-understand"},
      {"immutable, no-transform, community=\"UCI\"", ""},
  };
  for (const auto& [value, expected] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    CHECK(flags(read(value)) == expected);
  }
}

TEST_CASE("several fields are one list") {
  const AnswerDirectives of = read(Headers{{"cache-control", "max-age=60"},
                                           {"x", "no-store"},
                                           {"cache-control", "private"},
                                           {"cache-control", "max-age=1"}});
  CHECK(flags(of) == "private");
  CHECK(of.max_age == 60);
}

TEST_CASE("lists of fields") {
  const AnswerDirectives of =
      read("private=\"Set-Cookie, x-one\", no-cache=\" ,X-Two ,\", no-cache=x-three");
  for (const std::string_view name : {"set-cookie", "x-one", "x-two", "x-three"})
    CHECK(of.names(name));
  for (const std::string_view name : {"", "x", "cookie", "x-one,", "x-four"})
    CHECK_FALSE(of.names(name));
  CHECK_FALSE(read("private").names("set-cookie"));
}

TEST_CASE("more lists than there is room for restrict the whole") {
  std::string value;
  for (size_t i = 0; i < AnswerDirectives::kListsMax; ++i) value += "private=\"a\", ";
  CHECK(flags(read(value)) == "");
  CHECK(flags(read(value + "private=\"b\"")) == "private");
  CHECK(flags(read(value + "no-cache=\"b\"")) == "no-cache");
}

TEST_CASE("CDN-Cache-Control goes first when it is valid and not empty") {
  struct Row {
    std::string_view value;
    uint32_t max_age;
    bool targeted;
  };
  const Row rows[] = {
      {"max-age=60", 60, true},
      {" max-age=60 ", 60, true},
      {"max-age=60, foo", 60, true},
      {"foo=bar, max-age=60", 60, true},
      {"max-age=60;param=\"x\"", 60, true},
      {"max-age=60;a;b=1.5;c=?0", 60, true},
      {"none", kNoDelta, true},
      {"max-age=0", 0, true},
      {"a=(1 2 \"x\");q, max-age=60", 60, true},
      {"a=:YWJj:, max-age=60", 60, true},
      {"max-age=999999999999999", kDeltaMax, true},
      // Of a Dictionary the last one counts.
      {"max-age=1, max-age=60", 60, true},
      // Another type than the directive has: stale.
      {"max-age", 0, true},
      {"max-age=\"60\"", 0, true},
      {"max-age=60.0", 0, true},
      {"max-age=-60", 0, true},
      {"max-age=sixty", 0, true},
      {"max-age=?1", 0, true},
      {"max-age=(60)", 0, true},
      // No Dictionary: as if it were not there.
      {"", 7, false},
      {"  ", 7, false},
      {"max-age=60,", 7, false},
      {",max-age=60", 7, false},
      {"max-age=60,,foo", 7, false},
      {"Max-Age=60", 7, false},
      {"MAX-AGE=60", 7, false},
      {"max-age =60", 7, false},
      {"max-age= 60", 7, false},
      {"max-age=60 foo", 7, false},
      {"max-age=60s", 7, false},
      {"max-age=60;", 7, false},
      {"max-age=9999999999999999", 7, false},
      {"max-age=&", 7, false},
      {"max-age=60, private=\"a", 7, false},
      {"max-age=60, \"foo\"", 7, false},
      {"max-age=60; no-store", 60, true},  // a parameter is no directive
  };
  for (const auto& [value, max_age, targeted] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    const AnswerDirectives of = read_cdn(value);
    CHECK(of.max_age == max_age);
    CHECK(of.targeted == targeted);
  }
}

TEST_CASE("the flags of CDN-Cache-Control") {
  const FlagRow rows[] = {
      {"no-store", "no-store"},
      {"no-store=?1", "no-store"},
      {"no-store=?0, foo", ""},
      {"no-store=1", "no-store"},
      {"no-cache", "no-cache"},
      {"no-cache=\"a\"", ""},
      {"no-cache=a", "no-cache"},
      {"private", "private"},
      {"private=\"a, b\"", ""},
      {"private=(a b)", "private"},
      {"public", "public"},
      {"public=1", ""},
      {"must-revalidate, proxy-revalidate", "must-revalidate proxy-revalidate"},
      {"must-understand", "must-understand"},
  };
  for (const auto& [value, expected] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    CHECK(flags(read_cdn(value, "no-store, private, public")) == expected);
  }
  CHECK(read_cdn("private=\"x-secret\"").names("x-secret"));
  CHECK_FALSE(read_cdn("max-age=1", "private=\"x-secret\"").names("x-secret"));
  CHECK(read_cdn("stale-while-revalidate=5").stale_while_revalidate == 5);
}

TEST_CASE("CDN-Cache-Control in several fields, or not wanted") {
  const Headers two{{"cdn-cache-control", "max-age=60"},
                    {"cache-control", "no-store"},
                    {"cdn-cache-control", "must-revalidate"}};
  CHECK(flags(read(two)) == "must-revalidate");
  CHECK(read(two).max_age == 60);
  const Headers broken{{"cdn-cache-control", "max-age=60"},
                       {"cache-control", "no-store"},
                       {"cdn-cache-control", "&"}};
  CHECK(flags(read(broken)) == "no-store");
  CHECK(read(broken).max_age == kNoDelta);
  CHECK(flags(read(two, false)) == "no-store");
}

TEST_CASE("directives of requests") {
  CHECK(ask("max-age=60").max_age == 60);
  CHECK(ask("MAX-AGE=\"60\"").max_age == 60);
  CHECK(ask("max-age=x").max_age == 0);
  CHECK(ask("max-age").max_age == 0);
  CHECK(ask("max-age=5, max-age=6").max_age == 5);
  CHECK(ask("").max_age == kNoDelta);
  CHECK(ask("min-fresh=60").min_fresh == 60);
  CHECK(ask("min-fresh=x").min_fresh == kDeltaMax);
  CHECK(ask("max-stale").max_stale == kDeltaMax);
  CHECK(ask("max-stale=60").max_stale == 60);
  CHECK(ask("max-stale=x").max_stale == kNoDelta);
  CHECK(ask("max-stale=").max_stale == kNoDelta);
  CHECK(ask("stale-if-error=9").stale_if_error == 9);
  CHECK(ask("stale-if-error").stale_if_error == kNoDelta);
  CHECK(ask("no-cache").no_cache);
  CHECK(ask("No-Cache, foo").no_cache);
  CHECK_FALSE(ask("foo=\"no-cache\"").no_cache);
  CHECK(ask("no-store").no_store);
  CHECK(ask("only-if-cached").only_if_cached);
  CHECK_FALSE(ask("max-age=0").only_if_cached);
}

}  // namespace fce
