// SPDX-License-Identifier: Apache-2.0
#include "pubsub/namespace.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

// A channel of that namespace at home on shard 0.
ChannelKey key_in(const std::string& name, uint32_t shards) {
  for (int i = 0;; ++i) {
    ChannelKey key = key_of("acme", name + ":" + std::to_string(i));
    if (key.home(shards) == 0) return key;
  }
}

Namespace make(const char* name) {
  Namespace made;
  made.name = name;
  return made;
}

}  // namespace

TEST_CASE("a channel's namespace is what stands before its first colon") {
  Namespaces all{Namespace()};
  CHECK(all.add(make("chat")) == Status::ok);
  CHECK(all.find("room")->name == "");
  CHECK(all.find("chat:room")->name == "chat");
  CHECK(all.find("chat:")->name == "chat");
  CHECK(all.find("chat:a:b")->name == "chat");
  CHECK(all.find("chat") == &all.common());
  CHECK(all.find("votes:x") == nullptr);
  CHECK(all.find("Chat:x") == nullptr);
  CHECK(all.find(":x") == nullptr);
  CHECK(all.find("https://example.com/") == nullptr);
}

TEST_CASE("names of namespaces are checked, and given once") {
  Namespaces all{Namespace()};
  for (const char* name : {"A", "a b", "a:b", "\xC3\xA9", "a."}) {
    CAPTURE(name);
    CHECK(all.add(make(name)) == Status::invalid);
  }
  CHECK(all.add(make(std::string(64, 'x').c_str())) == Status::invalid);
  CHECK(all.add(make(std::string(63, 'x').c_str())) == Status::ok);
  CHECK(all.add(make("a_b-9")) == Status::ok);
  CHECK(all.add(make("a_b-9")) == Status::exists);
  Namespace common = make("");
  common.publish_per_s = 7;
  CHECK(all.add(common) == Status::ok);
  CHECK(all.common().publish_per_s == 7);
  CHECK(all.add(common) == Status::exists);
}

TEST_CASE("an unknown namespace is refused") {
  TestNode node(1);
  CHECK(node.publish(key_of("acme", "votes:1"), "x") == Status::not_found);
  CHECK(node.hub(0).check_subscribe(key_of("acme", "votes:1")) == Status::not_found);
  CHECK(node.hub(0).check_subscribe(key_of("acme", "votes")) == Status::ok);
  CHECK(node.count(Counter::namespace_unknown) == 2);
}

TEST_CASE("each namespace has its own limits") {
  TestNode node(2);
  Namespace small = make("small");
  small.message_bytes_max = 3;
  small.audience = false;
  small.subscribers_max = 1;
  CHECK(node.pubsub().namespaces().add(small) == Status::ok);
  const ChannelKey key = key_in("small", 2);
  CHECK(node.publish(key, "1234") == Status::too_big);
  CHECK(node.publish(key_at(0, 2), "1234") == Status::ok);
  Publication::More more;
  more.audience.groups = {"staff"};
  CHECK(node.pubsub().check(key, {as_bytes("x"), &more}) == Status::invalid);
  CHECK(node.pubsub().check(key_at(0, 2), {as_bytes("x"), &more}) == Status::ok);
  more = {};
  more.key = std::string(256, 'k');
  CHECK(node.pubsub().check(key, {as_bytes("x"), &more}) == Status::invalid);
  more.key = "\xFF";
  CHECK(node.pubsub().check(key, {as_bytes("x"), &more}) == Status::invalid);
  more = {};
  more.audience.users.assign(257, "u");
  CHECK(node.pubsub().check(key_at(0, 2), {as_bytes("x"), &more}) == Status::invalid);
  for (const uint32_t shard : {0u, 1u}) {
    CHECK(node.hub(shard).check_subscribe(key) == Status::ok);
    Reader reader(node, shard, key);
    CHECK(node.hub(shard).check_subscribe(key) == Status::full);
  }
}

TEST_CASE("a cache gives its latest message to who comes, and has no gaps") {
  TestNode node(2);
  Namespace cache = make("cache");
  cache.cache = true;
  cache.history.messages_max = 1;
  cache.overflow = Overflow::latest;
  CHECK(node.pubsub().namespaces().add(cache) == Status::ok);
  const ChannelKey key = key_in("cache", 2);
  for (const uint32_t shard : {0u, 1u}) {
    const uint64_t n = node.count(Counter::published);
    const auto id = [&](uint64_t m) { return "1-" + std::to_string(n + m); };
    Reader slow(node, shard, key);
    node.settle();
    CHECK(slow.got.back() == "ready " + id(0));
    slow.set_room(0);
    for (const char* text : {"1", "2", "3"}) {
      CHECK(node.publish(key, text) == Status::ok);
      node.settle();
    }
    Reader fresh(node, shard, key), known(node, shard, key, id(3)), old(node, shard, key, id(1));
    Reader foreign(node, shard, key, "9-9");
    slow.got.clear();
    slow.set_room(100);
    node.settle();
    CHECK(slow.got == Got{id(3) + " 3"});
    CHECK(fresh.got == Got{id(3) + " 3", "ready " + id(3)});
    CHECK(known.got == Got{"ready " + id(3)});
    CHECK(old.got == Got{id(3) + " 3", "ready " + id(3)});
    CHECK(foreign.got == Got{id(3) + " 3", "ready " + id(3)});
  }
  CHECK(node.count(Counter::gaps) == 0);
  CHECK(node.count(Counter::skipped_latest) == 4);
}

TEST_CASE("conflation: a slow subscriber gets the latest of each key") {
  TestNode node(2);
  Namespace votes = make("votes");
  votes.overflow = Overflow::conflate;
  votes.history.messages_max = 4;
  CHECK(node.pubsub().namespaces().add(votes) == Status::ok);
  const ChannelKey key = key_in("votes", 2);
  Reader near(node, 0, key), far(node, 1, key), fast(node, 1, key);
  node.settle();
  near.set_room(0);
  far.set_room(0);
  const auto publish = [&](const std::string& item, int count) {
    Publication::More more;
    more.key = item;
    const std::string text = item + "=" + std::to_string(count);
    CHECK(node.pubsub().publish(key, {as_bytes(text), &more}, nullptr, nullptr) == Status::ok);
  };
  for (int i = 1; i <= 6; ++i) {
    publish("a", i);
    publish("b", i);
    node.settle();
  }
  CHECK(node.publish(key, "plain") == Status::ok);
  near.set_room(100);
  far.set_room(100);
  node.settle();
  const Got expected{"ready 1-0", "1-11 a=6", "1-12 b=6", "1-13 plain"};
  CHECK(near.got == expected);
  CHECK(far.got == expected);
  CHECK(fast.got.size() == 14);
  Reader back(node, 1, key, "1-3"), whole(node, 0, key, "0");
  node.settle();
  CHECK(back.got == Got{"1-11 a=6", "1-12 b=6", "1-13 plain", "ready 1-13"});
  CHECK(whole.got == back.got);
  CHECK(node.count(Counter::gaps) == 0);
  CHECK(node.count(Counter::conflated) == 20);  // on both shards
}

TEST_CASE("whoever was banned hears of that, however far behind") {
  TestNode node(1);
  Namespace strict = make("strict");
  strict.overflow = Overflow::close;
  strict.history.messages_max = 2;
  CHECK(node.pubsub().namespaces().add(strict) == Status::ok);
  const ChannelKey key = key_in("strict", 1);
  Reader slow(node, 0, key);
  node.settle();
  slow.set_room(0);
  for (const char* text : {"1", "2", "3"}) CHECK(node.publish(key, text) == Status::ok);
  node.hub(0).revoke({std::string(key.tenant()), std::string(key.name()), "", EndReason::banned});
  node.settle();
  slow.set_room(100);
  node.settle();
  CHECK(slow.got == Got{"ready 1-0", "end banned"});
  CHECK(node.count(Counter::closed_overflow) == 0);
}

TEST_CASE("a client hears of its position before age takes the messages that were for others") {
  PubSubOptions options;
  options.common.history.age_ms_max = 5;
  TestNode node(1, options);
  const ChannelKey key = key_of("acme", "news");
  Reader reader(node, 0, key);
  node.settle();
  Publication::More more;
  more.audience.users = {"somebody"};
  const std::string_view text = "secret";
  CHECK(node.pubsub().publish(key, {as_bytes(text), &more}, nullptr, nullptr) == Status::ok);
  node.settle();
  CHECK(reader.got == Got{"ready 1-0"});
  // The loop's clock has to pass the age, since that is what expires messages.
  const uint64_t end_ms = node.loop(0).now_ms() + 10;
  while (node.loop(0).now_ms() < end_ms) node.step(0);
  node.pass_ms(0, 1000);
  node.settle();
  CHECK(reader.got == Got{"ready 1-0", "at 1-1"});
}

TEST_CASE("overflow may end a subscription instead of leaving a gap") {
  TestNode node(1);
  Namespace strict = make("strict");
  strict.overflow = Overflow::close;
  strict.history.messages_max = 2;
  CHECK(node.pubsub().namespaces().add(strict) == Status::ok);
  const ChannelKey key = key_in("strict", 1);
  Reader slow(node, 0, key);
  node.settle();
  slow.set_room(0);
  for (const char* text : {"1", "2", "3"}) CHECK(node.publish(key, text) == Status::ok);
  node.settle();
  slow.set_room(100);
  node.settle();
  CHECK(slow.got == Got{"ready 1-0", "end overflow"});
  CHECK(node.publish(key, "4") == Status::ok);
  node.settle();
  CHECK(slow.got.size() == 2);
  CHECK(node.count(Counter::closed_overflow) == 1);
  CHECK(node.count(Counter::unsubscribed) == 1);
}

TEST_CASE("a revocation ends whom it names, on all shards, and nobody else") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2), other = key_at(1, 2, 7);
  const ChannelKey foreign = key_of("globex", key.name());
  const std::vector<std::string> none;
  const auto filter = [&](uint32_t shard, const char* user) {
    return node.hub(shard).filters().get({user, none, {}});
  };
  Reader ann(node, 0, key, "", filter(0, "ann")), far_ann(node, 1, other, "", filter(1, "ann"));
  Reader bob(node, 1, key, "", filter(1, "bob")), alien(node, 1, foreign, "", filter(1, "ann"));
  Reader nobody(node, 1, key);
  node.settle();
  const auto ended = [](const Reader& reader) { return reader.got.back().rfind("end", 0) == 0; };
  node.pubsub().revoke({"acme", "", "ann", EndReason::banned});
  node.settle();
  CHECK(ann.got.back() == "end banned");
  CHECK(far_ann.got.back() == "end banned");
  CHECK_FALSE(ended(bob));
  CHECK_FALSE(ended(alien));
  node.pubsub().revoke({"acme", std::string(key.name()), "", EndReason::locked});
  node.settle();
  CHECK(bob.got.back() == "end locked");
  CHECK(nobody.got.back() == "end locked");
  CHECK_FALSE(ended(alien));
  CHECK(node.count(Counter::revoked) == 4);
}
