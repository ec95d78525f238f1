// SPDX-License-Identifier: Apache-2.0
// The policy at work: sequences of requests through the smallest cache that it makes.
#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <random>

#include "cache/model_cache.h"

namespace fce {
namespace {

using test::field_of;
using test::Fields;
using test::kDate;
using test::ModelCache;
using test::ModelRequest;
using test::Reply;

// An origin that gives these answers in turn; the last one again and again. Each body is the number
// of the request unless it says otherwise.
ModelCache::Origin script(std::deque<Reply> replies) {
  return [replies = std::move(replies), count = 0](const ModelRequest&) mutable {
    Reply reply = replies.front();
    if (replies.size() > 1) replies.pop_front();
    ++count;
    if (reply.body.empty() && reply.status == 200) reply.body = std::to_string(count);
    return reply;
  };
}

Reply fresh(uint32_t seconds, const Fields& more = {}) {
  Reply reply;
  reply.fields = {{"date", std::string(kDate)},
                  {"cache-control", "max-age=" + std::to_string(seconds)}};
  reply.fields.insert(reply.fields.end(), more.begin(), more.end());
  return reply;
}

Reply controlled(const std::string& value, const Fields& more = {}) {
  Reply reply;
  reply.fields = {{"cache-control", value}};
  reply.fields.insert(reply.fields.end(), more.begin(), more.end());
  return reply;
}

std::string get(ModelCache& cache, const Fields& fields = {}, const std::string& target = "/a") {
  return cache.ask({target, fields, "GET"}).body;
}

void after(ModelCache& cache, int64_t seconds) { cache.now_ms += seconds * 1000; }

}  // namespace

TEST_CASE("a hit has the age that it has, and the date that it had") {
  ModelCache cache(script({fresh(60)}));
  CHECK(get(cache) == "1");
  after(cache, 7);
  const Reply hit = cache.ask({});
  CHECK(hit.body == "1");
  CHECK(field_of(hit.fields, "age") == "7");
  CHECK(field_of(hit.fields, "date") == kDate);
  CHECK(field_of(hit.fields, "cache-status") == "fcedge; hit; ttl=53");
  after(cache, 53);
  CHECK(get(cache) == "2");
  CHECK(cache.origin_asked == 2);
}

TEST_CASE("another query is another target") {
  ModelCache cache(script({fresh(60)}));
  CHECK(get(cache, {}, "/a?x=1") == "1");
  CHECK(get(cache, {}, "/a?x=2") == "2");
  CHECK(get(cache, {}, "/a?x=1") == "1");
  CHECK(get(cache, {}, "/a") == "3");
}

TEST_CASE("a stale answer is validated, and lives on") {
  Reply not_modified = fresh(30, {{"etag", "\"v\""}, {"x-new", "yes"}});
  not_modified.status = 304;
  ModelCache cache(script({fresh(10, {{"etag", "\"v\""}}), not_modified}));
  get(cache);
  after(cache, 10);
  const Reply validated = cache.ask({});
  CHECK(validated.status == 200);
  CHECK(validated.body == "1");
  CHECK(field_of(validated.fields, "x-new") == "yes");
  CHECK(field_of(validated.fields, "age") == "0");
  CHECK(field_of(validated.fields, "cache-status") == "fcedge; fwd=stale; fwd-status=304; stored");
  CHECK(field_of(cache.last_sent.fields, "if-none-match") == "\"v\"");
  after(cache, 29);
  CHECK(get(cache) == "1");
  CHECK(cache.origin_asked == 2);
}

TEST_CASE("a client's condition is judged by what the validation brought") {
  Reply not_modified = fresh(30, {{"etag", "\"v\""}});
  not_modified.status = 304;
  ModelCache cache(script({fresh(10, {{"etag", "\"v\""}}), not_modified}));
  get(cache);
  after(cache, 10);
  CHECK(cache.ask({"/a", {{"if-none-match", "\"old\""}}}).status == 200);
  CHECK(field_of(cache.last_sent.fields, "if-none-match") == "\"v\"");
  CHECK(cache.ask({"/a", {{"if-none-match", "\"v\""}}}).status == 304);
  CHECK(cache.ask({"/a", {{"if-none-match", "\"x\", \"v\""}}}).status == 304);
  CHECK(cache.origin_asked == 2);
}

TEST_CASE("a 304 about something else has the whole fetched") {
  Reply other = fresh(30, {{"etag", "\"other\""}});
  other.status = 304;
  ModelCache cache(script({fresh(10, {{"etag", "\"v\""}}), other, fresh(30)}));
  get(cache);
  after(cache, 10);
  CHECK(get(cache) == "3");
  CHECK(field_of(cache.last_sent.fields, "if-none-match") == "(none)");
}

TEST_CASE("conditions on what is not stored reach the origin if that is wished") {
  PolicyOptions options;
  options.forward_conditions = true;
  ModelCache cache(script({{304, {}, ""}, fresh(60)}), options);
  CHECK(cache.ask({"/a", {{"if-none-match", "\"mine\""}}}).status == 304);
  CHECK(field_of(cache.last_sent.fields, "if-none-match") == "\"mine\"");
  CHECK(get(cache) == "2");
}

TEST_CASE("variants") {
  const Fields vary{{"vary", "Foo, Bar"}};
  ModelCache cache(script({fresh(60, vary)}));
  CHECK(get(cache, {{"foo", "1"}, {"bar", "1"}}) == "1");
  CHECK(get(cache, {{"foo", "2"}, {"bar", "1"}}) == "2");
  CHECK(get(cache, {{"foo", "1"}}) == "3");
  CHECK(get(cache) == "4");
  CHECK(get(cache, {{"bar", "1"}, {"foo", "1"}}) == "1");
  CHECK(get(cache, {{"foo", "2"}, {"baz", "1"}, {"bar", "1"}}) == "2");
  CHECK(get(cache, {{"foo", "1"}}) == "3");
  CHECK(get(cache) == "4");
  // Whatever invalidates the target invalidates all of them, and none comes back.
  cache.ask({"/a", {}, "DELETE"});
  CHECK(get(cache, {{"foo", "1"}, {"bar", "1"}}) == "6");
  CHECK(get(cache, {{"foo", "2"}, {"bar", "1"}}) == "7");
  CHECK(get(cache) == "8");
}

TEST_CASE("an answer that forgets its Vary does not stand in for the variants") {
  const Fields vary{{"vary", "foo"}};
  ModelCache cache(script({fresh(60, vary), fresh(60), fresh(60, vary)}));
  CHECK(get(cache, {{"foo", "1"}}) == "1");
  CHECK(get(cache) == "2");
  CHECK(get(cache, {{"foo", "1"}}) == "1");
  CHECK(get(cache, {{"foo", "2"}}) == "3");
  CHECK(get(cache) == "2");
}

TEST_CASE("unsafe requests invalidate once they have succeeded") {
  ModelCache cache(script({fresh(60), {500, {}, ""}, {204, {{"location", "/b"}}, ""}, fresh(60)}));
  get(cache);
  cache.ask({"/a", {}, "POST"});
  CHECK(get(cache) == "1");
  cache.ask({"/a", {}, "M-SEARCH"});
  CHECK(get(cache) == "4");
}

TEST_CASE("Location names what else has changed") {
  ModelCache cache(script({fresh(60), {201, {{"location", "/a"}}, ""}, fresh(60)}));
  get(cache);
  cache.ask({"/other", {}, "POST"});
  CHECK(get(cache) == "3");
}

TEST_CASE("when the origin is gone") {
  const Reply gone{0, {}, ""}, broken{503, {}, "503"};
  struct Row {
    Reply first;
    Reply second;
    uint16_t status;
  };
  const Row rows[] = {
      {fresh(10), gone, 200},
      {fresh(10), broken, 200},
      {controlled("max-age=10, must-revalidate"), gone, 504},
      {controlled("max-age=10, must-revalidate"), broken, 503},
      {controlled("max-age=10, proxy-revalidate"), gone, 504},
      {controlled("s-maxage=10"), gone, 504},
      {controlled("s-maxage=10, stale-if-error=60"), gone, 200},
      {controlled("no-cache", {{"etag", "\"a\""}}), gone, 504},
      {controlled("max-age=0", {{"etag", "\"a\""}}), gone, 504},
      {controlled("max-age=10, stale-if-error=60"), broken, 200},
      {controlled("max-age=10, stale-if-error=0"), broken, 503},
      {fresh(10), {404, {}, ""}, 404},
  };
  for (const Row& row : rows) {
    CAPTURE(field_of(row.first.fields, "cache-control"));
    ModelCache cache(script({row.first, row.second}));
    get(cache);
    after(cache, 20);
    CHECK(cache.ask({}).status == row.status);
  }
}

TEST_CASE("served stale while it is fetched anew") {
  ModelCache cache(script({controlled("max-age=10, stale-while-revalidate=10"), fresh(60)}));
  get(cache);
  after(cache, 15);
  CHECK(get(cache) == "1");
  CHECK(cache.origin_asked == 2);
  CHECK(get(cache) == "2");
}

TEST_CASE("HEAD") {
  ModelCache cache(script({fresh(10, {{"etag", "\"v\""}}), fresh(60, {{"etag", "\"v\""}}),
                           fresh(60, {{"etag", "\"w\""}})}));
  get(cache);
  CHECK(cache.ask({"/a", {}, "HEAD"}).body.empty());
  CHECK(cache.origin_asked == 1);
  after(cache, 10);
  cache.ask({"/a", {}, "HEAD"});
  CHECK(cache.origin_asked == 2);
  CHECK(get(cache) == "1");
  after(cache, 60);
  cache.ask({"/a", {}, "HEAD"});
  CHECK(get(cache) == "4");
}

TEST_CASE("what was stored for one user is for that user only") {
  // Random users, requests and directives. Each body is marked with its user, and says whether the
  // origin meant it for all: by rules that are written down here once more, by other means.
  static constexpr std::array<std::string_view, 14> kControls{"",
                                                              "max-age=60",
                                                              "private",
                                                              "private, max-age=60",
                                                              "no-store",
                                                              "max-age=60, public",
                                                              "s-maxage=60",
                                                              "no-cache",
                                                              "max-age=0",
                                                              "private, s-maxage=60",
                                                              "must-revalidate",
                                                              "no-store, public, max-age=60",
                                                              "max-age=60, must-revalidate",
                                                              "private=\"x\", private"};
  static constexpr std::array<std::string_view, 5> kTargeted{"", "", "max-age=60", "private",
                                                             "no-store"};
  std::mt19937 random(20221);
  const auto pick = [&](const auto& of) { return std::string(of[random() % of.size()]); };
  const auto says = [](const std::string& control, std::string_view directive) {
    return (", " + control + ",").find(", " + std::string(directive) + ",") != std::string::npos;
  };
  const auto origin = [&](const ModelRequest& sent) {
    if (random() % 10 == 0) return Reply{random() % 2 ? uint16_t{0} : uint16_t{503}, {}, ""};
    Reply reply;
    const std::string control = pick(kControls), targeted = pick(kTargeted);
    const bool cookie = random() % 4 == 0;
    reply.fields = {{"cache-control", control}, {"etag", "\"" + std::to_string(random()) + "\""}};
    if (!targeted.empty()) reply.fields.emplace_back("cdn-cache-control", targeted);
    if (cookie) reply.fields.emplace_back("set-cookie", "user");
    if (random() % 2) reply.fields.emplace_back("last-modified", "Sat, 01 Oct 1994 08:49:37 GMT");
    const std::string& rules = targeted.empty() ? control : targeted;
    const bool open = says(rules, "public") || says(rules, "s-maxage=60");
    const bool authorized = field_of(sent.fields, "authorization") != "(none)";
    const bool personal = says(rules, "private") || says(rules, "no-store") ||
                          (authorized && !open && !says(rules, "must-revalidate")) ||
                          (cookie && !open && targeted != "max-age=60");
    reply.body = field_of(sent.fields, "x-user") + (personal ? " only" : " shared");
    return reply;
  };
  ModelCache cache(origin);
  int shared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string user = "user" + std::to_string(random() % 4);
    ModelRequest request{"/" + std::to_string(random() % 3), {{"x-user", user}}};
    if (random() % 2) request.fields.emplace_back("authorization", user);
    if (random() % 4 == 0) request.fields.emplace_back("cookie", user);
    if (random() % 8 == 0) request.fields.emplace_back("cache-control", "max-stale");
    if (random() % 8 == 0) request.fields.emplace_back("range", "bytes=0-");
    after(cache, random() % 30);
    const Reply reply = cache.ask(request);
    if (reply.body.empty() || reply.body.starts_with(user + " ")) continue;
    CAPTURE(reply.body);
    REQUIRE(reply.body.ends_with(" shared"));
    REQUIRE(field_of(reply.fields, "set-cookie") == "(none)");
    ++shared;
  }
  // Or else it would prove nothing.
  CHECK(shared > 1000);
}

}  // namespace fce
