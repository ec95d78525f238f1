// SPDX-License-Identifier: Apache-2.0
// Limits, identities and revocations of live sessions.
#include <doctest/doctest.h>
#include <malloc.h>

#include "base/time.h"
#include "live_support.h"

using namespace fce;
using namespace fce::test;

namespace {

Revocation revocation(const char* channel, const char* user, EndReason reason) {
  return {"acme", channel, user, reason};
}

}  // namespace

TEST_CASE("the channels of a connection are bounded") {
  TestNode node(1);
  TestHttp http(node, 0);
  fce_live_options options{};
  options.channels_max = 2;
  const auto handler = live_handler(node, options);
  LiveClient client(node, http, *handler);
  client.read();
  client.ask(subscribe_text(1, "a"));
  client.ask(subscribe_text(2, "b"));
  CHECK(error_code(client.ask(subscribe_text(3, "c"))) == "limit");
  CHECK(node.count(Counter::limit_subscriptions) == 1);
  client.ask(R"({"ref":4,"unsubscribe":{"channel":"a"}})");
  CHECK(client.ask(subscribe_text(5, "c")).size() == 2);
}

TEST_CASE("too many commands close the connection with 4429") {
  TestNode node(1);
  TestHttp http(node, 0);
  fce_live_options options{};
  options.commands_per_s = 1;
  const auto handler = live_handler(node, options);
  LiveClient client(node, http, *handler);
  client.read();
  for (int i = 0; i < 10; ++i) client.send(R"({"ref":1,"ping":{}})");
  const Got got = client.read();
  REQUIRE(!got.empty());
  CHECK(got.size() <= 3);
  CHECK(got.back() == "close 4429 too many commands");
  CHECK(node.count(Counter::limit_commands) == 1);
}

TEST_CASE("where all may publish, so may who may not subscribe but has that right") {
  TestNode node(1);
  TestHttp http(node, 0);
  Namespace open;
  open.name = "open";
  open.publish = PublishRight::any;
  REQUIRE(node.pubsub().namespaces().add(open) == Status::ok);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = limited("ann", {{"open:write", mask(Right::publish)},
                                    {"open:read", mask(Right::subscribe)},
                                    {"open:who", mask(Right::presence)}});
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  client.read();
  CHECK(error_code(client.ask(publish_text(1, "open:write", "x"))) == "");
  CHECK(error_code(client.ask(publish_text(2, "open:read", "x"))) == "");
  CHECK(error_code(client.ask(publish_text(3, "open:who", "x"))) == "forbidden");
  CHECK(error_code(client.ask(publish_text(4, "open:else", "x"))) == "forbidden");
  CHECK(error_code(client.ask(subscribe_text(5, "open:write"))) == "forbidden");
  CHECK(node.count(Counter::published) == 2);
}

TEST_CASE("rights of an identity hold for each channel") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = limited("ann", {{"news-*", kReadRights},
                                    {"news-own", mask(Right::publish)},
                                    {"plain", mask(Right::subscribe)}});
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  client.read();
  CHECK(client.ask(subscribe_text(1, "news-1")).size() == 2);
  CHECK(error_code(client.ask(subscribe_text(2, "private"))) == "forbidden");
  CHECK(error_code(client.ask(R"({"ref":3,"presence":{"channel":"private"}})")) == "forbidden");
  CHECK(node.count(Counter::subscribe_forbidden) == 2);
  CHECK(client.ask(publish_text(4, "news-own", "x")) == Got{ok(4, R"({"id":"00000000.1-1"})")});
  CHECK(error_code(client.ask(publish_text(5, "news-1", "x"))) == "forbidden");
  CHECK(node.count(Counter::publish_forbidden) == 1);
  // Neither presence nor history: a position is a gap then, not silence.
  CHECK(error_code(client.ask(R"({"ref":6,"presence":{"channel":"plain"}})")) == "forbidden");
  CHECK(error_code(client.ask(subscribe_text(7, "plain", ",\"presence\":true"))) == "forbidden");
  CHECK(node.publish(key_of("acme", "plain"), "old") == Status::ok);
  CHECK(client.ask(subscribe_text(8, "plain", ",\"after\":\"0\"")) ==
        Got{ok(8), R"({"channel":"plain","gap":{"reason":"invalid","id":"00000000.1-1"}})",
            ready_text("plain", "1-1")});
}

TEST_CASE("a session without a cookie is told its token") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  auto visitor = identity("anon:1");
  visitor->kind = Identity::Kind::anonymous;
  keeper->visitor = visitor;
  keeper->session = "S";
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  CHECK(client.read() == Got{kHello.substr(0, 9) + R"({"user":"anon:1","session":"anonymous",)" +
                             R"("ping_ms":25000,"session_token":"S"}})"});
}

TEST_CASE("where tokens are demanded, one has to come in time") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  const auto handler = live_handler(node, {}, keeper);
  LiveClient late(node, http, *handler), client(node, http, *handler);
  CHECK(late.read() == Got{kHello});
  client.read();
  CHECK(error_code(client.ask(subscribe_text(1, "a"))) == "unauthorized");
  CHECK(error_code(client.ask(publish_text(1, "a", "x"))) == "unauthorized");
  CHECK(client.ask(R"({"ref":2,"ping":{}})") == Got{ok(2)});
  CHECK(error_code(client.ask(R"({"ref":3,"auth":{"token":"ann"}})")) == "unauthorized");
  keeper->next = identity("ann");
  CHECK(client.ask(R"({"ref":3,"auth":{"token":"ann"}})") ==
        Got{ok(3, R"({"user":"ann","session":"token","ping_ms":25000})")});
  CHECK(client.ask(subscribe_text(4, "a")).size() == 2);
  node.pass_ms(0, LiveSession::kTokenMs + 300);
  CHECK(late.read() == Got{"close 4401 there was no token in time"});
  CHECK(client.ask(R"({"ref":5,"ping":{}})") == Got{ok(5)});
}

TEST_CASE("a route may be open to nobody in particular and take tokens all the same") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->open = true;
  keeper->next = identity("ann");
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  client.read();
  CHECK(client.ask(subscribe_text(1, "a")).size() == 2);
  node.pass_ms(0, LiveSession::kTokenMs + 300);
  CHECK(client.ask(R"({"ref":2,"auth":{"token":"ann"}})").size() == 1);
  keeper->next = identity("bob");
  CHECK(error_code(client.ask(R"({"ref":3,"auth":{"token":"bob"}})")) == "forbidden");
}

TEST_CASE("a token that is not accepted closes with 4401") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->refusal = Refusal::signature;
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  CHECK(client.status == 101);
  CHECK(client.read() == Got{"close 4401 the token's signature is wrong"});
  keeper->refusal = Refusal::tenant;
  LiveClient stranger(node, http, *handler);
  CHECK(stranger.read().back().starts_with("close 4403 "));
}

TEST_CASE("an identity that expires closes the session, unless it was renewed") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = identity("ann", wall_seconds() + 5);
  const auto handler = live_handler(node, {}, keeper);
  LiveClient stays(node, http, *handler), goes(node, http, *handler);
  const Got hello = stays.read();
  REQUIRE(hello.size() == 1);
  CHECK(hello[0].find("\"expires_ms\":") != std::string::npos);
  goes.ask(subscribe_text(1, "a"));
  keeper->next = identity("ann");
  CHECK(stays.ask(R"({"ref":1,"auth":{"token":"ann"}})").size() == 1);
  node.pass_ms(0, 6000);
  CHECK(goes.read() == Got{"close 4401 expired"});
  CHECK(stays.ask(R"({"ref":2,"ping":{}})") == Got{ok(2)});
  CHECK(node.count(Counter::tokens_expired) == 1);
  CHECK(node.count(Counter::unsubscribed) == 1);
}

TEST_CASE("another token that says less ends what it does not allow") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = identity("ann");
  keeper->next = limited("ann", {{"news", kReadRights}});
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  client.ask(subscribe_text(1, "news"));
  client.ask(subscribe_text(2, "private"));
  const Got got = client.ask(R"({"ref":3,"auth":{"token":"ann"}})");
  REQUIRE(got.size() == 2);
  CHECK(got[1] == R"({"channel":"private","end":{"code":4403,"reason":"revoked"}})");
  CHECK(node.publish(key_of("acme", "private"), "x") == Status::ok);
  CHECK(node.publish(key_of("acme", "news"), "y") == Status::ok);
  CHECK(client.read() == Got{message_text("news", "1-1", "y")});
}

TEST_CASE("a renewed token without the right to presence ends the watch, not the subscription") {
  TestNode node(1);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  keeper->visitor = identity("ann");
  keeper->next = limited("ann", {{"news", mask(Right::subscribe)}});
  const auto handler = live_handler(node, {}, keeper);
  LiveClient client(node, http, *handler);
  client.ask(subscribe_text(1, "news", ",\"presence\":true"));
  node.pass_ms(0, 1200);
  client.read();
  LiveClient first(node, http, *handler);
  first.ask(subscribe_text(1, "news"));
  node.pass_ms(0, 1200);
  CHECK(client.read() == Got{R"({"channel":"news","presence":{"count":2}})"});
  CHECK(client.ask(R"({"ref":2,"auth":{"token":"ann"}})").size() == 1);
  LiveClient second(node, http, *handler);
  second.ask(subscribe_text(1, "news"));
  node.pass_ms(0, 1200);
  CHECK(node.publish(key_of("acme", "news"), "x") == Status::ok);
  CHECK(client.read() == Got{message_text("news", "1-1", "x")});
}

TEST_CASE("a locked channel ends its subscriptions, a banned user all of the session") {
  TestNode node(2);
  TestHttp http(node, 0);
  auto keeper = std::make_shared<TestDoorkeeper>();
  const auto handler = live_handler(node, {}, keeper);
  keeper->visitor = identity("ann");
  LiveClient ann(node, http, *handler);
  keeper->visitor = identity("bob");
  LiveClient bob(node, http, *handler), idle(node, http, *handler),
      other(node, http, *handler, "x");
  for (LiveClient* client : {&ann, &bob, &other}) {
    client->ask(subscribe_text(1, "a"));
    client->ask(subscribe_text(2, "b"));
  }
  idle.read();
  node.pubsub().revoke(revocation("a", "", EndReason::locked));
  const Got locked = {R"({"channel":"a","end":{"code":4403,"reason":"locked"}})"};
  CHECK(ann.read() == locked);
  CHECK(bob.read() == locked);
  CHECK(ann.ask(subscribe_text(3, "a")).size() == 2);
  node.pubsub().revoke(revocation("a", "ann", EndReason::revoked));
  CHECK(ann.read() == Got{R"({"channel":"a","end":{"code":4403,"reason":"revoked"}})"});
  node.pubsub().revoke(revocation("", "bob", EndReason::banned));
  CHECK(bob.read() == Got{"close 4403 banned"});
  CHECK(idle.read() == Got{"close 4403 banned"});
  CHECK(node.count(Counter::revoked) == 4);
  CHECK(node.publish(key_of("acme", "b"), "x") == Status::ok);
  CHECK(ann.read() == Got{message_text("b", "1-1", "x")});
  // Users of another tenant are others, whatever their names.
  CHECK(other.ask(R"({"ref":9,"ping":{}})") == Got{ok(9)});
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("an idle session with one channel stays small") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = live_handler(node);
  {
    LiveClient first(node, http, *handler);
    first.ask(subscribe_text(1, "a"));
    // What follows pays for no more than itself.
    const size_t before = mallinfo2().uordblks;
    std::vector<std::unique_ptr<LiveClient>> clients;
    constexpr size_t kClients = 200;
    clients.reserve(kClients);
    for (size_t i = 0; i < kClients; ++i) {
      clients.push_back(std::make_unique<LiveClient>(node, http, *handler));
      clients.back()->ask(subscribe_text(1, "a"));
    }
    const size_t each = (mallinfo2().uordblks - before) / kClients;
    MESSAGE("bytes of a session, with its stream and the test's client: " << each);
    CHECK(each <= 1024 + sizeof(LiveClient) + 600);
  }
}

TEST_CASE("whom an idle session has blocked costs a hash for each name") {
  TestNode node(1);
  TestHttp http(node, 0);
  const auto handler = live_handler(node);
  const auto block = [](int first) {
    std::string names;
    for (int i = 0; i < 200; ++i)
      names += (i ? ",\"" : "\"") + std::string(250, 'x') + std::to_string(first + i) + "\"";
    return R"({"ref":1,"block":{"users":[)" + names + "]}}";
  };
  LiveClient warm(node, http, *handler), client(node, http, *handler);
  warm.read();
  client.read();
  CHECK(warm.ask(block(1000)) == Got{ok(1)});
  const size_t before = mallinfo2().uordblks;
  CHECK(client.ask(block(2000)) == Got{ok(1)});
  CHECK(mallinfo2().uordblks - before < 8192);
}
#endif
