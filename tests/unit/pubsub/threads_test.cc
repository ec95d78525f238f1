// SPDX-License-Identifier: Apache-2.0
// Two shards on threads of their own, as in a node. Nothing sleeps: everything waits for what it
// needs to have happened.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

// A number that threads wait for.
class Tally {
 public:
  void add() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++value_;
    changed_.notify_all();
  }
  void wait_for(size_t value) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return value_ >= value; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t value_ = 0;
};

// Runs a function on a loop's thread.
template <class F>
class Call final : public Mail {
 public:
  explicit Call(F function) : function_(std::move(function)) {}
  void deliver() override { function_(); }

 private:
  F function_;
};
template <class F>
void post(Loop& loop, F function) {
  loop.post_always(std::make_unique<Call<F>>(std::move(function)));
}
template <class F>
void call(Loop& loop, F function) {
  Tally done;
  post(loop, [&] {
    function();
    done.add();
  });
  done.wait_for(1);
}

// Checks order while it counts.
class Counting final : private Subscriber, private Flushable {
 public:
  Counting(TestNode& node, uint32_t shard, const ChannelKey& key, Tally& tally)
      : loop_(node.loop(shard)), tally_(tally) {
    subscribe(node.hub(shard), key, {});
    loop_.mark_dirty(*this, Lane::fanout);
  }
  bool dense = true;

 private:
  void on_messages() override { loop_.mark_dirty(*this, Lane::fanout); }
  void flush() override {
    for (;;) {
      const Item item = take();
      if (item.kind == Item::Kind::none) return;
      if (item.kind == Item::Kind::gap) dense = false;
      if (item.kind == Item::Kind::message) {
        dense = dense && item.message->n() == next_++;
        if (as_text(item.message->payload()) != std::to_string(item.message->n())) dense = false;
      }
      tally_.add();
    }
  }
  Loop& loop_;
  Tally& tally_;
  uint64_t next_ = 1;
};

class RunningNode : public TestNode {
 public:
  RunningNode(const PubSubOptions& options, uint32_t mailbox) : TestNode(2, options, mailbox) {
    for (uint32_t shard = 0; shard < 2; ++shard)
      threads_.emplace_back([this, shard] { loop(shard).run(); });
  }
  ~RunningNode() {
    pubsub().stop();
    for (uint32_t shard = 0; shard < 2; ++shard) {
      post(loop(shard), [this, shard] {
        hub(shard).stop();
        loop(shard).stop();
      });
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::vector<std::thread> threads_;
};

void on_published(int, const char*, void* user) { static_cast<Tally*>(user)->add(); }

}  // namespace

TEST_CASE("two threads: everything arrives once and in order on both shards") {
  constexpr size_t kMessages = 3000;
  PubSubOptions options;
  options.common.history.messages_max = 1u << 16;
  options.common.history.bytes_max = 1u << 30;
  RunningNode node(options, 64);
  const ChannelKey key = key_at(0, 2);
  Tally near_tally, far_tally, published;
  std::unique_ptr<Counting> near_reader, far_reader;
  call(node.loop(0), [&] { near_reader = std::make_unique<Counting>(node, 0, key, near_tally); });
  call(node.loop(1), [&] { far_reader = std::make_unique<Counting>(node, 1, key, far_tally); });
  near_tally.wait_for(1);  // ready
  far_tally.wait_for(1);
  for (size_t i = 1; i <= kMessages; ++i) {
    const std::string text = std::to_string(i);
    while (node.pubsub().publish(key, {as_bytes(text), nullptr}, &on_published, &published) !=
           Status::ok)
      published.wait_for(i - 1);  // then the mailbox is empty
  }
  near_tally.wait_for(1 + kMessages);
  far_tally.wait_for(1 + kMessages);
  call(node.loop(0), [&] {
    CHECK(near_reader->dense);
    near_reader.reset();
  });
  call(node.loop(1), [&] {
    CHECK(far_reader->dense);
    far_reader.reset();
  });
}

TEST_CASE("two threads: a shard that stands still with a full mailbox gets all of it later") {
  RunningNode node({}, 4);
  const ChannelKey key = key_at(0, 2);
  Tally tally, standing, go, published;
  std::unique_ptr<Counting> reader;
  call(node.loop(1), [&] { reader = std::make_unique<Counting>(node, 1, key, tally); });
  tally.wait_for(1);
  post(node.loop(1), [&] {
    standing.add();
    go.wait_for(1);
  });
  standing.wait_for(1);
  for (int i = 0; i < 4; ++i) post(node.loop(1), [] {});
  for (size_t i = 1; i <= 10; ++i) {
    const std::string text = std::to_string(i);
    REQUIRE(node.pubsub().publish(key, {as_bytes(text), nullptr}, &on_published, &published) ==
            Status::ok);
    published.wait_for(i);
    call(node.loop(0), [] {});  // a later turn: the outbox has tried
  }
  CHECK(node.count(Counter::mailbox_full) >= 1);
  go.add();
  tally.wait_for(1 + 10);
  CHECK(node.count(Counter::holes_pulled) >= 1);
  call(node.loop(1), [&] {
    CHECK(reader->dense);
    reader.reset();
  });
}
