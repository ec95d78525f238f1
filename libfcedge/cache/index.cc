// SPDX-License-Identifier: Apache-2.0
#include "cache/index.h"

#include <algorithm>
#include <mutex>

#include "cache/index_table.h"

namespace fce {

class alignas(64) IndexStripe {
 public:
  // Calls `act` with the entry of `key`, or null, while the stripe is locked.
  template <class F>
  auto with(const ObjectKey& key, F&& act) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return act(table_, table_.find(key));
  }
  template <class F>
  auto with(F&& act) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return act(table_);
  }

 private:
  std::mutex mutex_;
  IndexTable table_;
};

namespace {

std::optional<IndexEntry> copy_of(const IndexEntry* entry) {
  return entry ? std::optional<IndexEntry>(*entry) : std::nullopt;
}

}  // namespace

Index::Index() : stripes_(std::make_unique<IndexStripe[]>(kStripes)) {}
Index::~Index() = default;

IndexStripe& Index::stripe_of(const ObjectKey& key) const { return stripes_[key.low % kStripes]; }

std::optional<IndexEntry> Index::find(const ObjectKey& key) {
  return stripe_of(key).with(key, [](IndexTable&, IndexEntry* entry) {
    // The line stays clean once there is nothing to count.
    if (entry && entry->frequency < IndexEntry::kFrequencyMax) ++entry->frequency;
    return copy_of(entry);
  });
}

std::optional<IndexEntry> Index::peek(const ObjectKey& key) const {
  return stripe_of(key).with(key,
                             [](IndexTable&, const IndexEntry* entry) { return copy_of(entry); });
}

std::optional<IndexEntry> Index::insert(const IndexEntry& entry) {
  return stripe_of(entry.key).with(entry.key, [&](IndexTable& table, IndexEntry* found) {
    const std::optional<IndexEntry> replaced = copy_of(found);
    if (found) {
      *found = entry;
      found->frequency = std::max(entry.frequency, replaced->frequency);
    } else {
      table.insert(entry);
    }
    return replaced;
  });
}

std::optional<IndexEntry> Index::insert_new(const IndexEntry& entry) {
  return stripe_of(entry.key).with(entry.key, [&](IndexTable& table, const IndexEntry* found) {
    if (!found) table.insert(entry);
    return copy_of(found);
  });
}

bool Index::insert_over(const IndexEntry& entry, const Location& seen) {
  return stripe_of(entry.key).with(entry.key, [&](IndexTable&, IndexEntry* found) {
    if (!found || found->at != seen) return false;
    *found = entry;
    return true;
  });
}

std::optional<IndexEntry> Index::erase(const ObjectKey& key) {
  return stripe_of(key).with(key, [](IndexTable& table, IndexEntry* found) {
    const std::optional<IndexEntry> erased = copy_of(found);
    if (found) table.erase(found);
    return erased;
  });
}

std::optional<IndexEntry> Index::erase_if(const ObjectKey& key, const Location& seen) {
  return stripe_of(key).with(key, [&](IndexTable& table, IndexEntry* found) {
    if (!found || found->at != seen) return std::optional<IndexEntry>();
    const std::optional<IndexEntry> erased = *found;
    table.erase(found);
    return erased;
  });
}

bool Index::move(const ObjectKey& key, const Location& seen, const Location& to,
                 uint32_t frequency) {
  return stripe_of(key).with(key, [&](IndexTable&, IndexEntry* found) {
    if (!found || found->at != seen) return false;
    found->at = to;
    found->frequency = std::min(frequency, IndexEntry::kFrequencyMax);
    return true;
  });
}

bool Index::mark(const ObjectKey& key, const Location& seen, IndexMark mark, bool on) {
  return stripe_of(key).with(key, [&](IndexTable&, IndexEntry* found) {
    if (!found || found->at != seen) return false;
    switch (mark) {
      case IndexMark::verified: found->verified = on; break;
      case IndexMark::in_memory: found->in_memory = on; break;
      case IndexMark::soft_purged: found->soft_purged = on; break;
    }
    return true;
  });
}

void Index::sweep(size_t stripe, uint32_t tenant, std::vector<IndexEntry>* out) {
  stripes_[stripe].with([&](IndexTable& table) {
    table.for_each([&](IndexEntry& entry) {
      if (entry.tenant != tenant) return;
      out->push_back(entry);
      if (entry.frequency > 0) --entry.frequency;
    });
  });
}

size_t Index::size() const {
  size_t size = 0;
  for (size_t i = 0; i < kStripes; ++i)
    size += stripes_[i].with([](const IndexTable& table) { return table.size(); });
  return size;
}

size_t Index::memory_bytes() const {
  size_t bytes = kStripes * sizeof(IndexStripe);
  for (size_t i = 0; i < kStripes; ++i)
    bytes += stripes_[i].with([](const IndexTable& table) { return table.memory_bytes(); });
  return bytes;
}

}  // namespace fce
