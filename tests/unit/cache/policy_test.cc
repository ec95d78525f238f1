// SPDX-License-Identifier: Apache-2.0
#include "cache/policy.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::Headers;

constexpr int64_t kReceivedMs = 1'000'000'000;

// Fresh for 60 seconds.
StoredInfo stored_info() {
  StoredInfo info;
  info.received_ms = kReceivedMs;
  info.status = 200;
  info.lifetime_s = 60;
  info.has_validator = true;
  return info;
}

Decision at(int64_t seconds, const StoredInfo& info, const Headers& headers = {},
            std::string_view method = "GET", bool expired = false) {
  Asked asked(headers, method);
  return decide(*asked, &info, kReceivedMs + seconds * 1000, {}, expired);
}

Decision nothing_stored(const Headers& headers = {}, std::string_view method = "GET",
                        const PolicyOptions& options = {}) {
  Asked asked(headers, method, options);
  return decide(*asked, nullptr, kReceivedMs, options);
}

Headers control(std::string_view value) { return {{"cache-control", value}}; }

struct Row {
  std::string_view control;  // of the request
  int64_t age_s;
  Verdict verdict;
  Forward forward;
};

void check_rows(const StoredInfo& info, std::span<const Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.control);
    CAPTURE(row.age_s);
    const Decision decision =
        at(row.age_s, info, row.control.empty() ? Headers{} : control(row.control));
    CHECK(static_cast<int>(decision.verdict) == static_cast<int>(row.verdict));
    CHECK(static_cast<int>(decision.forward) == static_cast<int>(row.forward));
  }
}

}  // namespace

TEST_CASE("nothing is stored") {
  CHECK(nothing_stored().verdict == Verdict::miss);
  CHECK(nothing_stored().forward == Forward::uri_miss);
  CHECK(nothing_stored().as == ForwardAs::whole);
  CHECK(nothing_stored().collapsible);
  CHECK(nothing_stored({{"range", "bytes=0-1"}}).as == ForwardAs::whole);
  CHECK(nothing_stored({}, "HEAD").as == ForwardAs::as_is);
  CHECK_FALSE(nothing_stored({}, "HEAD").collapsible);
  CHECK(nothing_stored(control("only-if-cached")).verdict == Verdict::timeout);
  CHECK_FALSE(nothing_stored({{"authorization", "x"}}).collapsible);
  for (const std::string_view value : {"no-store", "no-cache", "max-age=0", "min-fresh=5"})
    CHECK_FALSE(nothing_stored(control(value)).collapsible);
  StoredInfo marker = stored_info();
  marker.vary_marker = true;
  CHECK(at(0, marker).verdict == Verdict::miss);
}

TEST_CASE("conditions on what is not stored are judged by the whole, or are the origin's") {
  for (const std::string_view name : {"if-none-match", "if-modified-since"}) {
    CHECK(nothing_stored({{name, "x"}}).as == ForwardAs::whole);
    CHECK(nothing_stored({{name, "x"}}).collapsible);
    PolicyOptions options;
    options.forward_conditions = true;
    CHECK(nothing_stored({{name, "x"}}, "GET", options).as == ForwardAs::as_is);
    CHECK_FALSE(nothing_stored({{name, "x"}}, "GET", options).collapsible);
  }
}

TEST_CASE("what passes by the store") {
  const StoredInfo info = stored_info();
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO"}) {
    CHECK(at(0, info, {}, method).verdict == Verdict::bypass);
    CHECK(at(0, info, {}, method).forward == Forward::method);
    CHECK(at(0, info, {}, method).as == ForwardAs::as_is);
    CHECK_FALSE(at(0, info, {}, method).collapsible);
  }
  CHECK(at(0, info, {{"upgrade", "websocket"}}).forward == Forward::bypass);
  // Not a cache's to judge.
  for (const std::string_view name : {"if-match", "if-unmodified-since"}) {
    CHECK(at(0, info, {{name, "x"}}).verdict == Verdict::bypass);
    CHECK(at(0, info, {{name, "x"}}).forward == Forward::request);
  }
  CHECK(at(0, info, {{"content-length", "5"}}).verdict == Verdict::bypass);
  CHECK(at(0, info, {}, "HEAD").verdict == Verdict::hit);
}

TEST_CASE("fresh and stale") {
  const StoredInfo info = stored_info();
  const Row rows[] = {
      {"", 0, Verdict::hit, Forward::none},
      {"", 59, Verdict::hit, Forward::none},
      {"", 60, Verdict::validate, Forward::stale},
      {"", 1000, Verdict::validate, Forward::stale},
      {"", -100, Verdict::hit, Forward::none},
      {"foo", 0, Verdict::hit, Forward::none},
      {"no-store", 0, Verdict::hit, Forward::none},
      {"no-cache", 0, Verdict::validate, Forward::request},
      {"no-cache", 61, Verdict::validate, Forward::stale},
      {"max-age=0", 0, Verdict::validate, Forward::request},
      {"max-age=10", 10, Verdict::hit, Forward::none},
      {"max-age=10", 11, Verdict::validate, Forward::request},
      {"max-age=3600", 59, Verdict::hit, Forward::none},
      {"max-age=3600", 60, Verdict::validate, Forward::stale},
      {"max-age=x", 0, Verdict::validate, Forward::request},
      {"min-fresh=10", 50, Verdict::hit, Forward::none},
      {"min-fresh=10", 51, Verdict::validate, Forward::request},
      {"min-fresh=61", 0, Verdict::validate, Forward::request},
      {"min-fresh=0", 59, Verdict::hit, Forward::none},
      {"max-stale", 60, Verdict::hit, Forward::none},
      {"max-stale", 100'000, Verdict::hit, Forward::none},
      {"max-stale=10", 70, Verdict::hit, Forward::none},
      {"max-stale=10", 71, Verdict::validate, Forward::stale},
      {"max-stale=x", 61, Verdict::validate, Forward::stale},
      {"max-stale=10, max-age=65", 65, Verdict::hit, Forward::none},
      {"max-stale=10, max-age=65", 66, Verdict::validate, Forward::stale},
      {"max-stale=10, min-fresh=0", 65, Verdict::validate, Forward::stale},
      {"max-stale=10, no-cache", 65, Verdict::validate, Forward::stale},
      {"only-if-cached", 0, Verdict::hit, Forward::none},
      {"only-if-cached", 60, Verdict::timeout, Forward::none},
      {"only-if-cached, max-age=5", 6, Verdict::timeout, Forward::none},
      {"only-if-cached, max-stale=5", 63, Verdict::hit, Forward::none},
  };
  check_rows(info, rows);
}

TEST_CASE("ages are of milliseconds") {
  StoredInfo info = stored_info();
  info.initial_age_ms = 500;
  Asked asked;
  CHECK(decide(*asked, &info, kReceivedMs + 59'499, {}).verdict == Verdict::hit);
  CHECK(decide(*asked, &info, kReceivedMs + 59'500, {}).verdict == Verdict::validate);
  CHECK(decide(*asked, &info, kReceivedMs + 400, {}).age_s == 0);
  CHECK(decide(*asked, &info, kReceivedMs + 500, {}).age_s == 1);
  CHECK(decide(*asked, &info, kReceivedMs, {}).ttl_s == 59);
  CHECK(decide(*asked, &info, kReceivedMs + 59'500, {}).ttl_s == 0);
  CHECK(decide(*asked, &info, kReceivedMs + 59'501, {}).ttl_s == -1);
  CHECK(decide(*asked, &info, kReceivedMs + 60'500, {}).ttl_s == -1);
  CHECK(decide(*asked, &info, kReceivedMs + 60'501, {}).ttl_s == -2);
}

TEST_CASE("without a validator there is nothing to validate") {
  StoredInfo info = stored_info();
  info.has_validator = false;
  CHECK(at(60, info).verdict == Verdict::miss);
  CHECK(at(60, info).forward == Forward::stale);
  CHECK(at(60, info).as == ForwardAs::whole);
  CHECK(at(60, info).collapsible);
  CHECK(at(60, info, {{"if-none-match", "x"}}).as == ForwardAs::whole);
  CHECK(at(60, info, {}, "HEAD").as == ForwardAs::as_is);
  info.has_validator = true;
  CHECK(at(60, info).as == ForwardAs::validate);
  CHECK(at(60, info).collapsible);
  CHECK(at(60, info, {{"if-none-match", "x"}}).as == ForwardAs::validate);
  CHECK_FALSE(at(60, info, {}, "HEAD").collapsible);
  CHECK_FALSE(at(0, info, control("no-cache")).collapsible);
}

TEST_CASE("an answer that says no-cache or must-revalidate") {
  StoredInfo info = stored_info();
  info.no_cache = true;
  const Row no_cache[] = {
      {"", 0, Verdict::validate, Forward::stale},
      {"max-stale", 0, Verdict::validate, Forward::stale},
      {"max-stale", 61, Verdict::validate, Forward::stale},
      {"only-if-cached", 0, Verdict::timeout, Forward::none},
  };
  check_rows(info, no_cache);
  info = stored_info();
  info.must_revalidate = true;
  const Row must_revalidate[] = {
      {"", 59, Verdict::hit, Forward::none},
      {"", 60, Verdict::validate, Forward::stale},
      {"max-stale", 59, Verdict::hit, Forward::none},
      {"max-stale", 60, Verdict::validate, Forward::stale},
      {"max-stale=100", 60, Verdict::validate, Forward::stale},
  };
  check_rows(info, must_revalidate);
}

TEST_CASE("stale-while-revalidate") {
  StoredInfo info = stored_info();
  info.stale_while_revalidate_s = 10;
  const Row rows[] = {
      {"", 59, Verdict::hit, Forward::none},
      {"", 60, Verdict::stale_hit, Forward::none},
      {"", 70, Verdict::stale_hit, Forward::none},
      {"", 71, Verdict::validate, Forward::stale},
      {"no-cache", 61, Verdict::validate, Forward::stale},
      // A client that says how old it may be does not want a stale one.
      {"max-age=100", 61, Verdict::validate, Forward::stale},
      {"min-fresh=1", 61, Verdict::validate, Forward::stale},
      {"only-if-cached", 61, Verdict::stale_hit, Forward::none},
      {"max-stale=5", 61, Verdict::hit, Forward::none},
  };
  check_rows(info, rows);
  CHECK(at(61, info).as == ForwardAs::validate);
  CHECK_FALSE(at(61, info).collapsible);
  info.has_validator = false;
  CHECK(at(61, info).as == ForwardAs::whole);
}

TEST_CASE("purged softly") {
  StoredInfo info = stored_info();
  CHECK(at(1, info, {}, "GET", true).verdict == Verdict::stale_hit);
  CHECK(at(1, info, {}, "GET", true).as == ForwardAs::validate);
  CHECK(at(1, info, control("no-cache"), "GET", true).verdict == Verdict::validate);
  CHECK(at(1, info, control("no-cache"), "GET", true).forward == Forward::stale);
  // Stale by itself: the purge allows no more than there was.
  CHECK(at(61, info, {}, "GET", true).verdict == Verdict::validate);
  info.must_revalidate = true;
  CHECK(at(1, info, {}, "GET", true).verdict == Verdict::validate);
  info.must_revalidate = false;
  info.no_cache = true;
  CHECK(at(1, info, {}, "GET", true).verdict == Verdict::validate);
}

TEST_CASE("stale instead of an error") {
  StoredInfo info = stored_info();
  info.stale_if_error_s = 10;
  const auto stale = [&](int64_t seconds, uint16_t status, const Headers& headers = {},
                         std::string_view method = "GET") {
    Asked asked(headers, method);
    return stale_instead_of_error(*asked, info, status, kReceivedMs + seconds * 1000);
  };
  for (const uint16_t error : {0, 500, 502, 503, 504}) {
    CHECK(stale(61, error));
    CHECK(stale(70, error));
    CHECK_FALSE(stale(71, error));
    CHECK(stale(1, error));
  }
  for (const uint16_t status : {200, 304, 400, 404, 429, 501, 505, 599})
    CHECK_FALSE(stale(61, status));
  CHECK(stale(61, 503, {}, "HEAD"));
  CHECK_FALSE(stale(61, 503, {}, "POST"));
  CHECK_FALSE(stale(61, 503, control("no-cache")));
  // A client may want it more than the origin.
  CHECK(stale(80, 503, control("stale-if-error=20")));
  CHECK_FALSE(stale(81, 503, control("stale-if-error=20")));
  info.stale_if_error_s = 0;
  CHECK_FALSE(stale(61, 503));
  CHECK_FALSE(stale(60, 0));
  info.must_revalidate = true;
  CHECK_FALSE(stale(61, 503, control("stale-if-error=20")));
  CHECK_FALSE(stale(1, 503));
  // The window is the origin's own word: see judge_answer.
  info.stale_if_error_s = 10;
  CHECK(stale(61, 503));
  info.no_cache = true;
  CHECK_FALSE(stale(1, 503));
  CHECK_FALSE(stale(61, 0));
}

}  // namespace fce
