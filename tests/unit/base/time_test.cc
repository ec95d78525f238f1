// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <doctest/doctest.h>

#include <string>

namespace fce {
namespace {

// -1: refused; no test date is before 1970 by one second.
int64_t parse(std::string_view text) {
  int64_t seconds = -1;
  return parse_http_date(text, &seconds) ? seconds : -1;
}

}  // namespace

TEST_CASE("http date: written as IMF-fixdate, whatever the year") {
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(http_date(2147483648) == "Tue, 19 Jan 2038 03:14:08 GMT");
  CHECK(http_date(4107542400) == "Mon, 01 Mar 2100 00:00:00 GMT");
  CHECK(http_date(253402300799) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_CASE("http date: what is written is read back") {
  for (int64_t at = 0; at < 4'200'000'000; at += 1'234'567) REQUIRE(parse(http_date(at)) == at);
  CHECK(parse(http_date(253402300799)) == 253402300799);
}

TEST_CASE("http date: all three forms") {
  CHECK(parse("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(parse("Sun Nov  6 08:49:37 1994") == 784111777);
  CHECK(parse("Wed Nov 16 08:49:37 1994") == 784975777);
  CHECK(parse("Tue, 19 Jan 2038 03:14:08 GMT") == 2147483648);
  // A leap second is one second after 59.
  CHECK(parse("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228800);
  CHECK(parse("Mon, 29 Feb 2016 00:00:00 GMT") == 1456704000);
}

TEST_CASE("http date: two digits of a year are at most 50 years ahead") {
  const std::string now = http_date(wall_seconds());
  const int year = std::stoi(now.substr(12, 4));
  const auto with = [](int a_year) {
    const std::string digits = std::to_string(a_year);
    return parse("Monday, 01-Jan-" + digits.substr(2) + " 00:00:00 GMT");
  };
  const auto start = [](int a_year) {
    return parse("Mon, 01 Jan " + std::to_string(a_year) + " 00:00:00 GMT");
  };
  CHECK(with(year) == start(year));
  CHECK(with(year + 50) == start(year + 50));
  CHECK(with(year + 51) == start(year - 49));
}

TEST_CASE("http date: anything else is refused") {
  const char* const bad[] = {
      "",
      "0",
      "784111777",
      "Sun, 06 Nov 1994 08:49:37",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Nov 1994 08:49:37 gmt",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      " Sun, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49:37 GMT; x",
      "Sun,06 Nov 1994 08:49:37 GMT",
      "Sun,  6 Nov 1994 08:49:37 GMT",
      "Sun, +6 Nov 1994 08:49:37 GMT",
      "Sun, 6 Nov 1994 08:49:37 GMT.",
      "Abc, 06 Nov 1994 08:49:37 GMT",
      "Sun, 06 Abc 1994 08:49:37 GMT",
      "Sun, 06 anF 1994 08:49:37 GMT",
      "Sun, 06 Nov -994 08:49:37 GMT",
      "Sun, 00 Nov 1994 08:49:37 GMT",
      "Sun, 31 Nov 1994 08:49:37 GMT",
      "Tue, 29 Feb 2100 00:00:00 GMT",
      "Tue, 29 Feb 2015 00:00:00 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT",
      "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sun, 06 Nov 1994 08:49:-1 GMT",
      "Sunday, 06-Nov-1994 08:49:37 GMT",
      "Sun, 06-Nov-94 08:49:37 GMT",
      "Sun Nov 06 08:49:37 94",
      "Sun Nov  6 08:49:37 1994 GMT",
      "Sun Nov 6 08:49:37 1994",
  };
  for (const char* text : bad) {
    CAPTURE(text);
    CHECK(parse(text) == -1);
  }
  CHECK(parse(std::string("Sun, 06 Nov 1994 08:49:37 GMT") + '\0') == -1);
  CHECK(parse(std::string(10'000, ' ')) == -1);
  const std::string whole = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (size_t size = 0; size < whole.size(); ++size) CHECK(parse(whole.substr(0, size)) == -1);
}

TEST_CASE("times of RFC 3339") {
  CHECK(iso_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(784'111'777'007) == "1994-11-06T08:49:37.007Z");
  CHECK(iso_time(4'102'444'799'999) == "2099-12-31T23:59:59.999Z");
}

TEST_CASE("a time of the monotonic clock is always the same on the wall clock") {
  const uint64_t at_us = monotonic_us();
  const uint64_t before_ms = wall_ms();
  const uint64_t shown_ms = wall_ms_at(at_us);
  CHECK(shown_ms + 1000 >= before_ms);
  CHECK(shown_ms <= wall_ms() + 1000);
  for (int i = 0; i < 20'000; ++i) REQUIRE(wall_ms_at(at_us) == shown_ms);
  CHECK(wall_ms_at(at_us + 5'000'000) == shown_ms + 5000);
}

TEST_CASE("clocks: monotonic goes on, the wall clock is the same in both units") {
  const uint64_t before = monotonic_us();
  const uint64_t after = monotonic_us();
  CHECK(after >= before);
  const int64_t seconds = wall_seconds();
  const auto ms = static_cast<int64_t>(wall_ms());
  CHECK(ms / 1000 - seconds >= 0);
  CHECK(ms / 1000 - seconds <= 1);
  CHECK(seconds > 1'600'000'000);
}

}  // namespace fce
