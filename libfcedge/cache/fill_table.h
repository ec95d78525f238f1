// SPDX-License-Identifier: Apache-2.0
// FillTable: the fills that are under way, so that many who want one object ask for it once; and
// what is known not to be worth waiting for, so that those who want it do not stand in a row.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cache/fill.h"

namespace fce {

class FillTable {
 public:
  // How long an answer that could not be stored keeps others from waiting for the next one.
  static constexpr uint64_t kOwnMs = 60'000;
  static constexpr size_t kOwnMax = 4096;      // of them, per stripe
  static constexpr size_t kChangedMax = 4096;  // of what was changed, per stripe

  explicit FillTable(uint32_t shards) : shards_(shards) {}
  FillTable(const FillTable&) = delete;
  FillTable& operator=(const FillTable&) = delete;

  struct Joined {
    std::shared_ptr<Fill> fill;
    bool begins = false;  // nobody was at it: who called has to begin
  };
  // The fill of that name, with an interest in it. The driver of a new one is to be on `shard`.
  Joined join(const ObjectName& name, uint32_t shard, Loop& loop);
  // One that nobody else will join.
  std::shared_ptr<Fill> alone(const ObjectName& name, uint32_t shard, Loop& loop);

  // Nobody finds it any more.
  void remove(const std::shared_ptr<Fill>& fill);
  // What is under way by that plain name, and of its variants, was asked for before something
  // changed: it is neither to be joined nor kept.
  void invalidate(const ObjectName& name);
  // How many changes there were. Who asks an origin looks before.
  uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  // Whether that has happened since there were so many; or may have, of too many changes.
  bool changed_since(const ObjectName& name, uint64_t changes);

  // Answers for this name are for one request each, as was seen lately.
  void mark_own(const ObjectName& name, uint64_t now_ms);
  void clear_own(const ObjectName& name);
  bool is_own(const ObjectName& name, uint64_t now_ms);

 private:
  // Keyed, since clients choose the names.
  struct Hash {
    size_t operator()(const std::string& text) const;
  };
  template <class Value>
  using Map = std::unordered_map<std::string, Value, Hash>;
  struct Stripe {
    std::mutex mutex;
    Map<std::shared_ptr<Fill>> fills;
    Map<uint64_t> own;       // until when
    Map<uint64_t> changed;   // by which change, the last one
    uint64_t forgotten = 0;  // changes up to this are not remembered one by one
  };
  Stripe& stripe_of(const std::string& key);
  std::shared_ptr<Fill> make(const ObjectName& name, uint32_t shard, Loop& loop) const;

  const uint32_t shards_;
  std::atomic<uint64_t> changes_{0};
  std::array<Stripe, 16> stripes_;
};

}  // namespace fce
