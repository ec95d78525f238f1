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

#include "base/chunk.h"
#include "base/status.h"
#include "cache/large_file.h"
#include "cache/stored_object.h"
#include "metrics/counters.h"

namespace fce {

struct RecordHead;
class StoreCore;

// Decides at start which records are taken into the index: purges that the disk does not know of.
class RecoveryFilter {
 public:
  // On the store's thread, for each record that is found.
  virtual bool keep(const RecordHead& head) = 0;

 protected:
  ~RecoveryFilter() = default;
};

struct StoreOptions {
  std::string directory;  // made if it is not there (its parent has to be)
  uint64_t disk_bytes_max = uint64_t{10} << 30;
  uint64_t memory_bytes_max = 0;        // of the tier in memory; 0: none
  uint32_t small_max = 1 << 20;         // a larger record has a file of its own
  uint64_t queue_bytes_max = 64 << 20;  // of puts that wait for the disk
  uint32_t retry_ms = 5000;             // how long writing rests after a write error
  std::string key_file;                 // 16 or 32 bytes: encrypts what is stored; "": clear text
  RecoveryFilter* filter = nullptr;     // outlives the store
};

struct StoreStats {
  uint64_t disk_bytes = 0;  // of all files, each counted in whole blocks of 4096
  uint64_t disk_bytes_max = 0;
  uint64_t queue_bytes = 0;
  uint64_t objects = 0;
  uint64_t index_bytes = 0;
  uint64_t memory_bytes = 0;  // of the tier in memory
  uint32_t segments = 0;
  uint32_t large_files = 0;
  bool recovering = false;  // the index is not complete yet
  bool resting = false;     // after a write error
};

// What a shard has to know to have a cold object loaded by a worker. Copy it into the job.
struct ColdObject {
  std::shared_ptr<void> file;
  uint64_t key[2] = {};
  uint32_t location[4] = {};
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
  // `full`: nothing was taken; wait for `on_progress`. `io`: it failed, nothing more will be taken.
  virtual Status append(Slice piece) = 0;
  // The body is complete: found by others as soon as it is written. `io`, `protocol` (not of the
  // length that was expected).
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

  // On a shard: never waits for the disk. Counts what it meets in the shard's counters.
  Found find(const ObjectName& name, Counters& counters);
  // In a worker: reads what was cold. Null when it is a miss after all.
  ObjectRef load(const ColdObject& cold, const ObjectName& name, Counters& counters);

  // Stores a small object; readers find it from now on, before it is written. `full` when too much
  // waits or the disk rests after an error, `too_big` when it is larger than `small_max`.
  Status put(const ObjectName& name, Bytes meta, std::span<const Bytes> body, Counters& counters);
  // Begins a large object; `length` when it is known. `progress` may be null.
  Status begin_large(const ObjectName& name, Bytes meta, std::optional<uint64_t> length,
                     std::shared_ptr<LargeProgress> progress, Counters& counters,
                     std::unique_ptr<LargeWriter>* writer);
  // Gives an object that was found new meta, with a new sequence number; the body stays. Nothing
  // happens when another took its place meanwhile. `too_big`: the new meta has no room in the file
  // of a large object, so that it was erased.
  Status replace_meta(const StoredObject& object, Bytes meta, Counters& counters);
  // No longer found from now on. True when there was something.
  bool erase(const ObjectName& name);

  // The last number that was given away: what is stored later has a larger one.
  uint64_t sequence() const;
  StoreStats stats() const;
  // What the store's own thread counts: to be summed with those of the shards.
  const Counters& counters() const;
  // Waits until the index is complete and everything that waited was written (or given up): for
  // tests and for shutting down.
  void flush();

 private:
  explicit Store(std::unique_ptr<StoreCore> core);
  std::unique_ptr<StoreCore> core_;
};

}  // namespace fce
