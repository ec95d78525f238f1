// SPDX-License-Identifier: Apache-2.0
#include "cache/index_table.h"

#include <algorithm>

#include "base/fatal.h"

namespace fce {
namespace {

// Homes at the end may have more entries than slots; how many more is a matter of luck, and what
// does not fit has the table grow.
size_t slots_for(size_t homes) { return homes + 16 + homes / 256; }

}  // namespace

IndexTable::IndexTable() : homes_(kHomesMin), slots_(slots_for(kHomesMin)) {}

size_t IndexTable::home(const ObjectKey& key, size_t homes) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<size_t>((Wide{key.high} * homes) >> 64);
}

size_t IndexTable::position(const ObjectKey& key) const {
  size_t at = home(key);
  while (!slots_[at].is_empty() && slots_[at].entry.key < key) ++at;
  return at;
}

IndexEntry* IndexTable::find(const ObjectKey& key) {
  Slot& slot = slots_[position(key)];
  return !slot.is_empty() && slot.entry.key == key ? &slot.entry : nullptr;
}

void IndexTable::insert(const IndexEntry& entry) {
  if (entry.size_units == 0) fatal("cache index: a record without bytes");
  if ((size_ + 1) * 100 > homes_ * kPercentMax) resize((size_ + 1) * 100 / kPercentNew);
  for (;;) {
    const size_t at = position(entry.key);
    size_t end = at;
    while (!slots_[end].is_empty()) ++end;
    if (end + 1 < slots_.size()) {
      std::move_backward(slots_.begin() + at, slots_.begin() + end, slots_.begin() + end + 1);
      slots_[at].entry = entry;
      ++size_;
      return;
    }
    resize(homes_ + homes_ / 8);  // the run at the end has reached the last slot
  }
}

void IndexTable::erase(IndexEntry* entry) {
  size_t hole = static_cast<size_t>(reinterpret_cast<Slot*>(entry) - slots_.data());
  // What stands after it and not at home moves up.
  while (!slots_[hole + 1].is_empty() && home(slots_[hole + 1].entry.key) <= hole) {
    slots_[hole] = slots_[hole + 1];
    ++hole;
  }
  slots_[hole] = Slot();
  --size_;
  if (homes_ > kHomesMin && size_ * 100 < homes_ * kPercentMin)
    resize(std::max(kHomesMin, size_ * 100 / kPercentNew));
}

void IndexTable::resize(size_t homes) {
  for (;; homes += homes / 8) {
    std::vector<Slot> slots(slots_for(homes));
    size_t next = 0;
    bool fits = true;
    for (const Slot& slot : slots_) {
      if (slot.is_empty()) continue;
      next = std::max(next, home(slot.entry.key, homes));
      fits = next + 1 < slots.size();
      if (!fits) break;
      slots[next++] = slot;
    }
    if (!fits) continue;
    slots_ = std::move(slots);
    homes_ = homes;
    return;
  }
}

}  // namespace fce
