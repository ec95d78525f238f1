// SPDX-License-Identifier: Apache-2.0
// SearchTree: millions of sorted keys in which a search misses the processor's caches twice or
// thrice, where halving would twenty times. Above the keys stand every 16th of them, above those
// every 16th of those, up to a single group of 16; each step down looks at one group, two lines of
// the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "geo/large_vector.h"

namespace fce {

class SearchTree {
 public:
  // Greater than the one before; the first is 0.
  void push_back(uint64_t key) { keys_.push_back(key); }
  // After the last.
  void finish();

  // The last key that is at most `key`. Only of a finished tree with keys.
  size_t find(uint64_t key) const;
  uint64_t operator[](size_t i) const { return keys_[i]; }
  uint64_t back() const { return keys_.back(); }
  size_t size() const { return keys_.size(); }
  size_t memory_bytes() const;

 private:
  static constexpr size_t kGroup = 16;

  LargeVector<uint64_t> keys_;
  std::vector<LargeVector<uint64_t>> above_;  // the lowest first
};

}  // namespace fce
