// SPDX-License-Identifier: Apache-2.0
// The subscribe hook, by a live session that waits for it.
#include "pubsub/subscribe_hook.h"

#include <doctest/doctest.h>

#include <thread>

#include "live_support.h"
#include "pubsub/feed_handler.h"

using namespace fce;
using namespace fce::test;

namespace {

// A hook that keeps what it is asked.
struct Hook {
  explicit Hook(uint32_t shards = 1, uint32_t limit_ms = 0) : node(shards), http(node, 0) {
    node.pubsub().set_subscribe_hook(std::make_unique<SubscribeHook>(
        [](fce_subscription* subscription, void* user) {
          static_cast<Hook*>(user)->asked.push_back(subscription);
        },
        limit_ms, this, [](void* user) { ++static_cast<Hook*>(user)->released; }));
    keeper->open = true;
    handler = live_handler(node, {}, keeper);
  }
  void decide(HookVerdict verdict, Status expected = Status::ok) {
    CHECK(HookDesk::give_back(asked.front(), std::move(verdict)) == expected);
    asked.erase(asked.begin());
  }
  int released = 0;
  std::vector<fce_subscription*> asked;
  std::shared_ptr<TestDoorkeeper> keeper = std::make_shared<TestDoorkeeper>();
  TestNode node;
  TestHttp http;
  std::shared_ptr<const Handler> handler;
};

std::shared_ptr<const Handler> feed_handler(TestNode& node) {
  fce_feed_options options{};
  options.size = sizeof options;
  options.channel = "{channel}";
  options.tenant = "acme";
  std::shared_ptr<const Handler> feed;
  REQUIRE(FeedHandler::make(node.pubsub(), options, "/{channel}", &feed) == Status::ok);
  return feed;
}

}  // namespace

TEST_CASE("the hook is asked and allows") {
  Hook hook;
  auto ann = identity("ann");
  ann->groups = {"staff"};
  hook.keeper->visitor = ann;
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  CHECK(client.ask(subscribe_text(1, "a", ",\"after\":\"0\"")).empty());
  REQUIRE(hook.asked.size() == 1);
  const HookQuestion& question = hook.asked[0]->question;
  CHECK(question.key == key_of("acme", "a"));
  CHECK(question.user == "ann");
  CHECK(question.groups == std::vector<std::string>{"staff"});
  CHECK(question.peer == "unix");
  CHECK(question.after == "0");
  CHECK(error_code(client.ask(subscribe_text(2, "a"))) == "already");
  CHECK(hook.node.publish(key_of("acme", "a"), "x") == Status::ok);
  CHECK(client.read().empty());
  hook.decide({});
  CHECK(client.read() == Got{ok(1), message_text("a", "1-1", "x"), ready_text("a", "1-1")});
  CHECK(hook.node.count(Counter::hook_calls) == 1);
  HistogramSnapshot asked;
  asked.add(hook.node.counters(0).get(Histogram::hook));
  CHECK(asked.count() == 1);
  CHECK(hook.node.gauge(0, Gauge::live_sessions) == 1);
  CHECK(hook.node.count(Counter::hook_refusals) == 0);
}

TEST_CASE("the hook refuses with a code and a sentence") {
  Hook hook;
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  client.ask(subscribe_text(1, "a"));
  hook.decide({HookVerdict::Kind::forbidden, "members only"});
  CHECK(client.read() == Got{R"({"ref":1,"error":{"code":"forbidden","message":"members only"}})"});
  client.ask(subscribe_text(2, "a"));
  hook.decide({HookVerdict::Kind::unauthorized, ""});
  CHECK(error_code(client.read()) == "unauthorized");
  client.ask(subscribe_text(3, "a"));
  hook.decide({HookVerdict::Kind::busy, ""});
  CHECK(error_code(client.read()) == "busy");
  CHECK(hook.node.count(Counter::hook_refusals) == 3);
  CHECK(hook.node.count(Counter::subscribe_forbidden) == 2);
}

TEST_CASE("a hook that takes too long refuses, and may answer later") {
  Hook hook(1, 1000);
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  client.ask(subscribe_text(1, "a"));
  hook.node.pass_ms(0, 1300);
  CHECK(error_code(client.read()) == "busy");
  CHECK(hook.node.count(Counter::limit_hook_time) == 1);
  hook.decide({});
  CHECK(client.read().empty());
  client.ask(subscribe_text(2, "a"));
  hook.decide({});
  CHECK(client.read().size() == 2);
}

TEST_CASE("unsubscribe ends the wait for the hook") {
  Hook hook;
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  client.ask(subscribe_text(1, "a"));
  const Got got = client.ask(R"({"ref":2,"unsubscribe":{"channel":"a"}})");
  REQUIRE(got.size() == 2);
  CHECK(error_code({got[0]}) == "not_subscribed");
  CHECK(got[1] == ok(2));
  hook.decide({});
  CHECK(client.read().empty());
}

TEST_CASE("whom the hook keeps out neither publishes there nor learns who is there") {
  Hook hook;
  Namespace chat;
  chat.name = "chat";
  chat.publish = PublishRight::any;
  chat.presence = PresenceMode::members;
  REQUIRE(hook.node.pubsub().namespaces().add(chat) == Status::ok);
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  const auto publish = [&] { return client.ask(publish_text(2, "chat:1", "x")); };
  const auto who = [&] { return client.ask(R"({"ref":3,"presence":{"channel":"chat:1"}})"); };
  CHECK(error_code(publish()) == "forbidden");
  CHECK(error_code(who()) == "forbidden");
  client.ask(subscribe_text(1, "chat:1"));
  // As long as it has not decided, too.
  CHECK(error_code(publish()) == "forbidden");
  CHECK(error_code(who()) == "forbidden");
  CHECK(hook.node.count(Counter::published) == 0);
  hook.decide({});
  CHECK(client.read().size() == 2);
  CHECK(error_code(publish()) == "");
  CHECK(error_code(who()) == "");
  CHECK(hook.node.count(Counter::published) == 1);
}

TEST_CASE("rights that a token names hold without the hook") {
  Hook hook;
  Namespace chat;
  chat.name = "chat";
  chat.publish = PublishRight::any;
  REQUIRE(hook.node.pubsub().namespaces().add(chat) == Status::ok);
  const uint8_t rights = kReadRights | mask(Right::publish);
  hook.keeper->visitor = limited("ann", {{"chat:1", rights}, {"chat:2", mask(Right::subscribe)}});
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  CHECK(error_code(client.ask(publish_text(1, "chat:1", "x"))) == "");
  CHECK(error_code(client.ask(R"({"ref":2,"presence":{"channel":"chat:1"}})")) == "");
  CHECK(error_code(client.ask(publish_text(3, "chat:2", "x"))) == "forbidden");
  CHECK(error_code(client.ask(R"({"ref":4,"presence":{"channel":"chat:2"}})")) == "forbidden");
  CHECK(hook.node.count(Counter::published) == 1);
}

TEST_CASE("limits count what waits, and hold again when the hook has decided") {
  Hook hook;
  fce_live_options options{};
  options.channels_max = 1;
  const auto handler = live_handler(hook.node, options, hook.keeper);
  LiveClient client(hook.node, hook.http, *handler);
  client.read();
  client.ask(subscribe_text(1, "a"));
  CHECK(error_code(client.ask(subscribe_text(2, "b"))) == "limit");
  hook.keeper->next = identity("ann");
  CHECK(error_code(client.ask(R"({"ref":3,"auth":{"token":"ann"}})")) == "forbidden");
  hook.decide({});
  CHECK(client.read().size() == 2);
}

TEST_CASE("a client may leave before the hook has decided, and threads may decide") {
  Hook hook;
  {
    LiveClient client(hook.node, hook.http, *hook.handler);
    client.read();
    client.ask(subscribe_text(1, "a"));
  }
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  client.ask(subscribe_text(1, "b"));
  std::thread([&] {
    hook.decide({});
    hook.decide({});
  }).join();
  CHECK(client.read().size() == 2);
}

TEST_CASE("a feed that the hook refuses says how one authenticates where that would help") {
  Hook hook;
  const auto feed = feed_handler(hook.node);
  TestRequest unknown(hook.http), unwanted(hook.http);
  unknown.param("channel", "a").run(*feed);
  unwanted.param("channel", "a").run(*feed);
  hook.decide({HookVerdict::Kind::unauthorized, ""});
  hook.decide({HookVerdict::Kind::forbidden, "members only"});
  hook.node.settle();
  CHECK(unknown.status == 401);
  CHECK(unknown.header("WWW-Authenticate") == "Bearer");
  CHECK(unwanted.status == 403);
  CHECK(unwanted.text == "members only");
  CHECK(unwanted.header("WWW-Authenticate") == "");
}

TEST_CASE("no more questions are out than may be, although nobody waits for them") {
  Hook hook;
  const auto feed = feed_handler(hook.node);
  struct Nobody final : HookWait {
    void on_verdict(const HookVerdict&) override {}
  };
  const SubscribeHook& asked = *hook.node.pubsub().subscribe_hook();
  for (uint32_t i = 0; i < HookDesk::kQuestionsMax; ++i) {
    Nobody leaves;
    REQUIRE(hook.node.hub(0).hooks().ask(asked, {}, leaves) == Status::ok);
  }
  LiveClient client(hook.node, hook.http, *hook.handler);
  client.read();
  CHECK(error_code(client.ask(subscribe_text(1, "a"))) == "busy");
  TestRequest refused(hook.http);
  refused.param("channel", "a").run(*feed);
  CHECK(refused.status == 503);
  CHECK(refused.header("Retry-After") == "1");
  CHECK(hook.node.count(Counter::limit_hooks) == 2);
  CHECK(hook.asked.size() == HookDesk::kQuestionsMax);
  hook.decide({});
  hook.node.settle();
  client.ask(subscribe_text(2, "a"));
  CHECK(error_code(client.ask(subscribe_text(3, "b"))) == "busy");
  CHECK(hook.node.count(Counter::limit_hooks) == 3);
  for (fce_subscription* given : hook.asked) CHECK(HookDesk::give_back(given, {}) == Status::ok);
  CHECK(client.read().size() == 2);
}

TEST_CASE("what is decided after the node has stopped is only freed") {
  Hook hook;
  {
    LiveClient client(hook.node, hook.http, *hook.handler);
    client.read();
    client.ask(subscribe_text(1, "a"));
    client.ask(subscribe_text(2, "b"));
    client.ask(subscribe_text(3, "c"));
    hook.decide({});  // its mail is never delivered
    hook.node.hub(0).stop();
    std::thread([&] { hook.decide({}, Status::canceled); }).join();
  }
  hook.decide({}, Status::canceled);
}
