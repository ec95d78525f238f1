// SPDX-License-Identifier: Apache-2.0
// What one client must not be able to do to what others get.
#include <doctest/doctest.h>

#include <string>

#include "cache_support.h"

using namespace fce;

namespace {

constexpr Header kHour{"cache-control", "max-age=3600"};
constexpr Header kStale{"cache-control", "max-age=0"};
constexpr Header kTag{"etag", "\"1\""};

// Has one client's request answered so, and stored.
void store(TestCache& cache, std::string_view target, std::initializer_list<Header> answer,
           std::string_view text, std::initializer_list<Header> request = {}) {
  const size_t i = cache.origin->count();
  Client client(cache, "GET", target, request);
  REQUIRE(cache.origin->count() == i + 1);
  cache.origin->answer(i, 200, answer, text);
  REQUIRE(client.text() == text);
}

}  // namespace

TEST_CASE("the answer to a HEAD that is for one user changes nothing for others") {
  TestCache cache;
  store(cache, "/a", {kStale, kTag, {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}, "hello");
  Client head(cache, "HEAD", "/a", {{"cookie", "alice"}});
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {{"cache-control", "private, max-age=600"}, {"x-user", "alice"}},
                       "");
  cache.settle();
  CHECK(head.header("x-user") == "alice");
  Client other(cache, "GET", "/a");
  CHECK(!other.answered());
  REQUIRE(cache.origin->count() == 3);
  cache.origin->answer(2, 200, {kHour}, "new");
  CHECK(other.text() == "new");
  CHECK(other.header("x-user") == "-");
}

TEST_CASE("the origin is not told what is not in the key") {
  TestCache cache;
  Client client(cache, "GET", "/a",
                {{"host", "example.com:1337"},
                 {"x-forwarded-host", "evil.example"},
                 {"x_forwarded_proto", "http"},
                 {"forwarded", "host=evil.example"},
                 {"x-original-url", "/admin"},
                 {"x-http-method-override", "DELETE"},
                 {"x-else", "1"}});
  const auto* asked = cache.origin->last();
  CHECK(asked->authority == "example.com");
  for (const char* name : {"x-forwarded-host", "x_forwarded_proto", "forwarded", "x-original-url",
                           "x-http-method-override", "host"})
    CHECK(asked->header(name) == "-");
  CHECK(asked->header("x-else") == "1");
}

TEST_CASE("what Connection takes away from the origin is no part of a variant") {
  TestCache cache;
  const Header vary{"vary", "accept-language"};
  store(cache, "/a", {kHour, vary}, "default",
        {{"connection", "accept-language"}, {"accept-language", "de"}});
  Client german(cache, "GET", "/a", {{"accept-language", "de"}});
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {kHour, vary}, "deutsch");
  CHECK(german.text() == "deutsch");
  CHECK(get(cache, "/a") == "default");
}

TEST_CASE("a request that comes after a purge does not get what was asked for before it") {
  TestCache cache;
  Client before(cache, "GET", "/a");
  cache.origin->head(0, 200, {kHour, {"surrogate-key", "news"}}, 5);
  REQUIRE(cache.cache().purge({PurgeKind::tag, false, "acme", "news"}, false) == Status::ok);
  Client after(cache, "GET", "/a");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {kHour}, "new");
  CHECK(after.text() == "new");
  cache.origin->body(0, "older");
  cache.origin->end(0);
  CHECK(before.text() == "older");
}

TEST_CASE("what a change makes old is not stored, whoever has asked for it") {
  TestCache cache;
  const Header vary{"vary", "x-a"};
  store(cache, "/a", {kHour, vary}, "one", {{"x-a", "1"}});
  // One that nobody else may wait for, and one of a variant.
  Client alone(cache, "GET", "/a", {{"cache-control", "no-cache"}, {"x-a", "1"}});
  Client variant(cache, "GET", "/a", {{"x-a", "2"}});
  REQUIRE(cache.origin->count() == 3);
  Client change(cache, "PUT", "/a");
  cache.origin->answer(3, 204, {}, "");
  cache.run_until([&] { return change.answered(); });
  CHECK(change.status() == 204);
  cache.origin->answer(1, 200, {kHour, vary}, "old one");
  cache.origin->answer(2, 200, {kHour, vary}, "old two");
  CHECK(alone.text() == "old one");
  CHECK(variant.text() == "old two");
  Client again(cache, "GET", "/a", {{"x-a", "1"}}), second(cache, "GET", "/a", {{"x-a", "2"}});
  CHECK(cache.origin->count() >= 5);
  CHECK(!again.answered());
  CHECK(!second.answered());
}

TEST_CASE("a change of what is under way cuts nobody off") {
  TestCache cache;
  const std::string piece(300'000, 'x');
  Client slow(cache, "GET", "/big");
  cache.origin->head(0, 200, {kHour}, 13 * piece.size());
  for (int i = 0; i < 12; ++i) {
    cache.origin->body(0, piece);
    // The file is not far behind, which is all that this client's body could wait for later.
    cache.run_until([&] { return !cache.origin->at(0)->paused; });
  }
  Client change(cache, "PUT", "/big");
  cache.origin->answer(1, 204, {}, "");
  cache.run_until([&] { return change.answered(); });
  cache.origin->body(0, piece);
  cache.origin->end(0);
  CHECK(slow.text().size() == 13 * piece.size());
  CHECK(slow.ended);
  CHECK(cache.count(Counter::cache_stored) == 0);
}

TEST_CASE("what is fetched in the background and not to be kept is given up") {
  TestCache cache;
  const std::string piece(400'000, 'x');
  store(cache, "/a", {{"cache-control", "max-age=0, stale-while-revalidate=600"}, kTag}, "small");
  CHECK(get(cache, "/a") == "small");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->head(1, 200, {kHour}, 10 * piece.size());
  for (int i = 0; i < 3; ++i) cache.origin->body(1, piece);
  Client change(cache, "PUT", "/a");
  cache.origin->answer(2, 204, {}, "");
  cache.run_until([&] {
    if (cache.origin->at(1) && !cache.origin->at(1)->paused) cache.origin->body(1, piece);
    return cache.origin->at(1) == nullptr;
  });
  CHECK(cache.count(Counter::cache_fills_cancelled) == 1);
}

TEST_CASE("one client's wish not to be stored does not send others to the origin one by one") {
  TestCache cache;
  Client shy(cache, "GET", "/a", {{"cache-control", "no-store"}});
  cache.origin->answer(0, 200, {kHour}, "hello");
  CHECK(shy.text() == "hello");
  Client known(cache, "GET", "/a", {{"authorization", "Basic eA=="}});
  cache.origin->answer(1, 200, {kHour}, "hello");
  CHECK(known.text() == "hello");
  Client first(cache, "GET", "/a"), second(cache, "GET", "/a");
  REQUIRE(cache.origin->count() == 3);
  cache.origin->answer(2, 200, {kHour}, "hello");
  CHECK(first.text() == "hello");
  CHECK(second.text() == "hello");
}

TEST_CASE("a cookie does not take out what is stored for a guessed time") {
  TestCache cache;
  const Header modified{"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"};
  store(cache, "/a", {modified}, "hello");
  Client known(cache, "GET", "/a", {{"cookie", "a=b"}, {"cache-control", "no-cache"}});
  cache.origin->answer(1, 200, {modified}, "for a=b");
  CHECK(known.text() == "for a=b");
  CHECK(get(cache, "/a") == "hello");
  CHECK(cache.origin->count() == 2);
}
