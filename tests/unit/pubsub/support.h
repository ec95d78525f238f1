// SPDX-License-Identifier: Apache-2.0
// A node's publish and subscribe without a network. Its loops are stepped by hand on one thread, so
// every interleaving of shards can be had, and had again.
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "loop/loop.h"
#include "metrics/counters.h"
#include "pubsub/pubsub.h"
#include "pubsub/subscriber.h"

namespace fce::test {

inline ChannelKey key_of(std::string_view tenant, std::string_view name) {
  ChannelKey key;
  if (ChannelKey::make(tenant, name, &key) != Status::ok) std::abort();
  return key;
}

// A channel of tenant "acme" whose home is that shard.
inline ChannelKey key_at(uint32_t home, uint32_t shards, int seed = 0) {
  for (int i = 0;; ++i) {
    ChannelKey key = key_of("acme", "c" + std::to_string(seed) + "-" + std::to_string(i));
    if (key.home(shards) == home) return key;
  }
}

class TestNode {
 public:
  explicit TestNode(uint32_t shards, const PubSubOptions& options = {}, uint32_t mailbox = 65'536) {
    std::vector<PubSubShard> parts;
    for (uint32_t i = 0; i < shards; ++i) {
      counters_.push_back(std::make_unique<Counters>());
      loops_.push_back(std::make_unique<Loop>(1'000'000, mailbox));
      if (loops_.back()->open() != Status::ok) std::abort();
      parts.push_back({*loops_[i], *counters_[i]});
    }
    now_ms_ = monotonic_us() / 1000;
    pubsub_ = std::make_unique<PubSub>(options, parts);
    pubsub_->start();
  }
  // Loops go before the room, as in a real node.
  ~TestNode() { loops_.clear(); }

  PubSub& pubsub() { return *pubsub_; }
  Hub& hub(uint32_t shard) { return pubsub_->hub(shard); }
  Loop& loop(uint32_t shard) { return *loops_[shard]; }
  uint32_t shards() const { return static_cast<uint32_t>(loops_.size()); }
  // One turn.
  void step(uint32_t shard) { uv_run(loops_[shard]->uv(), UV_RUN_NOWAIT); }
  void settle() {
    for (int turn = 0; turn < 8; ++turn)
      for (uint32_t i = 0; i < shards(); ++i) step(i);
  }
  // Lets timers of that shard believe that time has passed.
  void pass_ms(uint32_t shard, uint64_t ms) {
    now_ms_ += ms;
    loops_[shard]->timers().advance(now_ms_);
  }
  uint64_t count(Counter counter) const {
    uint64_t sum = pubsub_->counters().get(counter);
    for (const auto& counters : counters_) sum += counters->get(counter);
    return sum;
  }
  const Counters& counters(uint32_t shard) const { return *counters_[shard]; }
  int64_t gauge(uint32_t shard, Gauge gauge) const { return counters_[shard]->get(gauge); }
  Status publish(const ChannelKey& key, std::string_view text) {
    return pubsub_->publish(key, {as_bytes(text), nullptr}, nullptr, nullptr);
  }
  void drop_loops() { loops_.clear(); }
  void drop_loop(uint32_t shard) { loops_[shard].reset(); }

 private:
  std::vector<std::unique_ptr<Counters>> counters_;
  std::unique_ptr<PubSub> pubsub_;
  std::vector<std::unique_ptr<Loop>> loops_;
  uint64_t now_ms_;
};

// Ids of these nodes, whose origin is 0, are written without it.
inline std::string short_id(const MessageId& id) { return id_text(id).substr(9); }
inline std::string full_id(std::string_view text) { return "00000000." + std::string(text); }
inline Position position_of(std::string_view text) {
  const bool is_short = text.find('-') != std::string_view::npos && text.size() > 2 &&
                        text.find('.') == std::string_view::npos;
  return Position::parse(is_short ? full_id(text) : std::string(text), 0);
}

// A subscriber with a transport that takes so many items a turn, and writes down what it got:
// "1-3 text", "gap expired 1-9", "ready 1-2", "at 1-7", "end revoked".
class Reader final : private Subscriber, private Flushable {
 public:
  Reader(TestNode& node, uint32_t shard, const ChannelKey& key, std::string_view position = "",
         FilterRef filter = {})
      : loop_(node.loop(shard)) {
    subscribe(node.hub(shard), key, position_of(position), std::move(filter));
    loop_.mark_dirty(*this, Lane::fanout);
  }

  // How many items the transport takes from now on; with none it is a client that does not read.
  void set_room(size_t items) {
    room_ = items;
    if (room_ > 0) loop_.mark_dirty(*this, Lane::fanout);
  }
  bool woken_at_all() const { return wakes_ > 0; }
  size_t wakes() const { return wakes_; }

  std::vector<std::string> got;

 private:
  void on_messages() override {
    ++wakes_;
    loop_.mark_dirty(*this, Lane::fanout);
  }
  void flush() override {
    while (room_ > 0) {
      const Item item = take();
      if (item.kind == Item::Kind::none) return;
      --room_;
      got.push_back(text_of(item));
    }
    pending();
  }
  std::string text_of(const Item& item) const {
    switch (item.kind) {
      case Item::Kind::message:
        return short_id(item.message->id()) + " " + std::string(as_text(item.message->payload()));
      case Item::Kind::gap:
        return "gap " + std::string(gap_reason_text(item.reason)) + " " + short_id(reached());
      case Item::Kind::ready: return "ready " + short_id(reached());
      case Item::Kind::at: return "at " + short_id(reached());
      case Item::Kind::end: return "end " + std::string(end_reason_text(item.end));
      case Item::Kind::none: break;
    }
    return "";
  }

  Loop& loop_;
  size_t room_ = SIZE_MAX;
  size_t wakes_ = 0;
};

using Got = std::vector<std::string>;

}  // namespace fce::test
