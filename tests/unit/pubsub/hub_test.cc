// SPDX-License-Identifier: Apache-2.0
#include "pubsub/hub.h"

#include <doctest/doctest.h>

#include <string>

#include "support.h"

using namespace fce;
using namespace fce::test;

TEST_CASE("a publication reaches the subscribers of all shards, and of this channel only") {
  TestNode node(3);
  const ChannelKey key = key_at(1, 3);
  const ChannelKey other = key_of("globex", key.name());
  Reader a(node, 0, key), b(node, 1, key), c(node, 2, key);
  Reader foreign(node, 0, other), also_foreign(node, 1, other);
  node.settle();
  CHECK(node.publish(key, "hello") == Status::ok);
  CHECK(node.publish(key, "again") == Status::ok);
  node.settle();
  const Got expected{"ready 1-0", "1-1 hello", "1-2 again"};
  CHECK(a.got == expected);
  CHECK(b.got == expected);
  CHECK(c.got == expected);
  CHECK(foreign.got == Got{"ready 1-0"});
  CHECK(also_foreign.got == Got{"ready 1-0"});
  CHECK(node.count(Counter::published) == 2);
  CHECK(node.count(Counter::delivered) == 6);
  CHECK(node.count(Counter::replayed) == 0);
}

TEST_CASE("the publications of a turn wake a subscriber once") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  Reader near(node, 0, key), far(node, 1, key);
  node.settle();
  const size_t near_before = near.wakes();
  const size_t far_before = far.wakes();
  for (int i = 0; i < 50; ++i) CHECK(node.publish(key, "x") == Status::ok);
  node.settle();
  CHECK(near.got.size() == 51);
  CHECK(far.got.size() == 51);
  CHECK(near.wakes() == near_before + 1);
  CHECK(far.wakes() == far_before + 1);
}

TEST_CASE("a subscriber that joins while messages are under way has no seam") {
  for (uint32_t home : {0u, 1u}) {
    TestNode node(2);
    const ChannelKey key = key_at(home, 2);
    for (const char* text : {"1", "2", "3"}) CHECK(node.publish(key, text) == Status::ok);
    node.step(home);
    CHECK(node.publish(key, "4") == Status::ok);
    Reader whole(node, 0, key, "0"), after(node, 0, key, "1-2");
    CHECK(node.publish(key, "5") == Status::ok);
    node.settle();
    CHECK(node.publish(key, "6") == Status::ok);
    node.settle();
    const auto messages = [](const Reader& reader) {
      Got lines;
      for (const std::string& line : reader.got)
        if (line[0] == '1') lines.push_back(line);
      return lines;
    };
    CHECK(messages(whole) == Got{"1-1 1", "1-2 2", "1-3 3", "1-4 4", "1-5 5", "1-6 6"});
    CHECK(messages(after) == Got{"1-3 3", "1-4 4", "1-5 5", "1-6 6"});
    CHECK(whole.got.size() == 7);
    CHECK(after.got.size() == 5);
  }
}

TEST_CASE("positions that cannot be resumed are a gap, then ready, then live") {
  PubSubOptions options;
  options.epoch = 7;
  options.common.history.messages_max = 2;
  for (uint32_t shard : {0u, 1u}) {
    TestNode node(2, options);
    const ChannelKey key = key_at(0, 2);
    for (const char* text : {"1", "2", "3", "4"}) CHECK(node.publish(key, text) == Status::ok);
    node.settle();
    Reader expired(node, shard, key, "7-1"), epoch(node, shard, key, "6-4");
    Reader invalid(node, shard, key, "x"), ahead(node, shard, key, "7-5");
    Reader good(node, shard, key, "7-2");
    node.settle();
    CHECK(node.publish(key, "5") == Status::ok);
    node.settle();
    CHECK(expired.got == Got{"gap expired 7-4", "ready 7-4", "7-5 5"});
    CHECK(epoch.got == Got{"gap epoch 7-4", "ready 7-4", "7-5 5"});
    CHECK(invalid.got == Got{"gap invalid 7-4", "ready 7-4", "7-5 5"});
    CHECK(ahead.got == Got{"gap invalid 7-4", "ready 7-4", "7-5 5"});
    CHECK(good.got == Got{"7-3 3", "7-4 4", "ready 7-4", "7-5 5"});
    CHECK(node.count(Counter::gaps) == 4);
    CHECK(node.count(Counter::replayed) == 2);
  }
}

TEST_CASE("a slow subscriber keeps its place until the ring has passed it, then has one gap") {
  PubSubOptions options;
  options.common.history.messages_max = 4;
  TestNode node(2, options);
  const ChannelKey key = key_at(0, 2);
  Reader slow(node, 1, key), fast(node, 1, key);
  node.settle();
  slow.set_room(0);
  for (int i = 1; i <= 4; ++i) CHECK(node.publish(key, std::to_string(i)) == Status::ok);
  node.settle();
  CHECK(slow.got == Got{"ready 1-0"});
  slow.set_room(1);
  node.settle();
  CHECK(slow.got == Got{"ready 1-0", "1-1 1"});
  for (int i = 5; i <= 9; ++i) {
    CHECK(node.publish(key, std::to_string(i)) == Status::ok);
    node.settle();
  }
  slow.set_room(100);
  CHECK(node.publish(key, "10") == Status::ok);
  node.settle();
  CHECK(slow.got.size() == 3);
  CHECK(slow.got.back() == "gap overflow 1-10");
  CHECK(node.publish(key, "11") == Status::ok);
  node.settle();
  CHECK(slow.got.back() == "1-11 11");
  CHECK(fast.got.size() == 12);
  CHECK(node.count(Counter::gaps) == 1);
}

TEST_CASE("a full mailbox delays and does not lose") {
  TestNode node(2, {}, 1);
  const ChannelKey key = key_at(0, 2);
  Reader reader(node, 1, key);
  node.settle();
  // Fills the mailbox of shard 1, which does not run meanwhile.
  const ChannelKey elsewhere = key_at(1, 2);
  CHECK(node.publish(elsewhere, "in the way") == Status::ok);
  for (int i = 1; i <= 3; ++i) {
    CHECK(node.publish(key, std::to_string(i)) == Status::ok);
    node.step(0);
    node.pass_ms(0, 1000);
    node.step(0);
  }
  CHECK(node.count(Counter::mailbox_full) >= 2);
  CHECK(node.count(Counter::holes_pulled) == 0);
  node.settle();
  CHECK(reader.got == Got{"ready 1-0"});
  node.pass_ms(0, 1000);
  node.settle();
  CHECK(reader.got == Got{"ready 1-0", "1-1 1", "1-2 2", "1-3 3"});
  CHECK(node.count(Counter::holes_pulled) == 1);
}

TEST_CASE("a client that read more on another shard waits until the replica has caught up") {
  TestNode node(2, {}, 1);
  const ChannelKey key = key_at(0, 2);
  Reader far(node, 1, key);
  node.settle();
  CHECK(node.publish(key_at(1, 2), "in the way") == Status::ok);
  for (const char* text : {"1", "2"}) {
    CHECK(node.publish(key, text) == Status::ok);
    node.step(0);
  }
  CHECK(node.count(Counter::mailbox_full) == 1);
  Reader behind(node, 1, key, "1-1"), ahead(node, 1, key, "1-2"), forged(node, 1, key, "1-3");
  node.settle();
  // It pulled what was missing, without waiting for the timer.
  CHECK(far.got == Got{"ready 1-0", "1-1 1", "1-2 2"});
  CHECK(behind.got == Got{"1-2 2", "ready 1-2"});
  CHECK(ahead.got == Got{"ready 1-2"});
  CHECK(forged.got == Got{"gap invalid 1-2", "ready 1-2"});
  CHECK(node.count(Counter::holes_pulled) == 1);
  // The outbox that had been behind goes on by itself.
  CHECK(node.publish(key, "3") == Status::ok);
  node.pass_ms(0, 1000);
  node.settle();
  CHECK(far.got.back() == "1-3 3");
}

TEST_CASE("an answer to a replica that has gone is not taken for one to its successor") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  auto first = std::make_unique<Reader>(node, 1, key);
  node.settle();
  auto asks = std::make_unique<Reader>(node, 1, key, "1-1");
  node.step(0);  // the answer is under way: there is nothing
  CHECK(node.publish(key, "1") == Status::ok);
  node.step(0);
  first.reset();
  asks.reset();
  CHECK(node.hub(1).find_replica(key) == nullptr);
  Reader successor(node, 1, key, "1-1");
  node.settle();
  CHECK(successor.got == Got{"ready 1-1"});
}

TEST_CASE("what the home's ring passed while a mailbox was full is a gap") {
  PubSubOptions options;
  options.common.history.messages_max = 2;
  TestNode node(2, options, 1);
  const ChannelKey key = key_at(0, 2);
  Reader reader(node, 1, key);
  node.settle();
  CHECK(node.publish(key_at(1, 2), "in the way") == Status::ok);
  for (int i = 1; i <= 5; ++i) {
    CHECK(node.publish(key, std::to_string(i)) == Status::ok);
    node.step(0);
  }
  node.settle();
  node.pass_ms(0, 1000);
  node.settle();
  CHECK(reader.got == Got{"ready 1-0", "gap overflow 1-5"});
  CHECK(node.publish(key, "6") == Status::ok);
  node.settle();
  CHECK(reader.got.back() == "1-6 6");
}

TEST_CASE("publishing into a full mailbox is refused, and counted") {
  TestNode node(1, {}, 2);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "1") == Status::ok);
  CHECK(node.publish(key, "2") == Status::ok);
  CHECK(node.publish(key, "3") == Status::full);
  CHECK(node.count(Counter::publish_refused) == 1);
  CHECK(node.count(Counter::mailbox_full) == 1);
  node.settle();
  CHECK(node.publish(key, "3") == Status::ok);
}

TEST_CASE("a replica lingers, then its interest is withdrawn, and it may come again") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  auto first = std::make_unique<Reader>(node, 1, key);
  node.settle();
  CHECK(node.publish(key, "1") == Status::ok);
  node.settle();
  first.reset();
  node.settle();
  CHECK(node.hub(1).find_replica(key) != nullptr);
  {
    Reader back(node, 1, key, "1-0");
    node.settle();
    CHECK(back.got == Got{"1-1 1", "ready 1-1"});
    node.pass_ms(1, 60'000);  // not while somebody reads
    CHECK(node.hub(1).find_replica(key) != nullptr);
  }
  node.pass_ms(1, 60'000);
  CHECK(node.hub(1).find_replica(key) == nullptr);
  CHECK(node.publish(key, "2") == Status::ok);
  // The withdrawal is still under way when the next subscriber asks.
  Reader again(node, 1, key, "1-1");
  node.settle();
  CHECK(node.publish(key, "3") == Status::ok);
  node.settle();
  CHECK(again.got == Got{"1-2 2", "ready 1-2", "1-3 3"});
}

TEST_CASE("a channel that nothing was published to goes with its subscribers") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  auto reader = std::make_unique<Reader>(node, 1, key);
  node.settle();
  CHECK(node.hub(1).find_replica(key) != nullptr);
  reader.reset();
  CHECK(node.hub(1).find_replica(key) == nullptr);
  node.settle();
  // A subscriber that leaves before the log arrived.
  reader = std::make_unique<Reader>(node, 1, key);
  reader.reset();
  CHECK(node.hub(1).find_replica(key) != nullptr);
  node.settle();
  CHECK(node.hub(1).find_replica(key) == nullptr);
}

TEST_CASE("publications are checked before they travel") {
  PubSubOptions options;
  options.common.message_bytes_max = 4;
  TestNode node(1, options);
  const ChannelKey key = key_of("acme", "news");
  CHECK(node.publish(key, "1234") == Status::ok);
  CHECK(node.publish(key, "") == Status::ok);
  CHECK(node.publish(key, "12345") == Status::too_big);
  CHECK(node.publish(key, "\xC3") == Status::utf8);
  CHECK(node.count(Counter::publish_refused) == 2);
  CHECK(node.count(Counter::limit_message) == 1);
}

namespace {

struct Told {
  int calls = 0;
  int status = 1;
  std::string id;
  static void on_published(int status, const char* id, void* user) {
    auto* told = static_cast<Told*>(user);
    ++told->calls;
    told->status = status;
    told->id = id;
  }
};

}  // namespace

TEST_CASE("the outcome of a publication is told exactly once") {
  PubSubOptions options;
  options.epoch = 9;
  TestNode node(1, options);
  const ChannelKey key = key_of("acme", "news");
  Told good, stopped, refused, lost;
  CHECK(node.pubsub().publish(key, {as_bytes("1"), nullptr}, &Told::on_published, &good) ==
        Status::ok);
  CHECK(good.calls == 0);
  node.settle();
  CHECK(good.calls == 1);
  CHECK(good.status == FCE_OK);
  CHECK(good.id == "00000000.9-1");
  // Mail that arrives after the stop.
  CHECK(node.pubsub().publish(key, {as_bytes("2"), nullptr}, &Told::on_published, &stopped) ==
        Status::ok);
  node.pubsub().stop();
  node.hub(0).stop();
  CHECK(node.pubsub().publish(key, {as_bytes("3"), nullptr}, &Told::on_published, &refused) ==
        Status::bad_state);
  node.settle();
  CHECK(stopped.calls == 1);
  CHECK(stopped.status == FCE_ESTATE);
  CHECK(refused.calls == 0);
  // Mail that never arrives.
  node.pubsub().start();
  CHECK(node.pubsub().publish(key, {as_bytes("4"), nullptr}, &Told::on_published, &lost) ==
        Status::ok);
  CHECK(lost.calls == 0);
  node.drop_loops();
  CHECK(lost.calls == 1);
  CHECK(lost.status == FCE_ECANCELED);
}

TEST_CASE("a stopped hub lets its subscribers go, and takes no harm from late mail") {
  TestNode node(2);
  const ChannelKey key = key_at(0, 2);
  Reader near(node, 0, key), far(node, 1, key);
  node.settle();
  CHECK(node.publish(key, "1") == Status::ok);
  node.step(0);  // a batch for shard 1 is under way
  Reader joining(node, 1, key_at(0, 2, 5));
  node.hub(0).stop();
  node.hub(1).stop();
  node.settle();
  CHECK(far.got == Got{"ready 1-0"});
  Reader late(node, 0, key);
  node.settle();
  CHECK(late.got.empty());
}
