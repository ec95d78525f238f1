// SPDX-License-Identifier: Apache-2.0
// Ghost: fingerprints of objects that were evicted, so that one that comes back is known. A table
// of cache lines with eight fingerprints and their times each: 8 bytes an object, no lists. The
// fingerprint alone says which line, so that the table can grow; with a million of them in it, one
// of 4,000 strangers passes for an old acquaintance, which only costs a place in the main queue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cache/key.h"

namespace fce {

class Ghost {
 public:
  explicit Ghost(uint64_t memory_bytes_max) { set_memory_bytes_max(memory_bytes_max); }

  // Before the first `add`.
  void set_memory_bytes_max(uint64_t bytes) { lines_max_ = bytes / sizeof(Line); }

  // Remembers the last `window` keys, as far as there is memory: about as many as the main queue
  // holds objects.
  void add(const ObjectKey& key, uint64_t window);
  // Whether a key is among the last `window`; it is forgotten then.
  bool take(const ObjectKey& key, uint64_t window);

  size_t memory_bytes() const { return lines_.capacity() * sizeof(Line); }

 private:
  struct Mark {
    uint32_t fingerprint = 0;
    uint32_t time = 0;  // of `clock_` when it was added; 0: none
  };
  using Line = std::array<Mark, 8>;

  static uint32_t fingerprint(const ObjectKey& key) { return static_cast<uint32_t>(key.low >> 32); }
  Line& line_of(uint32_t fingerprint) {
    return lines_[(uint64_t{fingerprint} * lines_.size()) >> 32];
  }
  void put(const Mark& mark);
  void grow(uint64_t window);

  uint64_t lines_max_ = 0;
  uint32_t clock_ = 0;
  std::vector<Line> lines_;
};

}  // namespace fce
