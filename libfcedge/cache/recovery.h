// SPDX-License-Identifier: Apache-2.0
// Recovery: rebuilds the index from the heads of what is on the disk. On the store's thread, while
// shards miss: an object that was found so far may have been replaced or erased by what comes.
// Never fails: what cannot be read is not there.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "cache/evictor.h"
#include "cache/store.h"

namespace fce {

class Recovery {
 public:
  struct Parts {
    std::shared_ptr<StoreDirectory> directory;
    std::shared_ptr<const LargeFile::Keys> keys;
    std::string path;  // for messages
    FileNumbers& numbers;
    FileTable& files;
    Index& index;
    Eviction& eviction;
    TenantShares& shares;
    Catalogue& catalogue;
    Evictor& evictor;
    StoreEvents& events;
    RecoveryFilter* filter;  // null: keep all
  };
  explicit Recovery(Parts parts) : parts_(std::move(parts)) {}

  // False when it was stopped.
  bool run();
  // From any thread: ends early. What was not looked at stays on the disk.
  void stop() { stopping_.store(true); }

 private:
  struct Found {
    FileName name;
    uint64_t bytes;
  };
  std::vector<Found> list() const;
  void recover_segment(const Found& found);
  void write_summary(int fd, const FileName& name, const SegmentContents& contents);
  void recover_large(const Found& found);
  // Enters an object unless there is a newer one. False: what the disk has is dead.
  bool enter(IndexEntry* entry, uint64_t tenant_hash, uint64_t sequence);
  uint64_t sequence_of(const IndexEntry& entry) const;

  const Parts parts_;
  std::atomic<bool> stopping_{false};
};

}  // namespace fce
