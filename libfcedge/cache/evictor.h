// SPDX-License-Identifier: Apache-2.0
// Evictor: makes room, as `Eviction` decides: reads which records a file has, copies those that
// stay, forgets the others, deletes the file. On the store's thread.
#pragma once

#include <vector>

#include "cache/appender.h"
#include "cache/events.h"
#include "cache/segment_scan.h"

namespace fce {

class Evictor {
 public:
  struct Parts {
    std::shared_ptr<StoreDirectory> directory;
    std::shared_ptr<const LargeFile::Keys> keys;
    FileNumbers& numbers;
    FileTable& files;
    Index& index;
    Eviction& eviction;
    TenantShares& shares;
    MemoryTier<StoredObject>& memory;
    Catalogue& catalogue;
    Appender& appender;
    StoreEvents& events;
  };
  explicit Evictor(Parts parts) : parts_(std::move(parts)) {}

  // Evicts until the files may take `bytes` more. False when that cannot be.
  bool make_room(uint64_t bytes);
  // Until a record of that size can be appended.
  bool make_room_for(SegmentQueue queue, uint64_t record_bytes);
  // Room in the share of a tenant, at its own expense.
  std::optional<uint32_t> reserve(uint64_t tenant, uint64_t bytes);
  // Writes down that records of this key with smaller numbers are not valid any more.
  int write_erased(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence);
  // Deletes the file of a large object that nobody finds any more. 0 or -errno.
  int remove_large(uint32_t number);

 private:
  struct Candidate {
    SegmentRecord record;
    IndexEntry entry;
  };
  bool evict();
  bool evict_large(const Victim& victim);
  bool evict_segment(const Victim& victim);
  uint32_t frequency_of(const IndexEntry& entry);
  void keep(const Victim& victim, StoreFile& file, const Candidate& candidate, uint32_t frequency);
  bool copy(const Victim& victim, StoreFile& file, const Candidate& candidate, Location* to);
  void drop(const IndexEntry& entry, bool replaces, uint64_t sequence, uint64_t tenant_hash);
  bool requeue_large(const Victim& victim, const IndexEntry& entry, uint32_t frequency);

  const Parts parts_;
  ShareSweep sweep_;
  std::vector<uint8_t> buffer_;
};

}  // namespace fce
