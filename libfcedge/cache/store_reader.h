// SPDX-License-Identifier: Apache-2.0
// StoreReader: how an object is found and read. Any thread; on shards nothing waits for the disk.
#pragma once

#include <memory>

#include "cache/catalogue.h"
#include "cache/events.h"
#include "cache/file_table.h"
#include "cache/store.h"

namespace fce {

class StoreReader {
 public:
  struct Parts {
    std::shared_ptr<const LargeFile::Keys> keys;
    const SipKey& tenants;
    FileTable& files;
    Index& index;
    MemoryTier<StoredObject>& memory;
    Catalogue& catalogue;
    StoreEvents& events;
  };
  explicit StoreReader(Parts parts) : parts_(std::move(parts)) {}

  Found find(const ObjectKey& key, const ObjectName& name) const;
  ObjectRef load(const ColdObject& cold, const ObjectName& name) const;
  // Whether the record of `entry` may be the one of that number: what is cold counts as such.
  bool may_be(const IndexEntry& entry, uint64_t sequence) const;

 private:
  enum class Read : uint8_t { ok, cold, gone, failed };
  Read read(const IndexEntry& entry, const ObjectName& name, bool blocking,
            ObjectRef* object) const;
  Read read_small(const IndexEntry& entry, bool blocking, ObjectRef* object) const;
  Read read_large(const IndexEntry& entry, bool blocking, ObjectRef* object) const;
  // The entry is no good: a miss from now on.
  Read lost(const IndexEntry& entry, Counter why) const;

  const Parts parts_;
};

}  // namespace fce
