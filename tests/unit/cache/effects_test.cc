// SPDX-License-Identifier: Apache-2.0
// What answers do besides being answered: to the one who asked, and to what is stored.
#include <doctest/doctest.h>

#include <string>

#include "cache_support.h"

using namespace fce;

namespace {

constexpr Header kHour{"cache-control", "max-age=3600"};
constexpr Header kTag{"etag", "\"1\""};
constexpr Header kStale{"cache-control", "max-age=0"};

// Has a GET of `target` answered so, whether or not something is stored for it.
std::string fetched(TestCache& cache, std::string_view target, std::initializer_list<Header> answer,
                    std::string_view text, std::initializer_list<Header> request = {}) {
  const size_t i = cache.origin->count();
  Client client(cache, "GET", target, request);
  REQUIRE(cache.origin->count() == i + 1);
  cache.origin->answer(i, 200, answer, text);
  return client.text();
}

}  // namespace

TEST_CASE("the cookie of a 304 is for who asked, and for nobody who waits along or comes later") {
  TestCache cache;
  CHECK(fetched(cache, "/a", {kStale, kTag}, "hello") == "hello");
  Client first(cache, "GET", "/a"), along(cache, "GET", "/a");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 304, {{"cache-control", "public, max-age=60"}, {"set-cookie", "id=1"}},
                       "");
  CHECK(first.text() == "hello");
  CHECK(first.header("set-cookie") == "id=1");
  CHECK(along.text() == "hello");
  CHECK(along.header("set-cookie") == "-");
  Client later(cache, "GET", "/a");
  CHECK(later.text() == "hello");
  CHECK(later.header("set-cookie") == "-");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("what an answer has for who asked alone is not stored with the rest") {
  TestCache cache;
  Client first(cache, "GET", "/a"), along(cache, "GET", "/a");
  cache.origin->answer(0, 200,
                       {{"cache-control", "public, max-age=60, private=\"x-mine\""},
                        {"set-cookie", "id=1"},
                        {"x-mine", "2"},
                        {"x-all", "3"},
                        {"connection", "x-mine-too"}},
                       "hello");
  CHECK(first.text() == "hello");
  CHECK(first.header("set-cookie") == "id=1");
  CHECK(first.header("x-mine") == "2");
  Client later(cache, "GET", "/a");
  for (Client* other : {&along, &later}) {
    CHECK(other->text() == "hello");
    CHECK(other->header("x-all") == "3");
    CHECK(other->header("x-mine") == "-");
    CHECK(other->header("set-cookie") == "-");
  }
  CHECK(cache.origin->count() == 1);
}

TEST_CASE("a HEAD is told the length of what a GET would get") {
  TestCache cache;
  Client head(cache, "HEAD", "/a");
  // As the codec of the client says it: no body, and the fields as they came.
  cache.origin->head(0, 200, {kHour, {"content-length", "10"}}, 0);
  cache.origin->end(0);
  CHECK(head.text().empty());
  CHECK(head.status() == 200);
  CHECK(head.exchange.transport.length == 10);
}

TEST_CASE("a HEAD that tells another length takes out what is stored") {
  TestCache cache;
  CHECK(fetched(cache, "/a", {kStale, kTag}, "hello") == "hello");
  Client head(cache, "HEAD", "/a");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->head(1, 200, {kHour, kTag, {"content-length", "6"}}, 0);
  cache.origin->end(1);
  CHECK(head.text().empty());
  Client second(cache, "GET", "/a");
  REQUIRE(cache.origin->count() == 3);
  CHECK(cache.origin->last()->header("if-none-match") == "-");
}

TEST_CASE("a HEAD changes what is stored by what a GET could have") {
  const auto after_head = [](std::initializer_list<Header> request,
                             std::initializer_list<Header> answer) {
    TestCache cache;
    CHECK(fetched(cache, "/a", {kStale, kTag}, "hello") == "hello");
    Client head(cache, "HEAD", "/a", request);
    cache.origin->head(1, 200, answer, 0);
    cache.origin->end(1);
    CHECK(head.text().empty());
    Client second(cache, "GET", "/a");
    return cache.origin->count() == 2 ? "hit" : cache.origin->last()->header("if-none-match");
  };
  CHECK(after_head({}, {kHour, kTag}) == "hit");
  // Not for all: gone.
  CHECK(after_head({}, {{"cache-control", "private, max-age=60"}, kTag}) == "-");
  CHECK(after_head({}, {{"cache-control", "no-store"}, kTag}) == "-");
  // Not to be told from the answer to this one: as it was.
  CHECK(after_head({{"authorization", "x"}}, {kHour, kTag}) == "\"1\"");
}

TEST_CASE("what an origin refuses is not allowed, or a fault of ours") {
  TestCache cache;
  Client post(cache, "POST", "/a"), read(cache, "GET", "/a");
  cache.origin->fail(0, FetchError::refused);
  cache.origin->fail(1, FetchError::refused);
  CHECK(post.text() == "this can only be read\n");
  CHECK(post.status() == 405);
  CHECK(post.header("allow") == "GET, HEAD");
  CHECK(read.text() == "the origin cannot be reached\n");
  CHECK(read.status() == 502);
  CHECK(read.header("allow") == "-");
}

TEST_CASE("a HEAD that is answered stale has it fetched anew by GET") {
  TestCache cache;
  CHECK(fetched(cache, "/a", {{"cache-control", "max-age=0, stale-while-revalidate=60"}, kTag},
                "old") == "old");
  Client head(cache, "HEAD", "/a");
  CHECK(head.status() == 200);
  REQUIRE(cache.origin->count() == 2);
  CHECK(cache.origin->targets[1] == "GET /a");
  CHECK(cache.origin->last()->header("if-none-match") == "\"1\"");
  cache.origin->answer(1, 200, {kHour, {"etag", "\"2\""}}, "new");
  cache.settle();
  CHECK(get(cache, "/a") == "new");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("an answer that may not be shared leaves none behind that was") {
  for (const std::string_view control : {"no-store", "private", "max-age=0"}) {
    TestCache cache;
    CHECK(fetched(cache, "/a", {kHour}, "for all") == "for all");
    const Header anew{"cache-control", "no-cache"};
    CHECK(fetched(cache, "/a", {{"cache-control", control}}, "mine", {anew}) == "mine");
    Client later(cache, "GET", "/a");
    CHECK(cache.origin->count() == 3);
  }
}

TEST_CASE("an answer that says nothing about what is stored leaves it") {
  TestCache cache;
  CHECK(fetched(cache, "/a", {kHour, kTag}, "for all") == "for all");
  const Header anew{"cache-control", "no-cache"};
  // To a request with Authorization, without and with the condition.
  Client other(cache, "GET", "/a", {anew, {"authorization", "x"}});
  cache.origin->answer(1, 200, {kHour, {"etag", "\"2\""}}, "mine");
  CHECK(other.text() == "mine");
  CHECK(get(cache, "/a") == "for all");
  Client same(cache, "GET", "/a", {anew, {"authorization", "x"}});
  cache.origin->answer(2, 304, {kTag}, "");
  CHECK(same.text() == "for all");
  CHECK(get(cache, "/a") == "for all");
  // An error, and a part.
  Client failed(cache, "GET", "/a", {anew});
  cache.origin->answer(3, 429, {}, "too many");
  CHECK(failed.text() == "too many");
  CHECK(get(cache, "/a") == "for all");
  CHECK(cache.origin->count() == 4);
}

TEST_CASE("conditions on a cold object wait for one whole answer") {
  TestCache cache;
  Client first(cache, "GET", "/a", {{"if-none-match", "\"1\""}});
  Client second(cache, "GET", "/a", {{"if-none-match", "\"0\""}});
  REQUIRE(cache.origin->count() == 1);
  CHECK(cache.origin->last()->header("if-none-match") == "-");
  cache.origin->answer(0, 200, {kHour, kTag}, "hello");
  CHECK(first.text().empty());
  CHECK(first.status() == 304);
  CHECK(second.text() == "hello");
  CHECK(second.status() == 200);
}
