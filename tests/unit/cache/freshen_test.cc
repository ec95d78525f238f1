// SPDX-License-Identifier: Apache-2.0
// What a 304, or the answer to a HEAD, makes of what is stored.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cache/policy.h"
#include "cache/support.h"

namespace fce {
namespace {

using test::Asked;
using test::came;
using test::count_of;
using test::Headers;
using test::kThenMs;
using test::value_of;

const Headers kStored{{"date", "Sun, 06 Nov 1994 08:00:00 GMT"},
                      {"cache-control", "max-age=60"},
                      {"etag", "\"a\""},
                      {"last-modified", "Sun, 06 Nov 1994 07:00:00 GMT"},
                      {"content-type", "a/b"},
                      {"content-encoding", "gzip"},
                      {"x-same", "1"},
                      {"x-list", "1"},
                      {"x-list", "2"}};

// A stored answer, a request, and what became of them.
class Refreshed {
 public:
  explicit Refreshed(const Headers& stored = kStored, const Headers& request = {},
                     const PolicyOptions& options = {}, std::string_view method = "GET")
      : asked(request, method, options), options_(options) {
    StoredParts parts;
    parts.info.status = 200;
    parts.info.variant_set = 7;
    parts.fields = stored;
    parts.variant = "v";
    REQUIRE(encode_stored(parts, &meta_) == Status::ok);
    REQUIRE(decode_stored(meta_, &view));
  }

  Freshened by(const Headers& not_modified) {
    fields_ = not_modified;
    return freshen(*asked, view, came(fields_, 304), options_, asked.arena, &out);
  }
  HeadEffect by_head(const Headers& head, uint64_t body_bytes = 3, uint16_t status = 200) {
    fields_ = head;
    return head_effect(*asked, view, body_bytes, came(fields_, status), options_, asked.arena,
                       &out);
  }
  std::string_view field(std::string_view name) const { return value_of(out.parts.fields, name); }

  Asked asked;
  StoredView view;
  StoreDecision out;

 private:
  PolicyOptions options_;
  Headers fields_;
  std::vector<uint8_t> meta_;
};

bool about(const Headers& stored, const Headers& not_modified) {
  Refreshed refreshed(stored);
  return refreshed.by(not_modified) == Freshened::updated;
}

Headers etag(std::string_view value) { return {{"etag", value}}; }

}  // namespace

TEST_CASE("which stored answer a 304 is about") {
  CHECK(about(kStored, {}));
  CHECK(about(kStored, etag("\"a\"")));
  CHECK(about(kStored, etag("W/\"a\"")));
  CHECK_FALSE(about(kStored, etag("\"b\"")));
  CHECK_FALSE(about(kStored, etag("W/\"b\"")));
  CHECK(about(etag("W/\"a\""), etag("W/\"a\"")));
  CHECK(about(etag("W/\"a\""), etag("\"a\"")));
  CHECK_FALSE(about(etag("W/\"a\""), etag("W/\"b\"")));
  CHECK(about(etag("bare"), etag("bare")));
  // It has a strong one that nothing stored has.
  CHECK_FALSE(about({{"last-modified", "x"}}, etag("\"a\"")));
  CHECK(about({{"last-modified", "x"}}, etag("W/\"a\"")));
  CHECK(about({{"last-modified", "x"}}, {{"last-modified", "x"}}));
  CHECK_FALSE(about({{"last-modified", "x"}}, {{"last-modified", "y"}}));
  CHECK(about({{"last-modified", "x"}}, {}));
  // The entity-tag was confirmed, so another date is an update.
  CHECK(about(kStored, {{"last-modified", "y"}}));
}

TEST_CASE("a 304 updates the fields") {
  Refreshed refreshed;
  REQUIRE(refreshed.by({{"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                        {"cache-control", "max-age=90"},
                        {"etag", "\"a\""},
                        {"content-type", "c/d"},
                        {"content-encoding", "br"},
                        {"content-length", "0"},
                        {"content-range", "x"},
                        {"content-location", "/x"},
                        {"content-foo", "1"},
                        {"connection", "x-hop"},
                        {"x-hop", "1"},
                        {"proxy-authenticate", "1"},
                        {"set-cookie", "a=1"},
                        {"x-list", "3"},
                        {"x-new", "4"},
                        {"x-new", "5"}}) == Freshened::updated);
  REQUIRE(refreshed.out.store());
  CHECK(refreshed.field("cache-control") == "max-age=90");
  CHECK(refreshed.field("content-type") == "c/d");
  CHECK(refreshed.field("content-location") == "/x");
  CHECK(refreshed.field("content-foo") == "1");
  CHECK(refreshed.field("x-list") == "3");
  CHECK(refreshed.field("x-same") == "1");
  CHECK(refreshed.field("date") == "Sun, 06 Nov 1994 08:49:37 GMT");
  const std::span<const Header> fields = refreshed.out.parts.fields;
  CHECK(count_of(fields, "x-list") == 1);
  CHECK(count_of(fields, "x-new") == 2);
  CHECK(count_of(fields, "cache-control") == 1);
  CHECK(count_of(fields, "etag") == 1);
  // These describe the body that is stored, or are for one connection or one client.
  CHECK(refreshed.field("content-encoding") == "gzip");
  for (const std::string_view name : {"content-length", "content-range", "x-hop", "connection",
                                      "proxy-authenticate", "set-cookie"})
    CHECK(refreshed.field(name) == "(none)");
  // It is as fresh as if it had just been stored, and the same variant.
  CHECK(refreshed.out.parts.info.status == 200);
  CHECK(refreshed.out.parts.info.lifetime_s == 90);
  CHECK(refreshed.out.parts.info.received_ms == kThenMs);
  CHECK(refreshed.out.parts.info.variant_set == 7);
  CHECK(refreshed.out.parts.variant == "v");
}

TEST_CASE("a 304 without Date or Age leaves none of the old ones") {
  Headers stored = kStored;
  stored.push_back({"age", "50"});
  Refreshed refreshed(stored);
  REQUIRE(refreshed.by({}) == Freshened::updated);
  CHECK(refreshed.field("date") == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(refreshed.out.parts.info.initial_age_ms == 0);
  CHECK(refreshed.out.parts.info.lifetime_s == 60);
  REQUIRE(refreshed.by({{"age", "7"}}) == Freshened::updated);
  CHECK(refreshed.out.parts.info.initial_age_ms == 7000);
}

TEST_CASE("a 304 that takes the permission back") {
  Refreshed refreshed;
  for (const std::string_view value : {"no-store", "private"}) {
    REQUIRE(refreshed.by({{"cache-control", value}}) == Freshened::updated);
    CHECK_FALSE(refreshed.out.store());
    CHECK(refreshed.out.forbidden());
    // The request is served all the same.
    CHECK(refreshed.field("x-same") == "1");
  }
  REQUIRE(refreshed.by({{"vary", "*"}}) == Freshened::updated);
  CHECK(refreshed.out.forbidden());
}

TEST_CASE("a request that may not be stored for leaves what is stored") {
  Refreshed authorized(kStored, {{"authorization", "x"}});
  REQUIRE(authorized.by({}) == Freshened::updated);
  CHECK(authorized.out.reason == StoreReason::authorization);
  CHECK_FALSE(authorized.out.forbidden());
  Refreshed careful(kStored, {{"cache-control", "no-store"}});
  REQUIRE(careful.by({}) == Freshened::updated);
  CHECK_FALSE(careful.out.store());
  CHECK_FALSE(careful.out.forbidden());
  REQUIRE(authorized.by({{"cache-control", "public, max-age=60"}}) == Freshened::updated);
  CHECK(authorized.out.store());
}

TEST_CASE("Set-Cookie of a 304 is stored only if the operator wants cookies stored") {
  PolicyOptions options;
  options.set_cookie = SetCookiePolicy::keep;
  Refreshed keeping(kStored, {}, options);
  REQUIRE(keeping.by({{"set-cookie", "a=2"}}) == Freshened::updated);
  CHECK(keeping.field("set-cookie") == "a=2");
  options.set_cookie = SetCookiePolicy::refuse;
  Refreshed refusing(kStored, {}, options);
  REQUIRE(refusing.by({{"set-cookie", "a=2"}}) == Freshened::updated);
  CHECK(refusing.out.store());
  CHECK(refusing.field("set-cookie") == "(none)");
}

TEST_CASE("what a HEAD says of a stored GET") {
  Refreshed refreshed(kStored, {}, {}, "HEAD");
  CHECK(refreshed.by_head({}) == HeadEffect::updated);
  CHECK(refreshed.out.store());
  CHECK(refreshed.by_head({{"etag", "\"a\""},
                           {"last-modified", "Sun, 06 Nov 1994 07:00:00 GMT"},
                           {"content-length", "3"},
                           {"x-same", "2"},
                           {"cache-control", "max-age=5"}}) == HeadEffect::updated);
  CHECK(refreshed.field("x-same") == "2");
  CHECK(refreshed.out.parts.info.lifetime_s == 5);
  CHECK(refreshed.by_head({{"etag", "\"b\""}}) == HeadEffect::invalidate);
  CHECK(refreshed.by_head({{"etag", "W/\"a\""}}) == HeadEffect::invalidate);
  CHECK(refreshed.by_head({{"last-modified", "x"}}) == HeadEffect::invalidate);
  CHECK(refreshed.by_head({{"content-length", "4"}}) == HeadEffect::invalidate);
  CHECK(refreshed.by_head({{"content-length", "3x"}}) == HeadEffect::invalidate);
  CHECK(refreshed.by_head({}, 3, 404) == HeadEffect::none);
  CHECK(refreshed.by_head({}, 3, 304) == HeadEffect::none);
  CHECK(refreshed.by_head({{"cache-control", "no-store"}}) == HeadEffect::updated);
  CHECK(refreshed.out.forbidden());
}

}  // namespace fce
