// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "cache/policy.h"
#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::came;
using test::count_of;
using test::Headers;
using test::kDate;
using test::kThen;
using test::kThenMs;
using test::value_of;

constexpr std::string_view kDayBefore = "Sat, 05 Nov 1994 08:49:37 GMT";

// What a judgement says that outlives its arena.
struct Verdicts {
  StoreReason reason;
  StoredInfo info;
};

Verdicts judged(const Headers& answer, uint16_t status = 200, const Headers& request = {},
                const PolicyOptions& options = {}, std::string_view method = "GET") {
  Asked asked(request, method, options);
  const StoreDecision decision = judge_answer(*asked, came(answer, status), options, asked.arena);
  return {decision.reason, decision.parts.info};
}

std::string reason(const Headers& answer, uint16_t status = 200, const Headers& request = {},
                   const PolicyOptions& options = {}, std::string_view method = "GET") {
  return std::string(store_reason_name(judged(answer, status, request, options, method).reason));
}

StoredInfo info(std::string_view control, const PolicyOptions& options = {}) {
  return judged({{"cache-control", control}, {"etag", "\"a\""}}, 200, {}, options).info;
}

const Headers kFresh{{"cache-control", "max-age=60"}};

Headers control(std::string_view value) { return {{"cache-control", value}}; }

}  // namespace

TEST_CASE("what is stored by Cache-Control") {
  struct Row {
    std::string_view control, reason;
  };
  const Row rows[] = {
      {"max-age=60", "stored"},
      {"s-maxage=60", "stored"},
      {"max-age=60, foo", "stored"},
      {"no-store", "no-store"},
      {"no-store, max-age=60", "no-store"},
      {"max-age=60, No-Store, public", "no-store"},
      {"private", "private"},
      {"private, max-age=60", "private"},
      {"private, s-maxage=60, public", "private"},
      {"private=\"x\", max-age=60", "stored"},
      {"private=\"\", max-age=60", "private"},
      {"must-understand, no-store, max-age=60", "stored"},
      {"must-understand, private, max-age=60", "private"},
      // Stale at once, and nothing to validate it by.
      {"no-cache, max-age=60", "useless"},
      {"max-age=0", "useless"},
      {"s-maxage=0, max-age=60", "useless"},
      {"max-age=x", "useless"},
      {"max-age=0, stale-while-revalidate=60", "stored"},
      {"max-age=0, stale-while-revalidate=60, must-revalidate", "useless"},
      {"public", "useless"},
      {"foo", "useless"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.control);
    CHECK(reason(control(row.control)) == row.reason);
  }
  CHECK(reason({{"cache-control", "no-cache"}, {"etag", "\"a\""}}) == "stored");
  CHECK(reason({{"cache-control", "max-age=0"}, {"last-modified", kDate}}) == "stored");
  CHECK(reason({{"expires", "0"}}) == "useless");
  CHECK(reason({{"expires", "Mon, 07 Nov 1994 08:49:37 GMT"}}) == "stored");
  // It had all its lifetime on the way.
  CHECK(reason({{"cache-control", "max-age=60"}, {"age", "60"}}) == "useless");
  CHECK(reason({{"cache-control", "max-age=60"}, {"age", "59"}}) == "stored");
}

TEST_CASE("what is stored by its status") {
  for (const uint16_t status : {200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 401,
                                403, 404, 410, 499, 500, 501, 502, 503, 504, 599}) {
    CAPTURE(status);
    CHECK(reason(kFresh, status) == "stored");
    CHECK(judged(kFresh, status).info.status == status);
  }
  for (const uint16_t status : {100, 101, 103, 206, 304, 407, 408, 412, 416, 417, 421, 425, 426,
                                428, 429, 431, 511, 600, 999}) {
    CAPTURE(status);
    CHECK(reason(kFresh, status) == "status");
  }
  for (const uint16_t status : {200, 301, 404, 503})
    CHECK(reason(control("must-understand, no-store, max-age=60"), status) == "stored");
  for (const uint16_t status : {299, 499, 599}) {
    CHECK(reason(control("must-understand, max-age=60"), status) == "status");
    CHECK(reason(control("must-understand, no-store, max-age=60"), status) == "status");
  }
  // Nothing said: only some may be cached.
  const Headers dated{{"last-modified", kDayBefore}};
  for (const uint16_t status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}) {
    CHECK(reason(dated, status) == "stored");
    CHECK(judged(dated, status).info.heuristic);
    CHECK(judged(dated, status).info.lifetime_s == 8640);
  }
  for (const uint16_t status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599})
    CHECK(reason(dated, status) == "no-lifetime");
  CHECK(reason({{"last-modified", kDayBefore}, {"cache-control", "public"}}, 599) == "stored");
}

TEST_CASE("negative caching is configured") {
  CHECK(reason({}, 404) == "useless");
  PolicyOptions options;
  options.negative_ttl_s = 5;
  CHECK(reason({}, 404, {}, options) == "stored");
  CHECK(judged({}, 404, {}, options).info.lifetime_s == 5);
  CHECK(reason({}, 200, {}, options) == "useless");
  CHECK(reason({}, 403, {}, options) == "no-lifetime");
  // What the origin says goes first.
  CHECK(judged(kFresh, 404, {}, options).info.lifetime_s == 60);
  CHECK(reason(control("no-store"), 404, {}, options) == "no-store");
}

TEST_CASE("an end in the past is past, however long the lifetime") {
  const Headers answer{{"date", kDayBefore}, {"expires", "Sun, 06 Nov 1994 08:49:36 GMT"}};
  CHECK(judged(answer).info.lifetime_s == 86'399);
  CHECK(reason(answer) == "useless");
  const Headers later{{"date", kDayBefore}, {"expires", "Sun, 06 Nov 1994 08:49:38 GMT"}};
  CHECK(reason(later) == "stored");
  CHECK(judged(later).info.left_ms(kThenMs) == 1000);
}

TEST_CASE("which answers forbid to keep what they would replace") {
  const auto forbids = [](std::string_view control, uint16_t status, const Headers& request = {}) {
    Asked asked(request);
    const Headers answer{{"cache-control", control}};
    return judge_answer(*asked, came(answer, status), {}, asked.arena).forbidden();
  };
  for (const std::string_view value : {"no-store", "private", "max-age=0"}) {
    CHECK(forbids(value, 200));
    CHECK(forbids(value, 404));
    for (const uint16_t status : {206, 412, 416, 429, 500, 503})
      CHECK_FALSE(forbids(value, status));
  }
  CHECK_FALSE(forbids("max-age=60", 200));
  CHECK_FALSE(forbids("max-age=60", 200, {{"authorization", "x"}}));
  CHECK_FALSE(forbids("max-age=60", 200, control("no-store")));
}

TEST_CASE("the request's part in it") {
  for (const std::string_view method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FOO"})
    CHECK(reason(kFresh, 200, {}, {}, method) == "method");
  CHECK(reason(kFresh, 200, {{"content-length", "4"}}) == "method");
  CHECK(reason(kFresh, 200, control("no-store")) == "request-no-store");
  CHECK(reason(kFresh, 200, control("no-cache")) == "stored");
  CHECK(reason(kFresh, 200, {{"range", "bytes=0-1"}}) == "stored");
}

TEST_CASE("Authorization") {
  const Headers authorized{{"authorization", "Basic x"}};
  struct Row {
    std::string_view control, reason;
  };
  const Row rows[] = {
      {"max-age=60", "authorization"},
      {"max-age=60, proxy-revalidate", "authorization"},
      {"max-age=60, public", "stored"},
      {"s-maxage=60", "stored"},
      {"max-age=60, must-revalidate", "stored"},
      {"max-age=60, public=1", "authorization"},
      {"private, public, max-age=60", "private"},
      {"no-store, public, max-age=60", "no-store"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.control);
    CHECK(reason(control(row.control), 200, authorized) == row.reason);
  }
  CHECK(reason({{"expires", "Mon, 07 Nov 1994 08:49:37 GMT"}}, 200, authorized) == "authorization");
  CHECK(reason({{"cdn-cache-control", "max-age=60"}, {"cache-control", "public"}}, 200,
               authorized) == "authorization");
  CHECK(reason({{"cdn-cache-control", "max-age=60, public"}}, 200, authorized) == "stored");
}

TEST_CASE("nothing is guessed for a request with a cookie") {
  const Headers cookie{{"cookie", "session=1"}};
  const Headers guessable{{"last-modified", kDayBefore}};
  CHECK(reason(guessable, 200, cookie) == "cookie");
  CHECK(reason({{"etag", "\"a\""}}, 200, cookie) == "cookie");
  CHECK(reason(kFresh, 200, cookie) == "stored");
  CHECK(reason({{"last-modified", kDayBefore}, {"cache-control", "public"}}, 200, cookie) ==
        "stored");
  PolicyOptions options;
  options.guess_despite_cookie = true;
  CHECK(reason(guessable, 200, cookie, options) == "stored");
}

TEST_CASE("Set-Cookie") {
  struct Row {
    std::string_view control, strip;
    SetCookiePolicy policy = SetCookiePolicy::strip;
  };
  const Row rows[] = {
      {"max-age=60", "set-cookie"},
      {"max-age=60, public", "stored"},
      {"s-maxage=60", "stored"},
      {"max-age=60, no-cache=\"Set-Cookie\"", "stored"},
      {"max-age=60, private=\"set-cookie\"", "stored"},
      {"private, max-age=60", "private"},
      {"max-age=60, public", "set-cookie", SetCookiePolicy::refuse},
      {"s-maxage=60", "set-cookie", SetCookiePolicy::refuse},
      {"max-age=60, no-cache=\"set-cookie\"", "stored", SetCookiePolicy::refuse},
      {"max-age=60", "stored", SetCookiePolicy::keep},
      {"max-age=60, private", "private", SetCookiePolicy::keep},
  };
  for (const auto& row : rows) {
    CAPTURE(row.control);
    PolicyOptions options;
    options.set_cookie = row.policy;
    const Headers answer{{"cache-control", row.control}, {"set-cookie", "session=1"}};
    CHECK(reason(answer, 200, {}, options) == row.strip);
    // Whatever is decided, the cookie is among what is stored only if the operator wants that.
    Asked asked;
    const StoreDecision decision = judge_answer(*asked, came(answer), options, asked.arena);
    const bool listed = row.control.find("=\"") != std::string_view::npos;
    CHECK(count_of(decision.parts.fields, "set-cookie") ==
          (row.policy == SetCookiePolicy::keep && !listed ? 1u : 0u));
  }
  CHECK(reason({{"cdn-cache-control", "max-age=60"}, {"set-cookie", "a"}}) == "stored");
  CHECK(
      reason({{"cdn-cache-control", "foo"}, {"last-modified", kDayBefore}, {"set-cookie", "a"}}) ==
      "set-cookie");
}

TEST_CASE("Vary, tags and CDN-Cache-Control") {
  CHECK(reason({{"cache-control", "max-age=60"}, {"vary", "foo"}}) == "stored");
  CHECK(reason({{"cache-control", "max-age=60"}, {"vary", "foo, *"}}) == "vary-any");
  std::string tags;
  for (int i = 0; i < 300; ++i) tags += std::to_string(i) + " ";
  CHECK(reason({{"cache-control", "max-age=60"}, {"surrogate-key", tags}}) == "too-many-tags");
  CHECK(reason({{"cache-control", "no-store"}, {"cdn-cache-control", "max-age=60"}}) == "stored");
  CHECK(reason({{"cache-control", "max-age=60"}, {"cdn-cache-control", "no-store"}}) == "no-store");
  CHECK(reason({{"cache-control", "max-age=60"}, {"cdn-cache-control", "private"}}) == "private");
  CHECK(reason({{"cache-control", "max-age=60"}, {"cdn-cache-control", "max-age=\"9\""}}) ==
        "useless");
  CHECK(reason({{"cache-control", "no-store"}, {"cdn-cache-control", "max-age=60,"}}) ==
        "no-store");
}

TEST_CASE("the windows in which it may be stale") {
  PolicyOptions options;
  options.stale_while_revalidate_s = 7;
  options.stale_if_error_s = 8;
  options.keep_s = 9;
  struct Row {
    std::string_view control;
    uint32_t while_revalidate, if_error;
    bool must_revalidate, no_cache;
  };
  const Row rows[] = {
      {"max-age=60", 7, 8, false, false},
      {"max-age=60, stale-while-revalidate=1", 1, 8, false, false},
      {"max-age=60, stale-if-error=2", 7, 2, false, false},
      {"max-age=60, stale-if-error=0, stale-while-revalidate=0", 0, 0, false, false},
      {"max-age=60, must-revalidate", 0, 0, true, false},
      {"max-age=60, proxy-revalidate", 0, 0, true, false},
      {"max-age=60, must-revalidate, stale-if-error=2, stale-while-revalidate=1", 0, 0, true,
       false},
      {"s-maxage=60", 0, 0, true, false},
      // Whoever writes both means both.
      {"s-maxage=60, stale-while-revalidate=1", 1, 0, true, false},
      {"s-maxage=60, stale-if-error=2", 0, 2, true, false},
      {"no-cache, max-age=60, stale-if-error=2, stale-while-revalidate=1", 0, 0, false, true},
      // An origin that wants to be asked each time does not get the operator's windows.
      {"max-age=0", 0, 0, false, false},
      {"max-age=0, stale-if-error=2", 0, 2, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.control);
    const StoredInfo of = info(row.control, options);
    CHECK(of.stale_while_revalidate_s == row.while_revalidate);
    CHECK(of.stale_if_error_s == row.if_error);
    CHECK(of.must_revalidate == row.must_revalidate);
    CHECK(of.no_cache == row.no_cache);
    CHECK(of.keep_s == 9);
  }
  CHECK(judged(kFresh, 200, {}, options).info.keep_s == 8);
  CHECK(info("max-age=60, stale-if-error=500", options).keep_s == 500);
}

TEST_CASE("what is kept of an answer") {
  Asked asked;
  const Headers answer{{"date", "x"},
                       {"cache-control", "max-age=60, private=\"X-User\", no-cache=x-once"},
                       {"connection", "x-hop, close"},
                       {"x-hop", "1"},
                       {"keep-alive", "1"},
                       {"transfer-encoding", "chunked"},
                       {"proxy-authenticate", "1"},
                       {"proxy-authentication-info", "1"},
                       {"proxy-authorization", "1"},
                       {"proxy-connection", "1"},
                       {"te", "1"},
                       {"trailer", "1"},
                       {"upgrade", "1"},
                       {"age", "5"},
                       {"content-length", "3"},
                       {"x-user", "me"},
                       {"x-once", "1"},
                       {"etag", "\"a\""},
                       {"last-modified", kDayBefore},
                       {"content-type", "a/b"},
                       {"x-twice", "1"},
                       {"x-twice", "2"},
                       {"proxy-foo", "1"},
                       {"content-encoding", "gzip"},
                       {"cdn-cache-control", ""},
                       {"vary", "B, a"},
                       {"surrogate-key", "one two"}};
  const StoreDecision decision = judge_answer(*asked, came(answer), {}, asked.arena);
  REQUIRE(decision.store());
  std::string kept;
  for (const Header& field : decision.parts.fields) kept += std::string(field.name) + " ";
  CHECK(kept ==
        "date cache-control etag last-modified content-type x-twice x-twice proxy-foo "
        "content-encoding cdn-cache-control vary surrogate-key ");
  CHECK(decision.parts.vary == "a,b");
  CHECK(decision.parts.tags.size() == 2);
  CHECK(decision.parts.info.initial_age_ms == 5000);
  CHECK(decision.parts.info.modified_s == kThen - 86'400);
  CHECK(decision.parts.info.date_s == kThen);
  CHECK(decision.parts.info.received_ms == kThenMs);
  CHECK(decision.parts.info.has_validator);
}

TEST_CASE("an answer without Date gets one") {
  Asked asked;
  const StoreDecision decision = judge_answer(*asked, came(kFresh), {}, asked.arena);
  CHECK(value_of(decision.parts.fields, "date") == kDate);
  CHECK_FALSE(decision.parts.info.has_validator);
}

}  // namespace fce
