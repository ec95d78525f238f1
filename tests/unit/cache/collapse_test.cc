// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "cache_support.h"

using namespace fce;

namespace {

constexpr Header kHour{"cache-control", "max-age=3600"};
using Clients = std::vector<std::unique_ptr<Client>>;

Clients crowd(TestCache& cache, int count, std::string_view target, uint32_t shards) {
  Clients clients;
  for (int i = 0; i < count; ++i)
    clients.push_back(std::make_unique<Client>(
        cache, "GET", target, std::initializer_list<Header>{}, static_cast<uint32_t>(i) % shards));
  return clients;
}

}  // namespace

TEST_CASE("a thousand clients who want one cold object make one request") {
  TestCache cache(2);
  Clients clients = crowd(cache, 1000, "/a", 2);
  CHECK(cache.origin->count() == 1);
  cache.settle();
  cache.origin->answer(0, 200, {kHour}, "for all");
  for (auto& client : clients) REQUIRE(client->text() == "for all");
  CHECK(cache.origin->count() == 1);
  CHECK(cache.count(Counter::cache_collapsed) == 999);
  CHECK(clients[5]->header("cache-status").find("collapsed") != std::string::npos);
  CHECK(clients[0]->header("cache-status").find("collapsed") == std::string::npos);
}

TEST_CASE("the one who began may leave: the others get it all the same") {
  TestCache cache(2);
  Clients clients = crowd(cache, 100, "/a", 2);
  clients[0]->leave();
  cache.settle();
  REQUIRE(cache.origin->at(0));
  cache.origin->head(0, 200, {kHour}, 10);
  cache.origin->body(0, "01234");
  cache.settle();
  clients[1]->leave();
  cache.settle();
  REQUIRE(cache.origin->at(0));
  cache.origin->body(0, "56789");
  cache.origin->end(0);
  for (size_t i = 2; i < clients.size(); ++i) REQUIRE(clients[i]->text() == "0123456789");
  CHECK(cache.origin->count() == 1);
}

TEST_CASE("a fetch that nobody waits for any more is given up") {
  TestCache cache(2);
  Clients clients = crowd(cache, 10, "/a", 2);
  for (auto& client : clients) client->leave();
  cache.settle();
  CHECK(cache.origin->at(0) == nullptr);
  CHECK(cache.count(Counter::cache_fills_cancelled) == 1);
  // And in the middle of the body.
  Client reader(cache, "GET", "/b");
  cache.origin->head(1, 200, {kHour}, 100);
  cache.origin->body(1, "half");
  cache.settle();
  REQUIRE(reader.answered());
  reader.leave();
  cache.settle();
  CHECK(cache.origin->at(1) == nullptr);
  // Who comes afterwards begins anew.
  Client next(cache, "GET", "/a");
  CHECK(cache.origin->count() == 3);
}

TEST_CASE("who got the part that it wanted leaves the rest to those who come later") {
  TestCache cache;
  const std::string piece(300'000, 'x');
  Client part(cache, "GET", "/big", {{"range", "bytes=0-9"}});
  cache.origin->head(0, 200, {kHour}, 5 * piece.size());
  cache.origin->body(0, piece);
  CHECK(part.text() == std::string(10, 'x'));
  CHECK(part.status() == 206);
  part.leave();
  cache.settle();
  for (int i = 1; i < 5; ++i) {
    cache.run_until([&] { return cache.origin->at(0) && !cache.origin->at(0)->paused; });
    cache.origin->body(0, piece);
  }
  cache.origin->end(0);
  cache.run_until([&] { return cache.count(Counter::cache_stored) == 1; });
  CHECK(get(cache, "/big").size() == 5 * piece.size());
  CHECK(cache.origin->count() == 1);
  CHECK(cache.count(Counter::cache_fills_cancelled) == 0);
}

TEST_CASE("a part of a very large object does not have all of it fetched") {
  TestCache cache;
  Client part(cache, "GET", "/film", {{"range", "bytes=0-9"}});
  cache.origin->head(0, 200, {kHour}, Fill::kRestBytesMax + 11);
  cache.origin->body(0, "0123456789");
  CHECK(part.text() == "0123456789");
  part.leave();
  cache.settle();
  CHECK(cache.origin->at(0) == nullptr);
  CHECK(cache.count(Counter::cache_fills_cancelled) == 1);
}

TEST_CASE("who has it already leaves the rest to those who come later, too") {
  TestCache cache;
  Client knows(cache, "GET", "/a", {{"if-none-match", "\"1\""}});
  cache.origin->head(0, 200, {kHour, {"etag", "\"1\""}}, 10);
  cache.settle();
  CHECK(knows.status() == 304);
  knows.leave();
  cache.settle();
  REQUIRE(cache.origin->at(0));
  cache.origin->body(0, "0123456789");
  cache.origin->end(0);
  CHECK(get(cache, "/a") == "0123456789");
  CHECK(cache.origin->count() == 1);
}

TEST_CASE("answers that are for one each do not stand in a row") {
  TestCache cache(2);
  Clients clients = crowd(cache, 50, "/me", 2);
  CHECK(cache.origin->count() == 1);
  cache.origin->answer(0, 200, {{"cache-control", "private"}}, "mine 0");
  cache.settle();
  // All others ask at once, each for itself.
  REQUIRE(cache.origin->count() == 50);
  for (size_t i = 1; i < 50; ++i)
    cache.origin->answer(i, 200, {{"cache-control", "private"}}, "mine " + std::to_string(i));
  std::vector<std::string> texts;
  for (auto& client : clients) texts.push_back(client->text());
  std::sort(texts.begin(), texts.end());
  CHECK(std::unique(texts.begin(), texts.end()) == texts.end());
  // Those who come next do not wait for each other in the first place.
  Client a(cache, "GET", "/me"), b(cache, "GET", "/me");
  CHECK(cache.origin->count() == 52);
  // Until an answer turns out to be for all.
  cache.origin->answer(50, 200, {kHour}, "for all");
  cache.origin->answer(51, 200, {kHour}, "for all");
  CHECK(a.text() == "for all");
  CHECK(get(cache, "/me") == "for all");
  CHECK(cache.origin->count() == 52);
}

TEST_CASE("a failing origin is asked once for all who wait") {
  TestCache cache(2);
  Clients clients = crowd(cache, 50, "/a", 2);
  cache.origin->fail(0, FetchError::connect);
  cache.settle();
  for (auto& client : clients) CHECK(client->status() == 502);
  Clients more = crowd(cache, 50, "/b", 2);
  cache.origin->answer(1, 500, {{"x-detail", "of the first"}}, "secret of the first");
  cache.settle();
  CHECK(cache.origin->count() == 2);
  CHECK(more[0]->text() == "secret of the first");
  for (size_t i = 1; i < more.size(); ++i) {
    CHECK(more[i]->status() == 500);
    CHECK(more[i]->text() == "the origin has failed\n");
    CHECK(more[i]->header("x-detail") == "-");
  }
}

TEST_CASE("an answer that has to be validated each time serves only who asked") {
  TestCache cache;
  Clients clients = crowd(cache, 3, "/a", 1);
  cache.origin->answer(0, 200, {{"cache-control", "no-cache"}, {"etag", "\"1\""}}, "x");
  cache.settle();
  CHECK(clients[0]->text() == "x");
  CHECK(cache.origin->count() == 3);
}

TEST_CASE("those who wait for another variant look again") {
  TestCache cache;
  Client german(cache, "GET", "/a", {{"x-lang", "de"}});
  Client french(cache, "GET", "/a", {{"x-lang", "fr"}});
  Client german_too(cache, "GET", "/a", {{"x-lang", "de"}});
  CHECK(cache.origin->count() == 1);
  cache.origin->answer(0, 200, {kHour, {"vary", "x-lang"}}, "hallo");
  CHECK(german.text() == "hallo");
  CHECK(german_too.text() == "hallo");
  cache.settle();
  REQUIRE(cache.origin->count() == 2);
  CHECK(cache.origin->last()->header("x-lang") == "fr");
  cache.origin->answer(1, 200, {kHour, {"vary", "x-lang"}}, "salut");
  CHECK(french.text() == "salut");
}

TEST_CASE("who has waited for too long asks by itself") {
  TestCache cache;
  Client first(cache, "GET", "/a"), second(cache, "GET", "/a");
  CHECK(cache.origin->count() == 1);
  const uint64_t end = cache.shard().loop.now_ms() + 11'000;
  cache.shard().loop.timers().advance(end);
  CHECK(cache.origin->count() == 2);
  CHECK(cache.count(Counter::cache_collapse_timeouts) == 1);
  cache.origin->answer(1, 200, {kHour}, "quick");
  CHECK(second.text() == "quick");
  CHECK_FALSE(first.answered());
  cache.origin->answer(0, 200, {kHour}, "slow");
  CHECK(first.text() == "slow");
}

TEST_CASE("an answer that is not stored is read at its client's pace") {
  TestCache cache;
  Client client(cache, "GET", "/stream");
  cache.origin->head(0, 200, {{"cache-control", "no-store"}});
  cache.settle();
  REQUIRE(client.answered());
  const std::string piece(512 * 1024, 'z');
  cache.origin->body(0, piece);
  CHECK_FALSE(cache.origin->at(0)->paused);
  cache.origin->body(0, piece);
  CHECK(cache.origin->at(0)->paused);
}

TEST_CASE("the end of a shard ends its fetches, and those who wait elsewhere are told") {
  TestCache cache(2);
  Clients clients = crowd(cache, 4, "/a", 2);
  cache.cache().stop_shard(0);
  cache.settle();
  CHECK(cache.origin->at(0) == nullptr);
  for (auto& client : clients) CHECK(client->status() == 503);
}
