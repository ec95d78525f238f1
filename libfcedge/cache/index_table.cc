// SPDX-License-Identifier: Apache-2.0
#include "cache/index_table.h"

#include <algorithm>

#include "base/fatal.h"

namespace fce {
namespace {

// Beyond the last home, for those whose homes are taken. That more are needed is next to
// impossible.
constexpr size_t kSlotsMore = 16;

size_t slots_for(size_t homes) { return homes + kSlotsMore; }

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

void IndexTable::lengthen(std::vector<Slot>* slots) {
  slots->reserve(slots->size() + kSlotsMore);  // exactly, where `resize` alone would double it
  slots->resize(slots->size() + kSlotsMore);
}

void IndexTable::insert(const IndexEntry& entry) {
  if (entry.size_units == 0) fatal("cache index: a record without bytes");
  if ((size_ + 1) * 100 > homes_ * kPercentMax) resize((size_ + 1) * 100 / kPercentNew);
  const size_t at = position(entry.key);
  size_t end = at;
  while (!slots_[end].is_empty()) ++end;
  if (end + 1 == slots_.size()) lengthen(&slots_);
  std::move_backward(slots_.begin() + at, slots_.begin() + end, slots_.begin() + end + 1);
  slots_[at].entry = entry;
  ++size_;
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
  std::vector<Slot> slots(slots_for(homes));
  size_t next = 0;
  for (const Slot& slot : slots_) {
    if (slot.is_empty()) continue;
    next = std::max(next, home(slot.entry.key, homes));
    if (next + 1 >= slots.size()) lengthen(&slots);
    slots[next++] = slot;
  }
  slots_ = std::move(slots);
  homes_ = homes;
}

}  // namespace fce
