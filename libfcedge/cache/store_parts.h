// SPDX-License-Identifier: Apache-2.0
// What a store is made of, in the order in which it comes to be: wiring, for store.cc only.
#pragma once

#include <memory>

#include "cache/recovery.h"
#include "cache/store_reader.h"
#include "cache/store_writer.h"
#include "cache/superblock.h"

namespace fce {

struct StoreSizes {
  uint64_t files_bytes_max;  // of segments and large files
  uint64_t segment_bytes;
  uint64_t small_max;  // of a record
  uint64_t large_max;  // of a body

  static StoreSizes from(const StoreOptions& options);
};

// The directory, locked: closing the lock's descriptor ends that.
struct StoreLock {
  ~StoreLock();
  Status take(const std::string& path);
  int fd = -1;
};

class StoreParts {
 public:
  StoreParts(const StoreOptions& options, const StoreSizes& sizes, const Superblock& superblock,
             std::shared_ptr<StoreDirectory> directory, std::unique_ptr<StoreLock> lock);
  ~StoreParts();

  const StoreOptions options;
  const StoreSizes sizes;
  const Superblock superblock;
  const std::unique_ptr<StoreLock> lock;
  const std::shared_ptr<StoreDirectory> directory;
  const std::shared_ptr<const LargeFile::Keys> keys;

  StoreEvents events;
  FileNumbers numbers;
  Index index;
  Eviction eviction;
  TenantShares shares;
  MemoryTier<StoredObject> memory;
  WriteQueue queue;
  FileTable files;
  Catalogue catalogue;
  Appender appender;
  Evictor evictor;
  Recovery recovery;
  StoreReader reader;
  StoreWriter writer;
};

}  // namespace fce
