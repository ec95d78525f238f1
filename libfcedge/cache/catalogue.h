// SPDX-License-Identifier: Apache-2.0
// Catalogue: what is known of the objects of a store: those in the index, and those that were put
// and wait to be written. All changes of one object go through one stripe's mutex, in the order of
// their sequence numbers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/eviction.h"
#include "cache/index.h"
#include "cache/memory_tier.h"
#include "cache/record.h"
#include "cache/stored_object.h"
#include "cache/tenant_shares.h"

namespace fce {

// Deletes the files of large objects that nobody finds any more.
class LargeGone {
 public:
  // From any thread.
  virtual void on_large_gone(uint32_t number) = 0;

 protected:
  ~LargeGone() = default;
};

// An object that was put and waits.
struct Put {
  RecordHead head;
  ChunkRef payload;  // of a small object: name, meta, body, and room for the tag
  ObjectRef object;  // of a small object

  ObjectSizes sizes() const {
    return {head.tenant_bytes, head.key_bytes, head.meta_bytes, head.body_bytes};
  }
};

class Catalogue {
 public:
  struct Parts {
    Index& index;
    Eviction& eviction;
    TenantShares& shares;
    MemoryTier<StoredObject>& memory;
    LargeGone& gone;
  };
  Catalogue(const Parts& parts, uint64_t first_sequence)
      : parts_(parts), sequence_(first_sequence) {}

  // ---- any thread ----

  // Gives the put its number, and those who look for the key the object (small ones only).
  void announce(Put* put);
  // What waits to be written, if it is small.
  ObjectRef waiting(const ObjectKey& key) const;
  // The number of what waits, large or small; 0: nothing does.
  uint64_t waiting_sequence(const ObjectKey& key) const;
  struct Erased {
    bool found = false;
    uint64_t sequence = 0;
  };
  Erased erase(const ObjectKey& key);
  // An entry turned out to be no good: it goes, if it is still what it was.
  void forget(const IndexEntry& entry);
  // What the index had is not found any more.
  void retire(const IndexEntry& entry);
  uint64_t sequence() const { return sequence_.load(std::memory_order_relaxed); }
  uint64_t next_sequence() { return sequence_.fetch_add(1, std::memory_order_relaxed) + 1; }
  bool recovering() const { return recovering_.load(std::memory_order_acquire); }

  // ---- the store's thread ----

  // Whether nothing has taken its place since it was announced.
  bool waits(const Put& put) const;
  // It is written: found from now on, unless something has taken its place.
  bool publish(const Put& put, const IndexEntry& entry);
  // It will not be written.
  void withdraw(const Put& put);

  // While the index is rebuilt: whether something that was erased has this number or a later one.
  bool recovered_is_erased(const ObjectKey& key, uint64_t sequence) const;
  void recover_erased(const ObjectKey& key, uint64_t sequence);
  void end_recovery();

 private:
  static constexpr size_t kStripes = 64;
  struct KeyHash {
    size_t operator()(const ObjectKey& key) const { return key.low; }
  };
  struct Waiting {
    uint64_t sequence = 0;
    ObjectRef object;
  };
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<ObjectKey, Waiting, KeyHash> waiting;
    std::unordered_map<ObjectKey, uint64_t, KeyHash> erased;  // during recovery
  };
  Stripe& stripe(const ObjectKey& key) { return stripes_[key.high % kStripes]; }
  const Stripe& stripe(const ObjectKey& key) const { return stripes_[key.high % kStripes]; }

  const Parts parts_;
  std::atomic<uint64_t> sequence_;
  std::atomic<uint64_t> waiting_{0};
  std::atomic<bool> recovering_{true};
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace fce
