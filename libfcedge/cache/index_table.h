// SPDX-License-Identifier: Apache-2.0
// IndexTable: the entries of one stripe of the index, without a lock. Open addressing with linear
// probing in which entries lie in the order of their keys: a key that is not there is known by the
// first greater one, and growing is one pass from front to back over both tables. So a table may be
// grown by less than twice, and is never less than half full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cache/index.h"

namespace fce {

class IndexTable {
 public:
  IndexTable();

  // Null if it is not there. Valid until the next change.
  IndexEntry* find(const ObjectKey& key);
  // Enters what is not there yet.
  void insert(const IndexEntry& entry);
  // `entry` came from `find`.
  void erase(IndexEntry* entry);

  template <class F>
  void for_each(F&& each) {
    for (Slot& slot : slots_)
      if (!slot.is_empty()) each(slot.entry);
  }

  size_t size() const { return size_; }
  size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr size_t kHomesMin = 16;
  // Parts of the homes that are taken: at most, at least, and after a change of size.
  static constexpr size_t kPercentMax = 86;
  static constexpr size_t kPercentMin = 55;
  static constexpr size_t kPercentNew = 70;

  // Two a cache line, and none in two.
  struct alignas(32) Slot {
    IndexEntry entry;
    // No record is.
    bool is_empty() const { return entry.size_units == 0; }
  };
  size_t home(const ObjectKey& key) const { return home(key, homes_); }
  static size_t home(const ObjectKey& key, size_t homes);
  // The first slot at or after its home that is empty or holds no lesser key.
  size_t position(const ObjectKey& key) const;
  void resize(size_t homes);
  static void lengthen(std::vector<Slot>* slots);

  size_t homes_;
  size_t size_ = 0;
  // One per home, and some for those whose homes at the end are taken; the last is always empty.
  std::vector<Slot> slots_;
};

}  // namespace fce
