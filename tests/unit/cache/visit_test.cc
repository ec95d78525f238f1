// SPDX-License-Identifier: Apache-2.0
#include "cache/visit.h"

#include <doctest/doctest.h>

#include <string>

#include "base/time.h"
#include "cache_support.h"

using namespace fce;

namespace {

constexpr Header kHour{"cache-control", "max-age=3600"};

}  // namespace

TEST_CASE("a miss goes to the origin, and the next request is a hit") {
  TestCache cache;
  Client first(cache, "GET", "/a?b=1");
  REQUIRE(cache.origin->count() == 1);
  CHECK(cache.origin->targets[0] == "GET /a?b=1");
  cache.origin->answer(0, 200, {kHour, {"content-type", "text/plain"}}, "hello");
  CHECK(first.text() == "hello");
  CHECK(first.status() == 200);
  CHECK(first.header("content-type") == "text/plain");
  CHECK(first.header("cache-status").find("fcedge; fwd=uri-miss; fwd-status=200; ") == 0);
  CHECK(first.header("cache-status").find("stored") != std::string::npos);
  Client second(cache, "GET", "/a?b=1");
  CHECK(second.text() == "hello");
  CHECK(second.header("cache-status").find("fcedge; hit; ttl=") == 0);
  CHECK(second.header("age") != "-");
  CHECK(cache.origin->count() == 1);
  CHECK(cache.count(Counter::cache_hits) == 1);
  CHECK(cache.count(Counter::cache_misses) == 1);
  // Another query is another object.
  Client third(cache, "GET", "/a?b=2");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("what is stored is there after a restart") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(0, 200, {kHour, {"etag", "\"1\""}}, "hello");
  CHECK(first.text() == "hello");
  cache.reopen();
  CHECK(get(cache, "/a") == "hello");
  CHECK(cache.origin->count() == 0);
}

TEST_CASE("a tenant never gets what another one has") {
  TestCache cache;
  Client first(cache, "GET", "/a", {}, 0, "acme");
  cache.origin->answer(0, 200, {kHour}, "acme's");
  CHECK(first.text() == "acme's");
  Client other(cache, "GET", "/a", {}, 0, "zoo");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {kHour}, "zoo's");
  CHECK(other.text() == "zoo's");
  CHECK(Client(cache, "GET", "/a", {}, 0, "acme").text() == "acme's");
  CHECK(Client(cache, "GET", "/a", {}, 0, "zoo").text() == "zoo's");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("HEAD, ranges and conditions are answered from the whole") {
  TestCache cache;
  Client first(cache, "GET", "/a", {{"range", "bytes=2-4"}});
  CHECK(cache.origin->last()->header("range") == "-");
  cache.origin->answer(0, 200, {kHour, {"etag", "\"1\""}}, "0123456789");
  CHECK(first.text() == "234");
  CHECK(first.status() == 206);
  CHECK(first.header("content-range") == "bytes 2-4/10");
  Client part(cache, "GET", "/a", {{"range", "bytes=-3"}});
  CHECK(part.text() == "789");
  CHECK(part.status() == 206);
  Client parts(cache, "GET", "/a", {{"range", "bytes=0-1,8-9"}});
  CHECK(parts.status() == 206);
  const std::string type = parts.header("content-type");
  REQUIRE(type.find("multipart/byteranges; boundary=") == 0);
  const std::string mark = "--" + type.substr(type.find('=') + 1);
  CHECK(parts.text() == mark + "\r\ncontent-range: bytes 0-1/10\r\n\r\n01\r\n" + mark +
                            "\r\ncontent-range: bytes 8-9/10\r\n\r\n89\r\n" + mark + "--\r\n");
  Client beyond(cache, "GET", "/a", {{"range", "bytes=10-"}});
  CHECK(beyond.status() == 416);
  Client head(cache, "HEAD", "/a");
  CHECK(head.status() == 200);
  CHECK(head.exchange.transport.length == 10);
  CHECK(head.text().empty());
  Client same(cache, "GET", "/a", {{"if-none-match", "\"1\""}});
  CHECK(same.status() == 304);
  CHECK(cache.origin->count() == 1);
}

TEST_CASE("what is not for others is stored for nobody and hands each its own") {
  TestCache cache;
  Client first(cache, "GET", "/me");
  cache.origin->answer(0, 200, {{"cache-control", "private"}}, "first's");
  CHECK(first.text() == "first's");
  CHECK(first.header("cache-status").find("detail=") != std::string::npos);
  Client second(cache, "GET", "/me");
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {{"cache-control", "no-store"}}, "second's");
  CHECK(second.text() == "second's");
}

TEST_CASE("a stale object is validated, and a 304 makes it fresh") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(0, 200, {{"cache-control", "max-age=0"}, {"etag", "\"1\""}}, "hello");
  CHECK(first.text() == "hello");
  Client second(cache, "GET", "/a");
  REQUIRE(cache.origin->count() == 2);
  CHECK(cache.origin->last()->header("if-none-match") == "\"1\"");
  cache.origin->answer(1, 304, {{"etag", "\"1\""}, kHour, {"x-new", "yes"}}, "");
  CHECK(second.text() == "hello");
  CHECK(second.status() == 200);
  CHECK(second.header("x-new") == "yes");
  CHECK(get(cache, "/a") == "hello");
  CHECK(cache.origin->count() == 2);
  CHECK(cache.count(Counter::cache_revalidated) == 1);
}

TEST_CASE("a 304 for another representation has the object fetched whole") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(0, 200, {{"cache-control", "max-age=0"}, {"etag", "\"1\""}}, "old");
  CHECK(first.text() == "old");
  Client second(cache, "GET", "/a");
  cache.origin->answer(1, 304, {{"etag", "\"2\""}}, "");
  REQUIRE(cache.origin->count() == 3);
  CHECK(cache.origin->last()->header("if-none-match") == "-");
  cache.origin->answer(2, 200, {kHour, {"etag", "\"2\""}}, "new");
  CHECK(second.text() == "new");
}

TEST_CASE("variants do not meet") {
  TestCache cache;
  constexpr Header kVary{"vary", "x-lang"};
  Client german(cache, "GET", "/a", {{"x-lang", "de"}});
  cache.origin->answer(0, 200, {kHour, kVary}, "hallo");
  CHECK(german.text() == "hallo");
  Client french(cache, "GET", "/a", {{"x-lang", "fr"}});
  REQUIRE(cache.origin->count() == 2);
  cache.origin->answer(1, 200, {kHour, kVary}, "salut");
  CHECK(french.text() == "salut");
  CHECK(french.header("cache-status").find("fwd=vary-miss") != std::string::npos);
  CHECK(get(cache, "/a", {{"x-lang", "de"}}) == "hallo");
  CHECK(get(cache, "/a", {{"x-lang", "fr"}}) == "salut");
  CHECK(cache.origin->count() == 2);
  Client none(cache, "GET", "/a");
  CHECK(cache.origin->count() == 3);
}

TEST_CASE("an unsafe request takes what it changed out of the cache, also what is on its way") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(0, 200, {kHour}, "old");
  CHECK(first.text() == "old");
  Client slow(cache, "GET", "/b");
  Client post(cache, "POST", "/a");
  REQUIRE(cache.origin->count() == 3);
  cache.origin->answer(2, 200, {{"location", "/b"}}, "done");
  CHECK(post.text() == "done");
  cache.origin->answer(1, 200, {kHour}, "asked before");
  CHECK(slow.text() == "asked before");
  Client again(cache, "GET", "/a"), fresh(cache, "GET", "/b");
  CHECK(cache.origin->count() == 5);
}

TEST_CASE("a failing origin is answered for by what is stale") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(
      0, 200, {{"cache-control", "max-age=0, stale-if-error=60"}, {"etag", "\"1\""}}, "old");
  CHECK(first.text() == "old");
  Client second(cache, "GET", "/a");
  cache.origin->fail(1, FetchError::connect);
  CHECK(second.text() == "old");
  CHECK(second.status() == 200);
  Client third(cache, "GET", "/a");
  cache.origin->answer(2, 503, {}, "down");
  CHECK(third.text() == "old");
  Client other(cache, "GET", "/b");
  cache.origin->fail(3, FetchError::first_byte);
  CHECK(other.text() == "the origin did not answer in time\n");
  CHECK(other.status() == 504);
  CHECK(other.header("cache-status").find("first-byte") != std::string::npos);
}

TEST_CASE("stale while revalidate: the stale one at once, the new one for the next") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(
      0, 200, {{"cache-control", "max-age=0, stale-while-revalidate=60"}, {"etag", "\"1\""}},
      "old");
  CHECK(first.text() == "old");
  CHECK(get(cache, "/a") == "old");
  CHECK(get(cache, "/a") == "old");
  REQUIRE(cache.origin->count() == 2);  // one refresh, however many come meanwhile
  cache.origin->answer(1, 200, {kHour, {"etag", "\"2\""}}, "new");
  cache.settle();
  CHECK(get(cache, "/a") == "new");
  CHECK(cache.origin->count() == 2);
  CHECK(cache.count(Counter::cache_stale_hits) == 2);
  CHECK(cache.count(Counter::cache_refreshes) == 1);
}

TEST_CASE("purges: by key with all variants, by prefix, by tag, soft and hard") {
  TestCache cache;
  const auto fill = [&](std::string_view target, std::string_view text,
                        std::initializer_list<Header> request = {}) {
    const size_t i = cache.origin->count();
    Client client(cache, "GET", target, request);
    if (cache.origin->count() == i) return false;
    cache.origin->answer(
        i, 200, {kHour, {"vary", "x-lang"}, {"surrogate-key", "news t1"}, {"etag", "\"1\""}}, text);
    CHECK(client.text() == text);
    return true;
  };
  const auto purge = [&](PurgeKind kind, std::string_view text, bool soft = false) {
    REQUIRE(cache.cache().purge({kind, soft, "acme", text}, false) == Status::ok);
  };
  CHECK(fill("/a/1", "de", {{"x-lang", "de"}}));
  CHECK(fill("/a/1", "fr", {{"x-lang", "fr"}}));
  CHECK_FALSE(fill("/a/1", "de", {{"x-lang", "de"}}));
  purge(PurgeKind::key, "example.com/a/1");
  CHECK(fill("/a/1", "de", {{"x-lang", "de"}}));
  CHECK(fill("/a/1", "fr", {{"x-lang", "fr"}}));
  purge(PurgeKind::prefix, "example.com/a/");
  CHECK(fill("/a/1", "fr", {{"x-lang", "fr"}}));
  purge(PurgeKind::tag, "other");
  CHECK_FALSE(fill("/a/1", "fr", {{"x-lang", "fr"}}));
  purge(PurgeKind::tag, "t1");
  CHECK(fill("/a/1", "fr", {{"x-lang", "fr"}}));
  // Soft: served once more while it is fetched anew.
  purge(PurgeKind::tag, "news", true);
  const size_t before = cache.origin->count();
  Client stale(cache, "GET", "/a/1", {{"x-lang", "fr"}});
  REQUIRE(cache.origin->count() == before + 1);
  if (!stale.answered()) cache.origin->answer(before, 304, {{"etag", "\"1\""}}, "");
  CHECK(stale.text() == "fr");
  CHECK(stale.header("cache-status") == "fcedge; hit; ttl=0");
}

TEST_CASE("a purge may name the host as clients do") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->answer(0, 200, {kHour}, "hello");
  CHECK(first.text() == "hello");
  REQUIRE(cache.cache().purge({PurgeKind::key, false, "acme", "Example.COM:8443/a"}, false) ==
          Status::ok);
  Client second(cache, "GET", "/a");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("a purge of what is no key says so instead of purging nothing") {
  for (const char* good : {"a.example/", "A.example:80/x?y", "[::1]:80/a", "a.example//x"}) {
    CHECK(EdgeCache::check_purge(PurgeKind::key, good) == Status::ok);
    CHECK(EdgeCache::check_purge(PurgeKind::prefix, good) == Status::ok);
  }
  for (const char* bad : {"http://a.example/x", "https://a.example:443/x", "/x", "a b/x"}) {
    CAPTURE(bad);
    CHECK(EdgeCache::check_purge(PurgeKind::key, bad) == Status::invalid);
    CHECK(EdgeCache::check_purge(PurgeKind::prefix, bad) == Status::invalid);
  }
  CHECK(EdgeCache::check_purge(PurgeKind::key, "a.example") == Status::invalid);
  CHECK(EdgeCache::check_purge(PurgeKind::key, "") == Status::invalid);
  CHECK(EdgeCache::check_purge(PurgeKind::tag, "") == Status::invalid);
  CHECK(EdgeCache::check_purge(PurgeKind::tag, "http://any thing") == Status::ok);
  CHECK(EdgeCache::check_purge(PurgeKind::prefix, "a.exa") == Status::ok);
  CHECK(EdgeCache::check_purge(PurgeKind::prefix, "") == Status::ok);
}

TEST_CASE("a purge reaches a fetch that is under way") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  REQUIRE(cache.cache().purge({PurgeKind::prefix, false, "acme", ""}, false) == Status::ok);
  cache.origin->answer(0, 200, {kHour}, "asked before the purge");
  CHECK(first.text() == "asked before the purge");
  Client second(cache, "GET", "/a");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("a large object goes to a file as it comes, and is read from there") {
  TestCache cache;
  const std::string piece(300'000, 'x');
  Client first(cache, "GET", "/big"), slow(cache, "GET", "/big");
  cache.origin->head(0, 200, {kHour}, 20 * piece.size());
  for (int i = 0; i < 20; ++i) {
    cache.run_until([&] { return !cache.origin->at(0)->paused; });
    cache.origin->body(0, piece);
  }
  cache.origin->end(0);
  CHECK(first.text().size() == 20 * piece.size());
  CHECK(slow.text().size() == 20 * piece.size());
  CHECK(first.ended);
  CHECK(slow.ended);
  cache.run_until([&] { return cache.count(Counter::cache_stored) == 1; });
  cache.reopen();
  Client part(cache, "GET", "/big", {{"range", "bytes=5999990-"}});
  CHECK(part.text() == std::string(10, 'x'));
  Client parts(cache, "GET", "/big", {{"range", "bytes=0-2,5999990-"}});
  CHECK(parts.status() == 206);
  CHECK(parts.text().find("content-range: bytes 0-2/6000000\r\n\r\nxxx\r\n--") !=
        std::string::npos);
  CHECK(parts.text().find("\r\n\r\nxxxxxxxxxx\r\n--") != std::string::npos);
  CHECK(get(cache, "/big").size() == 20 * piece.size());
  CHECK(cache.origin->count() == 0);
}

TEST_CASE("an object that is too large for the cache is said to be so, and parts of it are found") {
  StoreOptions store;
  store.disk_bytes_max = 16 << 20;
  TestCache cache(1, {}, store);
  constexpr size_t kLength = 5 << 20;  // more than a quarter of it
  Client part(cache, "GET", "/huge", {{"range", "bytes=5000000-5000009"}});
  cache.origin->head(0, 200, {kHour}, kLength);
  cache.settle();
  CHECK(part.header("cache-status").ends_with("; detail=no-room"));
  CHECK(part.header("cache-status").find("stored") == std::string::npos);
  CHECK(cache.count(Counter::cache_store_failed) == 1);
  for (size_t sent = 0; sent < 5'010'000; sent += 10'000) {
    // What nobody has asked for is in nobody's way.
    REQUIRE_FALSE(cache.origin->at(0)->paused);
    cache.origin->body(0, std::string(10'000, sent == 5'000'000 ? 'y' : 'x'));
  }
  CHECK(part.text() == "yyyyyyyyyy");
  // Nor is the rest fetched, which is not stored.
  part.leave();
  cache.settle();
  CHECK(cache.origin->at(0) == nullptr);
  Client third(cache, "GET", "/huge");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("a body of unknown length that grows large moves to a file") {
  StoreOptions store;
  store.small_max = 100'000;
  TestCache cache(1, {}, store);
  const std::string piece(60'000, 'y');
  Client first(cache, "GET", "/big");
  cache.origin->head(0, 200, {kHour});
  for (int i = 0; i < 10; ++i) cache.origin->body(0, piece);
  cache.origin->end(0);
  CHECK(first.text().size() == 10 * piece.size());
  cache.run_until([&] { return cache.count(Counter::cache_stored) == 1; });
  CHECK(get(cache, "/big").size() == 10 * piece.size());
  CHECK(cache.origin->count() == 1);
}

TEST_CASE("a body that breaks off breaks off for the client, and is not stored") {
  TestCache cache;
  Client first(cache, "GET", "/a");
  cache.origin->head(0, 200, {kHour}, 100);
  cache.origin->body(0, "only so much");
  cache.origin->fail(0, FetchError::truncated);
  CHECK(first.text() == "only so much");
  CHECK_FALSE(first.ended);
  Client second(cache, "GET", "/a");
  CHECK(cache.origin->count() == 2);
}

TEST_CASE("a request that goes in circles ends, but not where the cache has the answer") {
  TestCache cache;
  std::string via = "1.1 fcedge";
  for (int i = 1; i < 8; ++i) via += ", 1.1 fcedge";
  const Header circles{"via", via};
  Client client(cache, "GET", "/a", {circles}), posts(cache, "POST", "/a", {circles});
  CHECK(client.status() == 508);
  CHECK(posts.status() == 508);
  CHECK(cache.count(Counter::proxy_loops) == 2);
  CHECK(cache.origin->count() == 0);
  Client other(cache, "GET", "/a", {{"via", "1.1 fcedge, 1.1 fcedge"}});
  cache.origin->answer(0, 200, {kHour}, "hello");
  CHECK(other.text() == "hello");
  CHECK(get(cache, "/a", {circles}) == "hello");
}

TEST_CASE("what is not stored is asked for as the client does, once that is known") {
  TestCache cache;
  const Header part{"range", "bytes=0-3"}, known{"if-none-match", "\"1\""};
  Client first(cache, "GET", "/film", {part, known});
  CHECK(cache.origin->last()->header("range") == "-");
  cache.origin->answer(0, 200, {{"cache-control", "no-store"}}, "all of the film");
  CHECK(first.text() == "all of the film");
  Client second(cache, "GET", "/film", {part, known});
  REQUIRE(cache.origin->count() == 2);
  CHECK(cache.origin->last()->header("range") == "bytes=0-3");
  CHECK(cache.origin->last()->header("if-none-match") == "\"1\"");
  cache.origin->answer(1, 206, {{"cache-control", "no-store"}, {"content-range", "bytes 0-3/15"}},
                       "all ");
  CHECK(second.text() == "all ");
  CHECK(second.status() == 206);
}

TEST_CASE("only-if-cached asks nobody") {
  TestCache cache;
  Client client(cache, "GET", "/a", {{"cache-control", "only-if-cached"}});
  CHECK(client.status() == 504);
  CHECK(client.header("cache-status") == "fcedge; detail=only-if-cached");
  CHECK(cache.origin->count() == 0);
}
