// SPDX-License-Identifier: Apache-2.0
// Store: the disk side of the cache and the room's door to it. One owner per directory, one for all
// shards. Shards find and read on their own threads; one thread of the store writes. FORMAT.md says
// what lies on the disk and what is promised about it after a crash.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/chunk.h"
#include "base/status.h"
#include "cache/eviction.h"
#include "cache/index.h"
#include "cache/large_file.h"
#include "cache/memory_tier.h"
#include "cache/stored_object.h"
#include "cache/tenant_shares.h"
#include "metrics/counters.h"

namespace fce {

class Disk;
class StoreParts;

// Decides at start which records are taken into the index: purges that the disk does not know of.
class RecoveryFilter {
 public:
  // On the store's thread, for each object that is found. `tenant_hash`: `Store::tenant_hash`.
  virtual bool keep(const ObjectKey& key, uint64_t tenant_hash, uint64_t sequence) = 0;

 protected:
  ~RecoveryFilter() = default;
};

struct StoreOptions {
  static constexpr uint64_t kDiskBytesMin = 16 << 20;

  std::string directory;                         // made if it is not there (its parent has to be)
  uint64_t disk_bytes_max = uint64_t{10} << 30;  // of all files together: never more
  uint64_t memory_bytes_max = 0;                 // of the tier in memory; 0: none
  double memory_share = 1.0;                     // of it, for each tenant
  double tenant_share = 1.0;                     // of the disk, for each tenant
  uint32_t small_max = 1 << 20;                  // a larger record has a file of its own
  uint64_t queue_bytes_max = 64 << 20;           // of what waits for the disk
  uint32_t retry_ms = 5000;                      // how long writing rests after a write error
  std::string key_file;              // 16 or 32 bytes: encrypts what is stored; "": clear text
  RecoveryFilter* filter = nullptr;  // outlives the store
  Disk* disk = nullptr;              // for tests; null: the kernel's
};

struct StoreStats {
  uint64_t disk_bytes = 0;  // of all files, each counted in whole blocks of 4096
  uint64_t disk_bytes_max = 0;
  uint64_t live_bytes = 0;   // of these, of objects that can be found
  uint64_t queue_bytes = 0;  // of what waits for the disk
  uint64_t objects = 0;
  uint64_t index_bytes = 0;  // of memory
  MemoryTierStats memory;
  EvictionStats eviction;
  TenantSharesStats shares;
  uint32_t segments = 0;
  uint32_t large_files = 0;
  bool recovering = false;  // the index is not complete yet
  bool resting = false;     // after a write error
};

// What a worker has to know to load an object that is cold. To be copied into the job.
struct ColdObject {
  IndexEntry entry;
};

struct Found {
  enum class What : uint8_t { miss, hit, cold };
  What what = What::miss;
  ObjectRef object;  // of a hit
  ColdObject cold;
};

// Hears of a large object that is being written.
class LargeProgress {
 public:
  virtual ~LargeProgress() = default;
  // More can be read, or it is complete, or it failed; and `append` has room again if it had none.
  // On the store's thread: post mail, and return.
  virtual void on_progress() = 0;
};

// Writes one large object. Belongs to one thread; destroying it before `commit` aborts.
class LargeWriter {
 public:
  virtual ~LargeWriter() = default;
  // `full`: nothing was taken, wait for `on_progress`. `too_big`: longer than was said, or than
  // may be stored. `io`: writing failed. After the last two nothing more will be taken.
  virtual Status append(const Slice& piece) = 0;
  // The body is complete: found by others as soon as it is written. `protocol`: not as long as was
  // said. `io`: writing failed.
  virtual Status commit() = 0;
  // For readers, from now on until long after.
  virtual const std::shared_ptr<LargeFile>& file() const = 0;
};

class Store {
 public:
  // Takes the directory's lock and reads its superblock, or makes both; then the index is rebuilt
  // in the background while `find` misses. `locked` when another has the directory, `version` when
  // it is of another format, `denied` when the key is not the one that it was encrypted with.
  static Status open(const StoreOptions& options, std::unique_ptr<Store>* store);
  // Writes what waits, and closes. Readers may still hold objects and files.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // On a shard: never waits for the disk.
  Found find(const ObjectName& name);
  // In a worker: reads what was cold. Null when it is a miss after all.
  ObjectRef load(const ColdObject& cold, const ObjectName& name);

  // Stores a small object: found by others from now on, before it is written. `full`: too much
  // waits, or the disk rests after an error. `too_big`: larger than `small_max`.
  Status put(const ObjectName& name, Bytes meta, std::span<const Bytes> body);
  // Whether a body of that length is for `put`.
  bool is_small(const ObjectName& name, size_t meta_bytes, uint64_t body_bytes) const;
  // Begins a large object; `length` when it is known. `progress` may be null. The writer must not
  // outlive the store.
  Status begin_large(const ObjectName& name, Bytes meta, std::optional<uint64_t> length,
                     std::shared_ptr<LargeProgress> progress, std::unique_ptr<LargeWriter>* writer);
  // Gives an object that was found new meta and a new sequence number; the body stays. Nothing
  // happens to one that is not the current one any more. `too_big`: the new meta has no room in the
  // file of a large object; then that is erased.
  Status replace_meta(const StoredObject& object, Bytes meta);
  // No longer found from now on. True when there was something.
  bool erase(const ObjectName& name);

  // The last number that was given away: what is stored later has a larger one.
  uint64_t sequence() const;
  ObjectKey key_of(const ObjectName& name) const;
  uint64_t tenant_hash(std::string_view tenant) const;
  // In parts of the disk; for one tenant.
  void set_share(std::string_view tenant, double share);
  StoreStats stats() const;
  // What the store counts: to be summed with those of the shards.
  const Counters& counters() const;
  // The directory was not one of a cache before.
  bool is_new() const { return is_new_; }
  // Waits until the index is complete and all that waited was written (or given up): for tests.
  void flush();

 private:
  explicit Store(std::unique_ptr<StoreParts> parts);
  RecordHead head_of(const ObjectName& name, size_t meta_bytes, RecordKind kind) const;
  Status refuse(Counter counter, Status status, const char* why);

  std::unique_ptr<StoreParts> parts_;
  bool is_new_ = false;
};

}  // namespace fce
