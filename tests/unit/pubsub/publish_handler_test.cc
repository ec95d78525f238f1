// SPDX-License-Identifier: Apache-2.0
#include "pubsub/publish_handler.h"

#include <doctest/doctest.h>

#include "http_support.h"

using namespace fce;
using namespace fce::test;

namespace {

constexpr const char* kSecret = "0123456789abcdef";

fce_publish_route_options options_of(const char* channel = "{channel}") {
  fce_publish_route_options options{};
  options.size = sizeof options;
  options.tenant = "acme";
  options.channel = channel;
  options.secret = kSecret;
  return options;
}

std::shared_ptr<const Handler> handler_of(TestNode& node,
                                          const fce_publish_route_options& options) {
  std::shared_ptr<const Handler> handler;
  REQUIRE(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::ok);
  return handler;
}

// A right request.
TestRequest& fill(TestRequest& request, std::string_view channel, std::string_view body) {
  return request.method(Method::post)
      .field("authorization", "Bearer 0123456789abcdef")
      .param("channel", channel)
      .body(body);
}

}  // namespace

TEST_CASE("a publish route needs a secret and a target") {
  TestNode node(1);
  std::shared_ptr<const Handler> handler;
  auto options = options_of();
  options.secret = nullptr;
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  options.secret = "0123456789abcde";
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  options = options_of("{thread}");
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  options = options_of("a-{channel}");
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  options = options_of("\x01");
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  options = options_of();
  options.tenant = nullptr;
  CHECK(PublishHandler::make(node.pubsub(), options, "/p/{channel}", &handler) == Status::invalid);
  CHECK_FALSE(handler);
}

TEST_CASE("publishing at the home shard is answered at once") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  TestRequest first(http), second(http);
  fill(first, "news", "hello").run(*handler);
  CHECK(first.status == 200);
  CHECK(first.text == "{\"id\":\"00000000.1-1\"}");
  CHECK(first.header("content-type") == "application/json");
  fill(second, "news", "").run(*handler);
  CHECK(second.text == "{\"id\":\"00000000.1-2\"}");
  Reader reader(node, 0, key_of("acme", "news"), "0");
  node.settle();
  CHECK(reader.got == Got{"1-1 hello", "1-2 ", "ready 1-2"});
}

TEST_CASE("publishing elsewhere is answered when the home has appended") {
  TestNode node(2);
  TestHttp http(node, 1);
  const auto handler = handler_of(node, options_of());
  const ChannelKey key = key_at(0, 2);
  TestRequest stays(http);
  fill(stays, key.name(), "one").run(*handler);
  CHECK(stays.status == 0);
  node.step(0);
  CHECK(stays.status == 0);
  node.step(1);
  CHECK(stays.status == 200);
  CHECK(stays.text == "{\"id\":\"00000000.1-1\"}");
  // The client may leave meanwhile: its message is published all the same.
  {
    TestRequest leaves(http);
    fill(leaves, key.name(), "two").run(*handler);
  }
  node.settle();
  CHECK(node.count(Counter::published) == 2);
  // The node may end meanwhile.
  TestRequest waits(http);
  fill(waits, key.name(), "three").run(*handler);
  node.hub(0).stop();
  node.settle();
  CHECK(waits.status == 503);
  TestRequest lost(http);
  fill(lost, key.name(), "four").run(*handler);
  node.drop_loop(0);
  CHECK(lost.status == 0);
}

TEST_CASE("what may not be published is refused, and counted") {
  PubSubOptions node_options;
  node_options.common.message_bytes_max = 8;
  node_options.channels_max = 1;
  TestNode node(1, node_options);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  const auto status_of = [&](TestRequest& request) { return request.run(*handler).status; };
  uint64_t refused = 0;
  const auto check = [&](TestRequest& request, uint16_t status, std::string_view why = {}) {
    CHECK(status_of(request) == status);
    CHECK(node.count(Counter::publish_refused) == ++refused);
    if (!why.empty()) CHECK(request.text == why);
  };
  SUBCASE("without a secret") {
    for (const char* value : {"", "Basic 0123456789abcdef", "Bearer", "Bearer ", "Bearer   "}) {
      CAPTURE(value);
      TestRequest request(http);
      request.method(Method::post).param("channel", "news").body("x");
      if (*value) request.field("authorization", value);
      check(request, 401);
      CHECK(request.header("www-authenticate") == "Bearer");
    }
  }
  SUBCASE("with a wrong secret") {
    for (const char* value :
         {"Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
          "Bearer 0123456789abcdef0123456789abcdef", "bearer x"}) {
      CAPTURE(value);
      TestRequest request(http);
      request.method(Method::post).param("channel", "news").field("authorization", value);
      check(request, 403);
    }
  }
  SUBCASE("by another method") {
    TestRequest request(http);
    check(fill(request, "news", "x").method(Method::get), 405);
  }
  SUBCASE("under a bad name") {
    TestRequest control(http), empty(http);
    check(fill(control, "a\nb", "x"), 400);
    check(fill(empty, "", "x"), 400);
  }
  SUBCASE("no UTF-8") {
    TestRequest request(http);
    check(fill(request, "news", "\xFF"), 400, "a publication is UTF-8 text");
  }
  SUBCASE("with a query that names nobody") {
    TestRequest request(http);
    check(fill(request, "news", "x").query("user="), 400, "a name in the query is empty");
  }
  SUBCASE("in a namespace that is not there") {
    TestRequest request(http);
    check(fill(request, "nope:1", "x"), 404, "there is no such namespace");
    CHECK(node.count(Counter::namespace_unknown) == 1);
  }
  SUBCASE("too large") {
    TestRequest request(http);
    check(fill(request, "news", "123456789"), 413, "a publication has at most 8 bytes");
    CHECK(node.count(Counter::limit_message) == 1);
  }
  SUBCASE("one channel too many, while all are read") {
    TestRequest first(http), second(http);
    Reader reader(node, 0, key_of("acme", "news"));
    CHECK(status_of(fill(first, "news", "x")) == 200);
    check(fill(second, "more", "x"), 503, "the node is busy: try again later");
    CHECK(second.header("retry-after") == "1");
    CHECK(node.count(Counter::limit_channels) == 1);
  }
  SUBCASE("after the stop") {
    node.hub(0).stop();
    TestRequest request(http);
    fill(request, "news", "x");
    CHECK(status_of(request) == 503);
  }
}

TEST_CASE("a scheme is read without case") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of("news"));
  TestRequest request(http);
  request.method(Method::post).field("authorization", "bEARER  0123456789abcdef").body("x");
  CHECK(request.run(*handler).status == 200);
}

TEST_CASE("publications over the rate are refused") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto options = options_of();
  options.rate_per_s = 2;
  const auto handler = handler_of(node, options);
  const auto publish = [&] {
    TestRequest request(http);
    fill(request, "news", "x").run(*handler);
    if (request.status == 429) CHECK(request.header("retry-after") == "1");
    return request.status;
  };
  CHECK(publish() == 200);
  CHECK(publish() == 200);
  CHECK(publish() == 429);
  CHECK(node.count(Counter::limit_rate) == 1);
}

TEST_CASE("a full mailbox of the home shard is 503") {
  TestNode node(2, {}, 1);
  TestHttp http(node, 1);
  const auto handler = handler_of(node, options_of());
  const ChannelKey key = key_at(0, 2);
  TestRequest first(http), second(http);
  fill(first, key.name(), "x").run(*handler);
  fill(second, key.name(), "x").run(*handler);
  CHECK(second.status == 503);
  CHECK(second.header("retry-after") == "1");
  CHECK(node.count(Counter::mailbox_full) == 1);
  node.settle();
  CHECK(first.status == 200);
}

TEST_CASE("the query of a publication names its audience") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = handler_of(node, options_of());
  const ChannelKey key = key_of("acme", "news");
  const FilterRef ann = node.hub(0).filters().get({"ann", {}, {}});
  Reader hers(node, 0, key, "", ann), nobody(node, 0, key);
  TestRequest for_ann(http), for_all(http), bad(http);
  fill(for_ann, "news", "secret").query("user=ann").run(*handler);
  fill(for_all, "news", "open").query("author=bob&x=y").run(*handler);
  fill(bad, "news", "secret").query("user=").run(*handler);
  CHECK(for_ann.status == 200);
  CHECK(for_all.status == 200);
  CHECK(bad.status == 400);
  node.settle();
  CHECK(hers.got == Got{"ready 1-0", "1-1 secret", "1-2 open"});
  CHECK(nobody.got == Got{"ready 1-0", "1-2 open"});
}
