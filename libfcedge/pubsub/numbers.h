// SPDX-License-Identifier: Apache-2.0
// Numbers: where channels that have gone would go on. No number is ever given twice, and a client
// that had read all of such a channel misses nothing when it comes back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "pubsub/key.h"

namespace fce {

class Numbers {
 public:
  // How many channels are remembered, at least; about 60 bytes each.
  static constexpr size_t kKept = 65'536;

  struct Gone {
    uint64_t next = 1;        // the number of its next message
    uint64_t evicted_us = 0;  // when it had to go with its log, on the monotonic clock; 0: never
  };

  explicit Numbers(size_t kept = kKept) : kept_(kept) {}

  // What is known of a channel that is not there. One that is forgotten begins above all that were,
  // and may have been any of them.
  Gone find(const ChannelKey& key) const {
    // Keys with one hash, which nobody can choose, only share a number.
    for (const Map* map : {&recent_, &former_}) {
      if (const auto found = map->find(key.hash()); found != map->end())
        return {std::max(found->second.next, floor_.next), found->second.evicted_us};
    }
    return floor_;
  }
  // The same, for one that begins.
  Gone take(const ChannelKey& key) {
    const Gone gone = find(key);
    recent_.erase(key.hash());
    former_.erase(key.hash());
    return gone;
  }

  void keep(const ChannelKey& key, const Gone& gone) {
    // It begins there in any case.
    if (gone.next <= floor_.next && gone.evicted_us <= floor_.evicted_us) return;
    if (recent_.size() >= kept_) {
      for (const auto& [hash, forgotten] : former_) floor_ = latest(floor_, forgotten);
      former_ = std::exchange(recent_, {});
    }
    Gone& kept = recent_[key.hash()];
    kept = latest(kept, gone);
  }

 private:
  using Map = std::unordered_map<uint64_t, Gone>;  // by the key's hash

  static Gone latest(const Gone& a, const Gone& b) {
    return {std::max(a.next, b.next), std::max(a.evicted_us, b.evicted_us)};
  }

  const size_t kept_;
  Gone floor_;
  Map recent_;
  Map former_;  // forgotten all at once, when as many have gone again
};

}  // namespace fce
