// SPDX-License-Identifier: Apache-2.0
// The commands of live sessions, and what channels bring them.
#include "pubsub/live_session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "live_support.h"

using namespace fce;
using namespace fce::test;

namespace {

struct Live {
  explicit Live(uint32_t shards = 1) : node(shards), http(node, 0), handler(live_handler(node)) {
    add("any", [](Namespace&) {});
    add("none", [](Namespace& it) {
      it.publish = PublishRight::none;
      it.presence = PresenceMode::none;
      it.audience = false;
    });
    add("token", [](Namespace& it) { it.publish = PublishRight::token; });
    add("small", [](Namespace& it) {
      it.message_bytes_max = 4;
      it.publish_per_s = 1;
      it.subscribers_max = 1;
    });
    add("who", [](Namespace& it) {
      it.presence = PresenceMode::members;
      it.presence_leave_ms = 0;
    });
  }
  template <class F>
  void add(const char* name, F&& change) {
    Namespace what = node.pubsub().namespaces().common();
    what.name = name;
    what.publish = PublishRight::any;
    change(what);
    REQUIRE(node.pubsub().namespaces().add(what) == Status::ok);
  }
  TestNode node;
  TestHttp http;
  std::shared_ptr<const Handler> handler;
};

}  // namespace

TEST_CASE("a session begins with hello, answers pings, and closes with the node") {
  Live live;
  LiveClient client(live.node, live.http, *live.handler);
  CHECK(client.status == 101);
  CHECK(client.read() == Got{kHello});
  CHECK(client.ask(R"({"ref":7,"ping":{}})") == Got{ok(7)});
  CHECK(live.node.count(Counter::sessions_opened) == 1);
  live.http.http.connections.for_each([](Drainable* connection) { connection->drain(); });
  CHECK(client.read() == Got{"close 1012 retry-after-ms=1"});
  CHECK(client.ask(R"({"ref":8,"ping":{}})").empty());
  client.leave();
  live.node.settle();
  CHECK(live.node.count(Counter::sessions_closed) == 1);
  CHECK(live.node.count(Counter::commands) == 1);
}

TEST_CASE("the handshake needs the subprotocol and a tenant") {
  Live live;
  LiveClient none(live.node, live.http, *live.handler, "acme", "");
  CHECK(none.status == 400);
  CHECK(none.text.find("fcedge.v1.json") != std::string::npos);
  LiveClient other(live.node, live.http, *live.handler, "acme", "other");
  CHECK(other.status == 400);
  LiveClient nobody(live.node, live.http, *live.handler, "");
  CHECK(nobody.status == 400);
  TestRequest plain(live.http);
  plain.param("tenant", "acme").run(*live.handler);
  CHECK(plain.status == 400);
  CHECK(live.node.count(Counter::sessions_opened) == 0);
}

TEST_CASE("the answer to subscribe comes before the first object of the channel") {
  Live live;
  CHECK(live.node.publish(key_of("acme", "a"), "one") == Status::ok);
  live.node.settle();
  LiveClient client(live.node, live.http, *live.handler);
  client.read();
  CHECK(client.ask(subscribe_text(1, "a", ",\"after\":\"0\"")) ==
        Got{ok(1), message_text("a", "1-1", "one"), ready_text("a", "1-1")});
  CHECK(client.ask(subscribe_text(2, "b", ",\"after\":\"00000000.9-9\"")) ==
        Got{ok(2), R"({"channel":"b","gap":{"reason":"epoch","id":"00000000.1-0"}})",
            ready_text("b", "1-0")});
  CHECK(live.node.publish(key_of("acme", "b"), "two") == Status::ok);
  CHECK(live.node.publish(key_of("acme", "c"), "not for it") == Status::ok);
  CHECK(client.read() == Got{message_text("b", "1-1", "two")});
}

TEST_CASE("unsubscribe is the end of a channel, which may be subscribed to again") {
  Live live;
  LiveClient client(live.node, live.http, *live.handler);
  client.ask(subscribe_text(1, "a"));
  CHECK(error_code(client.ask(subscribe_text(2, "a"))) == "already");
  CHECK(client.ask(R"({"ref":3,"unsubscribe":{"channel":"a"}})") == Got{ok(3)});
  CHECK(error_code(client.ask(R"({"ref":4,"unsubscribe":{"channel":"a"}})")) == "not_subscribed");
  CHECK(live.node.publish(key_of("acme", "a"), "x") == Status::ok);
  CHECK(client.read().empty());
  CHECK(client.ask(subscribe_text(5, "a")) == Got{ok(5), ready_text("a", "1-1")});
  CHECK(live.node.count(Counter::command_errors) == 2);
}

TEST_CASE("what is no command is answered and does no harm") {
  Live live;
  LiveClient client(live.node, live.http, *live.handler);
  client.read();
  CHECK(client.ask("nonsense") ==
        Got{R"({"error":{"code":"invalid","message":"a command is a JSON object"}})"});
  CHECK(error_code(client.ask(R"({"ref":1,"fly":{}})")) == "invalid");
  CHECK(error_code(client.send(R"({"ref":1,"ping":{}})", '\x82').read()) == "invalid");
  CHECK(client.ask(R"({"ref":2,"ping":{}})") == Got{ok(2)});
}

TEST_CASE("two sessions publish to each other, on one shard and across") {
  for (const uint32_t shards : {1u, 3u}) {
    Live live(shards);
    // A loop submits the batch of one context only.
    std::optional<TestHttp> other_http;
    if (shards > 1) other_http.emplace(live.node, shards - 1);
    LiveClient ann(live.node, live.http, *live.handler);
    LiveClient bob(live.node, other_http ? *other_http : live.http, *live.handler);
    // Channels at home on each shard.
    for (uint32_t home = 0; home < shards; ++home) {
      std::string channel;
      for (int i = 0; channel.empty(); ++i) {
        const std::string name = "any:" + std::to_string(i);
        if (key_of("acme", name).home(shards) == home) channel = name;
      }
      ann.ask(subscribe_text(1, channel));
      bob.ask(subscribe_text(1, channel));
      const Got answer = ann.ask(publish_text(2, channel, "hi"));
      const std::string message = message_text(channel, "1-1", "hi");
      // Where the log comes from another shard, "ready" may come with them.
      const auto has = [&](const std::string& text) {
        return std::find(answer.begin(), answer.end(), text) != answer.end();
      };
      CHECK(has(message));
      CHECK(has(ok(2, R"({"id":"00000000.1-1"})")));
      const Got heard = bob.read();
      CHECK(std::count(heard.begin(), heard.end(), message) == 1);
    }
  }
}

TEST_CASE("tenants do not hear each other") {
  Live live;
  LiveClient ann(live.node, live.http, *live.handler, "acme");
  LiveClient bob(live.node, live.http, *live.handler, "bank");
  ann.ask(subscribe_text(1, "any:c"));
  bob.ask(subscribe_text(1, "any:c"));
  CHECK(ann.ask(publish_text(2, "any:c", "ours")).size() == 2);
  CHECK(bob.read().empty());
  CHECK(bob.ask(publish_text(2, "any:c", "theirs")).size() == 2);
  CHECK(ann.read().empty());
}

TEST_CASE("the namespace decides what may be subscribed to and published") {
  Live live;
  LiveClient client(live.node, live.http, *live.handler);
  client.read();
  CHECK(error_code(client.ask(subscribe_text(1, "nope:c"))) == "unknown_namespace");
  CHECK(error_code(client.ask(publish_text(1, "nope:c", "x"))) == "unknown_namespace");
  CHECK(error_code(client.ask(R"({"ref":1,"presence":{"channel":"nope:c"}})")) ==
        "unknown_namespace");
  CHECK(live.node.count(Counter::namespace_unknown) == 3);
  CHECK(error_code(client.ask(publish_text(1, "none:c", "x"))) == "forbidden");
  CHECK(error_code(client.ask(publish_text(1, "token:c", "x"))) == "forbidden");
  CHECK(live.node.count(Counter::publish_forbidden) == 2);
  CHECK(error_code(client.ask(publish_text(1, "small:c", "12345"))) == "too_big");
  CHECK(live.node.count(Counter::limit_message) == 1);
  CHECK(error_code(client.ask(publish_text(1, "small:c", "1234"))) == "rate");
  CHECK(live.node.count(Counter::limit_rate) == 1);
  CHECK(live.node.count(Counter::publish_refused) == 5);
  CHECK(error_code(client.ask(subscribe_text(1, "none:c", ",\"presence\":true"))) == "unsupported");
  CHECK(error_code(client.ask(R"({"ref":1,"presence":{"channel":"none:c"}})")) == "unsupported");
  CHECK(error_code(client.ask(R"({"ref":1,"auth":{"token":"T"}})")) == "unsupported");
  client.ask(subscribe_text(1, "small:c"));
  LiveClient second(live.node, live.http, *live.handler);
  second.read();
  CHECK(error_code(second.ask(subscribe_text(1, "small:c"))) == "limit");
}

TEST_CASE("an audience and a block list keep messages from a session") {
  Live live;
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = identity("ann");
  const auto handler = live_handler(live.node, {}, keeper);
  LiveClient ann(live.node, live.http, *handler);
  keeper->visitor = identity("bob");
  LiveClient bob(live.node, live.http, *handler);
  CHECK(ann.ask(subscribe_text(1, "any:c")).size() == 3);
  bob.ask(subscribe_text(1, "any:c"));
  CHECK(ann.ask(publish_text(2, "any:c", "secret", ",\"users\":[\"ann\"]")).size() == 2);
  CHECK(bob.read().empty());
  CHECK(bob.ask(R"({"ref":3,"block":{"users":["ann"]}})") == Got{ok(3)});
  keeper->next = identity("bob");
  CHECK(bob.ask(R"({"ref":4,"auth":{"token":"bob"}})").size() == 1);  // and it stays blocked
  ann.ask(publish_text(4, "any:c", "blocked"));
  CHECK(bob.read().empty());
  CHECK(bob.ask(R"({"ref":5,"block":{"users":[]}})") == Got{ok(5)});
  ann.ask(publish_text(6, "any:c", "seen", R"(,"key":"k")"));
  CHECK(bob.read() == Got{R"({"channel":"any:c","id":"00000000.1-3","key":"k","data":"seen"})"});
  // The client's own list is of this connection; the filter is of equal subscribers.
  CHECK(live.node.hub(0).filters().size() == 2);
}

TEST_CASE("a session that has gone gets no answer to what is under way") {
  Live live(2);
  const ChannelKey key = key_at(1, 2);
  // Any name of the default namespace: nobody may publish there but with a token.
  auto keeper = std::make_shared<TestDoorkeeper>();
  auto ann = identity("ann");
  ann->lists_channels = true;
  ann->rules = {{"*", kReadRights | static_cast<uint8_t>(Right::publish)}};
  keeper->visitor = ann;
  const auto handler = live_handler(live.node, {}, keeper);
  {
    LiveClient client(live.node, live.http, *handler);
    client.read();
    client.send(publish_text(1, std::string(key.name()), "x"));
    client.send(R"({"ref":2,"presence":{"channel":")" + std::string(key.name()) + "\"}}");
    for (int i = 0; i < 4; ++i) live.node.step(0);
    client.leave();
    for (int i = 0; i < 4; ++i) live.node.step(0);
    CHECK(live.node.count(Counter::sessions_closed) == 1);
  }
  CHECK(live.node.count(Counter::published) == 1);
}

TEST_CASE("loops may end with answers under way") {
  Live live(2);
  const ChannelKey key = key_at(1, 2, 7);
  auto keeper = std::make_shared<TestDoorkeeper>();
  auto ann = identity("ann");
  ann->lists_channels = true;
  ann->rules = {{"*", kReadRights | static_cast<uint8_t>(Right::publish)}};
  keeper->visitor = ann;
  const auto handler = live_handler(live.node, {}, keeper);
  LiveClient client(live.node, live.http, *handler);
  client.read();
  client.send(publish_text(1, std::string(key.name()), "x"));
  client.send(R"({"ref":2,"presence":{"channel":")" + std::string(key.name()) + "\"}}");
  for (int i = 0; i < 4; ++i) live.node.step(0);
  live.http.net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
  live.node.hub(0).stop();
  for (int i = 0; i < 4; ++i) live.node.step(0);
  CHECK(live.node.count(Counter::sessions_closed) == 1);
}

TEST_CASE("presence is told when asked, and in ticks when wanted") {
  Live live(2);
  auto keeper = std::make_shared<TestDoorkeeper>();
  const auto handler = live_handler(live.node, {}, keeper);
  std::string channel = "who:0";
  for (int i = 0; key_of("acme", channel).home(2) != 1; ++i) channel = "who:" + std::to_string(i);
  const auto tick = [&] {
    live.node.pass_ms(0, 1200);
    live.node.settle();
    live.node.pass_ms(1, 1200);
    live.node.settle();
  };
  keeper->visitor = identity("ann");
  LiveClient ann(live.node, live.http, *handler);
  const std::string head = "{\"channel\":\"" + channel + "\",\"presence\":";
  CHECK(ann.ask(subscribe_text(1, channel, ",\"presence\":true")) ==
        Got{kHello.substr(0, 9) + R"({"user":"ann","session":"token","ping_ms":25000}})", ok(1),
            ready_text(channel, "1-0"), head + R"({"count":0,"members":[]}})"});
  tick();
  CHECK(ann.read() == Got{head + R"({"count":1,"join":["ann"],"leave":[]}})"});
  const std::string ask = R"({"ref":2,"presence":{"channel":")" + channel + "\"}}";
  CHECK(ann.ask(ask) == Got{ok(2, R"({"count":1,"members":["ann"]})")});
  CHECK(ann.ask(R"({"ref":3,"presence":{"channel":"any:empty"}})") == Got{ok(3, R"({"count":0})")});
}

TEST_CASE("many channels share one connection fairly") {
  Live live;
  LiveClient client(live.node, live.http, *live.handler);
  client.read();
  for (int i = 0; i < 20; ++i) client.ask(subscribe_text(i, "any:" + std::to_string(i)));
  for (int n = 0; n < 40; ++n)
    CHECK(live.node.publish(key_of("acme", "any:0"), std::to_string(n)) == Status::ok);
  CHECK(live.node.publish(key_of("acme", "any:1"), "quiet") == Status::ok);
  const Got got = client.read();
  REQUIRE(got.size() == 41);
  // The quiet channel had its turn before the loud one was through.
  CHECK(got[40] == message_text("any:0", "1-40", "39"));
  CHECK(std::find(got.begin(), got.end(), message_text("any:1", "1-1", "quiet")) < got.end() - 8);
}
