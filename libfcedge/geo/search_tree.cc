// SPDX-License-Identifier: Apache-2.0
#include "geo/search_tree.h"

#include <algorithm>
#include <utility>

namespace fce {

void SearchTree::finish() {
  shrink(&keys_);
  for (;;) {
    const LargeVector<uint64_t>& below = above_.empty() ? keys_ : above_.back();
    if (below.size() <= kGroup) return;
    LargeVector<uint64_t> level;
    level.reserve((below.size() + kGroup - 1) / kGroup);
    for (size_t i = 0; i < below.size(); i += kGroup) level.push_back(below[i]);
    above_.push_back(std::move(level));
  }
}

size_t SearchTree::find(uint64_t key) const {
  size_t at = 0;
  const auto descend = [&](const LargeVector<uint64_t>& level) {
    at *= kGroup;
    // Both lines of the cache at once, rather than one after the other.
    __builtin_prefetch(&level[at]);
    __builtin_prefetch(&level[std::min(at + kGroup / 2, level.size() - 1)]);
    // All of a group, save the last one of a level, in steps that depend on no outcome.
    for (size_t size = std::min(kGroup, level.size() - at); size > 1;) {
      const size_t half = size / 2;
      at += level[at + half] <= key ? half : 0;
      size -= half;
    }
  };
  for (size_t i = above_.size(); i-- > 0;) descend(above_[i]);
  descend(keys_);
  return at;
}

size_t SearchTree::memory_bytes() const {
  size_t bytes = keys_.capacity() * sizeof(uint64_t);
  for (const LargeVector<uint64_t>& level : above_) bytes += level.capacity() * sizeof(uint64_t);
  return bytes;
}

}  // namespace fce
