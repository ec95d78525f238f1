// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ws_feed.h"

#include <doctest/doctest.h>

#include "pubsub/feed_handler.h"
#include "ws_support.h"

using namespace fce;
using namespace fce::test;

namespace {

std::shared_ptr<const Handler> handler_of(TestNode& node) {
  fce_feed_options options{};
  options.size = sizeof options;
  options.tenant = "acme";
  options.channel = "news";
  std::shared_ptr<const Handler> handler;
  REQUIRE(FeedHandler::make(node.pubsub(), options, "/", &handler) == Status::ok);
  return handler;
}

class Client final : public WsClient {
 public:
  Client(TestNode& node, TestHttp& http, const char* query, bool json)
      : WsClient(node, http, *handler_of(node), query, json ? "other, fcedge.v1.json" : "") {}
};

}  // namespace

TEST_CASE("a bare WebSocket feed sends the payloads alone") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "before") == Status::ok);
  node.settle();
  Client live(node, http, "", false), whole(node, http, "after=0", false);
  CHECK(live.status == 101);
  CHECK(live.protocol == "");
  CHECK(live.read().empty());
  CHECK(whole.read() == Got{"before"});
  CHECK(node.publish(key, "hello") == Status::ok);
  CHECK(live.read() == Got{"hello"});
  CHECK(whole.read() == Got{"hello"});
}

TEST_CASE("a JSON feed sends envelopes, ready and gaps") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "say \"hi\"") == Status::ok);
  node.settle();
  Client whole(node, http, "after=0", true), lost(node, http, "after=00000000.9-9", true);
  CHECK(whole.protocol == "fcedge.v1.json");
  CHECK(whole.read() ==
        Got{"{\"channel\":\"news\",\"id\":\"00000000.1-1\",\"data\":\"say \\\"hi\\\"\"}",
            "{\"channel\":\"news\",\"ready\":{\"id\":\"00000000.1-1\"}}"});
  CHECK(lost.read() ==
        Got{"{\"channel\":\"news\",\"gap\":{\"reason\":\"epoch\",\"id\":\"00000000.1-1\"}}",
            "{\"channel\":\"news\",\"ready\":{\"id\":\"00000000.1-1\"}}"});
  CHECK(node.publish(key, "x") == Status::ok);
  CHECK(lost.read() == Got{"{\"channel\":\"news\",\"id\":\"00000000.1-2\",\"data\":\"x\"}"});
}

TEST_CASE("a bare feed that has a gap is closed with 4410") {
  TestNode node(1);
  TestHttp http(node, 0);
  Client client(node, http, "after=nonsense", false);
  CHECK(client.read() == Got{"close 4410 gap: invalid"});
  CHECK(node.publish(key_of("acme", "news"), "x") == Status::ok);
  CHECK(client.read().empty());
}

TEST_CASE("a drain closes WebSocket feeds with a time to come back") {
  TestNode node(1);
  TestHttp http(node, 0);
  Client json(node, http, "", true), bare(node, http, "", false);
  json.read();
  drain_all(http);
  drain_all(http);
  CHECK(json.read() == Got{"close 1012 retry-after-ms=1"});
  CHECK(bare.read() == Got{"close 1012 retry-after-ms=1"});
}

TEST_CASE("a client that leaves is forgotten") {
  TestNode node(1);
  TestHttp http(node, 0);
  const ChannelKey key = key_of("acme", "news");
  Client stays(node, http, "", false);
  {
    Client leaves(node, http, "", false);
    leaves.read();
  }
  CHECK(node.publish(key, "x") == Status::ok);
  CHECK(stays.read() == Got{"x"});
  CHECK(node.count(Counter::delivered) == 1);
  CHECK(http.counters.get(Counter::ws_closed) == 1);
}

TEST_CASE("a refused handshake subscribes nobody") {
  TestNode node(1);
  TestHttp http(node, 0);
  TestRequest request(http);
  request.field("connection", "Upgrade").field("upgrade", "websocket");
  request.field("sec-websocket-version", "8");
  request.field("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
  request.run(*handler_of(node));
  CHECK(request.status == 426);
  CHECK(node.publish(key_of("acme", "news"), "x") == Status::ok);
  node.settle();
  CHECK(node.count(Counter::delivered) == 0);
}
