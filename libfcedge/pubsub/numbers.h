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
  // How many channels are remembered, at least; about 50 bytes each.
  static constexpr size_t kKept = 65'536;

  explicit Numbers(size_t kept = kKept) : kept_(kept) {}

  // The next number of a channel that begins. One that is forgotten begins above all that were.
  uint64_t take(const ChannelKey& key) {
    // Keys with one hash, which nobody can choose, only share a number.
    for (Map* map : {&recent_, &former_}) {
      if (const auto found = map->find(key.hash()); found != map->end()) {
        const uint64_t next = found->second;
        map->erase(found);
        return std::max(next, floor_);
      }
    }
    return floor_;
  }

  void keep(const ChannelKey& key, uint64_t next) {
    if (next <= floor_) return;  // it begins there in any case
    if (recent_.size() >= kept_) {
      for (const auto& [hash, number] : former_) floor_ = std::max(floor_, number);
      former_ = std::exchange(recent_, {});
    }
    uint64_t& kept = recent_[key.hash()];
    kept = std::max(kept, next);
  }

 private:
  using Map = std::unordered_map<uint64_t, uint64_t>;  // by the key's hash

  const size_t kept_;
  uint64_t floor_ = 1;
  Map recent_;
  Map former_;  // forgotten all at once, when as many have gone again
};

}  // namespace fce
