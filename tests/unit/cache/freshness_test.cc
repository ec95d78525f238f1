// SPDX-License-Identifier: Apache-2.0
#include "cache/freshness.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/stored_info.h"
#include "cache/support.h"

namespace fce {
namespace {

using test::came;
using test::Headers;
using test::kDate;
using test::kThen;
using test::kThenMs;

// A date that many seconds from then.
std::string at(int64_t seconds) { return http_date(kThen + seconds); }

std::optional<uint32_t> explicit_of(const Headers& headers) {
  return explicit_lifetime_s(AnswerDirectives::from(headers, true), AgeFields::from(came(headers)));
}

std::optional<uint32_t> guessed(uint16_t status, const Headers& headers,
                                const PolicyOptions& options = {}) {
  return heuristic_lifetime_s(status, AnswerDirectives::from(headers, true),
                              AgeFields::from(came(headers, status)), options);
}

int64_t age_of(std::string_view value) { return AgeFields::from(came({{"age", value}})).age_s; }

}  // namespace

TEST_CASE("dates for caches") {
  int64_t seconds = 0;
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "SUN, 06 NOV 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 gMt",
        "Sunday, 06-Nov-94 08:49:37 GMT", "SUNDAY, 06-NOV-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "sun nov  6 08:49:37 1994",
        " Sun, 06 Nov 1994 08:49:37 GMT "}) {
    CAPTURE(text);
    REQUIRE(parse_cache_date(text, &seconds));
    CHECK(seconds == kThen);
  }
  for (const std::string_view text :
       {"",
        "0",
        "-1",
        "1",
        "784111777",
        "soon",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994  08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08.49.37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "\"Sun, 06 Nov 1994 08:49:37 GMT\"",
        "1994-11-06T08:49:37Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cache_date(text, &seconds));
  }
}

TEST_CASE("Age") {
  struct Row {
    std::string_view value;
    int64_t age_s;
  };
  const Row rows[] = {
      {"0", 0},
      {"60", 60},
      {"0060", 60},
      {" 60 ", 60},
      {"60, 0", 60},
      {"0, 60", 0},
      {"60,", 60},
      {",60", 60},
      {"60,foo", 60},
      {"2147483648", kDeltaMax},
      {"99999999999", kDeltaMax},
      {"4294967356", kDeltaMax},
      // What cannot be read is ignored.
      {"", 0},
      {"-60", 0},
      {"+60", 0},
      {"60.0", 0},
      {"60a", 0},
      {"a60", 0},
      {"foo, 60", 0},
      {"60;foo=bar", 0},
      {"60 60", 0},
      {"\"60\"", 0},
      {"'60'", 0},
      {"6e1", 0},
  };
  for (const auto& [value, expected] : rows) {
    const auto shown_value = value;  // clang captures no binding
    CAPTURE(shown_value);
    CHECK(age_of(value) == expected);
  }
  CHECK(AgeFields::from(came({{"age", "0"}, {"age", "60"}})).age_s == 0);
  CHECK(AgeFields::from(came({{"age", "60"}, {"age", "0"}})).age_s == 60);
}

TEST_CASE("the age that an answer comes with") {
  const auto initial = [](const Headers& headers, int64_t delay_ms) {
    OriginAnswer answer = came(headers);
    answer.asked_ms = answer.received_ms - delay_ms;
    return initial_age_ms(answer, AgeFields::from(answer), AnswerDirectives::from(headers, true));
  };
  CHECK(initial({}, 0) == 0);
  CHECK(initial({}, 1500) == 1500);
  CHECK(initial({{"age", "7"}}, 0) == 7000);
  CHECK(initial({{"age", "7"}}, 1500) == 8500);
  CHECK(initial({{"age", "99999999999"}}, 1) == int64_t{kDeltaMax} * 1000 + 1);
  // A clock that was set back meanwhile.
  CHECK(initial({{"age", "7"}}, -5000) == 7000);
  // A lifetime that was reckoned from Date begins there.
  const std::string before = at(-300), later = at(300);
  CHECK(initial({{"date", before}}, 1500) == 300'000);
  CHECK(initial({{"date", before}, {"age", "400"}}, 0) == 400'000);
  CHECK(initial({{"date", "Thu, 01 Jan 1970 00:00:00 GMT"}}, 0) == kThenMs);
  CHECK(initial({{"date", later}}, 0) == 0);
  // Any other does not depend on the origin's clock.
  CHECK(initial({{"date", before}, {"cache-control", "max-age=60"}}, 0) == 0);
  CHECK(initial({{"date", before}, {"cache-control", "s-maxage=60"}}, 5) == 5);
  CHECK(initial({{"date", before}, {"cdn-cache-control", "max-age=60"}}, 0) == 0);
}

TEST_CASE("Date") {
  CHECK(AgeFields::from(came({})).date_s == kThen);
  CHECK_FALSE(AgeFields::from(came({})).dated);
  const std::string earlier = at(-10);
  CHECK(AgeFields::from(came({{"date", earlier}})).date_s == kThen - 10);
  CHECK(AgeFields::from(came({{"date", earlier}, {"date", kDate}})).date_s == kThen - 10);
  CHECK(AgeFields::from(came({{"date", "yesterday"}})).date_s == kThen);
}

TEST_CASE("the lifetime that the origin gives") {
  const std::string date = at(0), later = at(60), earlier = at(-60),
                    far =
                        "Fri, 31 Dec 9999 "
                        "23:59:59 GMT";
  CHECK_FALSE(explicit_of({}));
  CHECK_FALSE(explicit_of({{"cache-control", "public"}, {"last-modified", earlier}}));
  CHECK(explicit_of({{"cache-control", "max-age=5"}}) == 5u);
  CHECK(explicit_of({{"cache-control", "max-age=0"}}) == 0u);
  CHECK(explicit_of({{"cache-control", "max-age=5, s-maxage=6"}}) == 6u);
  CHECK(explicit_of({{"cache-control", "s-maxage=0, max-age=6"}}) == 0u);
  CHECK(explicit_of({{"cache-control", "s-maxage=x, max-age=6"}}) == 0u);
  CHECK(explicit_of({{"expires", later}, {"date", date}}) == 60u);
  CHECK(explicit_of({{"expires", later}}) == 60u);
  CHECK(explicit_of({{"expires", later}, {"date", earlier}}) == 120u);
  CHECK(explicit_of({{"expires", later}, {"date", "x"}}) == 60u);
  CHECK(explicit_of({{"expires", date}, {"date", date}}) == 0u);
  CHECK(explicit_of({{"expires", earlier}, {"date", date}}) == 0u);
  CHECK(explicit_of({{"expires", far}, {"date", date}}) == kDeltaMax);
  CHECK(explicit_of({{"expires", later}, {"expires", earlier}, {"date", date}}) == 60u);
  CHECK(explicit_of({{"expires", earlier}, {"expires", later}, {"date", date}}) == 0u);
  for (const std::string_view invalid : {"0", "-1", "", "x", "Sun, 06 Nov 2094 08:49:37"})
    CHECK(explicit_of({{"expires", invalid}, {"date", date}}) == 0u);
  // Cache-Control goes before Expires, also where it is worse.
  CHECK(explicit_of({{"expires", earlier}, {"cache-control", "max-age=5"}}) == 5u);
  CHECK(explicit_of({{"expires", later}, {"cache-control", "max-age=0"}}) == 0u);
  CHECK(explicit_of({{"expires", later}, {"cache-control", "max-age=x"}}) == 0u);
  CHECK(explicit_of({{"expires", "0"}, {"cache-control", "s-maxage=5"}}) == 5u);
  CHECK(explicit_of({{"expires", later}, {"cache-control", "foo"}}) == 60u);
  // CDN-Cache-Control goes before both.
  CHECK(explicit_of({{"expires", later}, {"cdn-cache-control", "max-age=5"}}) == 5u);
  CHECK_FALSE(explicit_of({{"expires", later}, {"cdn-cache-control", "none"}}));
  CHECK(explicit_of({{"cache-control", "max-age=9"}, {"cdn-cache-control", "max-age=0"}}) == 0u);
  CHECK(explicit_of({{"expires", later}, {"cdn-cache-control", "&"}}) == 60u);
}

TEST_CASE("the lifetime that we guess") {
  const std::string date = at(0), day = at(-86'400), hour = at(-3600), later = at(60);
  PolicyOptions options;
  CHECK(guessed(200, {{"last-modified", day}, {"date", date}}) == 8640u);
  CHECK(guessed(200, {{"last-modified", hour}}) == 360u);
  CHECK(guessed(200, {{"last-modified", later}}) == 0u);
  CHECK(guessed(200, {{"last-modified", date}}) == 0u);
  CHECK(guessed(200, {{"last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"}}) == 86'400u);
  CHECK(guessed(200, {{"last-modified", "x"}}) == 0u);
  CHECK(guessed(200, {}) == 0u);
  options.heuristic_percent = 50;
  options.heuristic_max_s = 1000;
  CHECK(guessed(200, {{"last-modified", hour}}, options) == 1000u);
  options.heuristic_max_s = 5000;
  CHECK(guessed(200, {{"last-modified", hour}}, options) == 1800u);
  options.default_ttl_s = 3;
  options.negative_ttl_s = 4;
  for (const uint16_t status : {200, 203, 204, 300, 301, 308})
    CHECK(guessed(status, {}, options) == 3u);
  for (const uint16_t status : {404, 405, 410, 414, 501}) CHECK(guessed(status, {}, options) == 4u);
  PolicyOptions no_guess = options;
  no_guess.heuristic_percent = 0;
  CHECK(guessed(200, {{"last-modified", hour}}, no_guess) == 3u);
  for (const uint16_t status :
       {201, 202, 302, 303, 307, 400, 401, 403, 429, 500, 502, 503, 504, 299, 599}) {
    CHECK_FALSE(guessed(status, {{"last-modified", hour}}, options));
    // `public` makes any of them cacheable.
    CHECK(guessed(status, {{"last-modified", hour}, {"cache-control", "public"}}, options) ==
          1800u);
  }
}

TEST_CASE("statuses that we understand") {
  for (const uint16_t status : {200, 203, 204, 301, 302, 303, 307, 308, 400, 404, 410, 500, 503})
    CHECK(understood_status(status));
  for (const uint16_t status : {100, 103, 199, 206, 299, 304, 306, 399, 412, 416, 499, 599, 600})
    CHECK_FALSE(understood_status(status));
}

TEST_CASE("ages of what is stored") {
  StoredInfo info;
  info.received_ms = 100'000;
  info.initial_age_ms = 2500;
  info.lifetime_s = 10;
  info.keep_s = 5;
  CHECK(info.age_ms(100'000) == 2500);
  CHECK(info.age_ms(101'000) == 3500);
  CHECK(info.age_ms(90'000) == 2500);
  CHECK(info.left_ms(100'000) == 7500);
  CHECK(info.fresh(107'499));
  // An answer is fresh as long as its lifetime is greater than its age.
  CHECK_FALSE(info.fresh(107'500));
  CHECK(info.useless_at_ms() == 112'500);
  CHECK(info.reusable(100'000));
  info.no_cache = true;
  CHECK_FALSE(info.reusable(100'000));
}

}  // namespace fce
