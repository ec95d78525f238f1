// SPDX-License-Identifier: Apache-2.0
// MemoryTier: small hot objects, ready to be sent. Values are immutable and shared by count, so a
// hit is one stripe's mutex and one reference. Each stripe is an S3-FIFO of objects with its part
// of the bytes; what counts is all that is allocated: values, nodes, tables, fingerprints.
//
// It must never have what the index has replaced. So who changes the index (purges, soft ones too)
// does that first and calls `erase` then; who reads a record from disk calls `put` and then
// `Index::mark(key, seen, in_memory, true)`, and if that is false, `erase_if(key, value)`.
//
// Any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "cache/key.h"

namespace fce {

struct MemoryTierOptions {
  uint64_t bytes_max = 0;               // 0: there is none
  double share = 1.0;                   // of it, for each tenant
  uint64_t object_bytes_max = 1 << 20;  // and at most an eighth of a stripe
};

struct MemoryTierStats {
  uint64_t bytes = 0;
  uint64_t objects = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t evicted = 0;        // for others
  uint64_t evicted_share = 0;  // for the same tenant's, whose share was full
  uint64_t refused = 0;        // too large
};

struct LockedMemoryStripe;

// The tier without the type of what it keeps.
class MemoryTable {
 public:
  using Value = std::shared_ptr<const void>;

  explicit MemoryTable(const MemoryTierOptions& options);
  ~MemoryTable();

  Value find(const ObjectKey& key);
  bool put(const ObjectKey& key, uint64_t tenant, Value value, uint64_t value_bytes);
  void erase(const ObjectKey& key);
  void erase_if(const ObjectKey& key, const void* value);
  bool take_hit(const ObjectKey& key);
  void clear();
  MemoryTierStats stats() const;
  bool enabled() const { return stripes_count_ > 0; }
  // The largest value that is taken, its node included.
  uint64_t value_bytes_max() const { return value_bytes_max_; }

 private:
  LockedMemoryStripe& stripe_of(const ObjectKey& key) const;

  size_t stripes_count_ = 0;
  uint64_t value_bytes_max_ = 0;
  std::unique_ptr<LockedMemoryStripe[]> stripes_;
};

// T has `uint64_t memory_bytes() const`: all that its destruction frees.
template <class T>
class MemoryTier {
 public:
  explicit MemoryTier(const MemoryTierOptions& options) : table_(options) {}

  // Null if it is not there. Counts as a hit.
  std::shared_ptr<const T> find(const ObjectKey& key) {
    return std::static_pointer_cast<const T>(table_.find(key));
  }
  // In place of what was there; false if it is too large, or the tier is off: nothing is there
  // then. `tenant` is the hash that its share goes by.
  bool put(const ObjectKey& key, uint64_t tenant, std::shared_ptr<const T> value) {
    const uint64_t bytes = value->memory_bytes();
    return table_.put(key, tenant, std::move(value), bytes);
  }
  void erase(const ObjectKey& key) { table_.erase(key); }
  // Only if it still is that one.
  void erase_if(const ObjectKey& key, const std::shared_ptr<const T>& value) {
    table_.erase_if(key, value.get());
  }
  // Whether it was hit since this was asked last: what is hot in memory must not leave the disk.
  bool take_hit(const ObjectKey& key) { return table_.take_hit(key); }
  void clear() { table_.clear(); }
  MemoryTierStats stats() const { return table_.stats(); }
  bool enabled() const { return table_.enabled(); }
  uint64_t value_bytes_max() const { return table_.value_bytes_max(); }

 private:
  MemoryTable table_;
};

}  // namespace fce
