// SPDX-License-Identifier: Apache-2.0
// StoredObject: one object of the cache as a reader gets it. Immutable and shared, so it outlives
// its eviction, its replacement and the store's index entry for as long as somebody sends it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/chunk.h"

namespace fce {

class LargeFile;

// A name is a tenant and a key text; there is no name without a tenant.
struct ObjectName {
  std::string_view tenant;  // without NUL
  std::string_view key;
};

struct ObjectSizes {
  uint32_t tenant = 0;
  uint32_t key = 0;
  uint32_t meta = 0;
  uint64_t body = 0;
};

class StoredObject {
 public:
  // Of a small object: `chunk` holds tenant, key text, meta and body one after the other, from
  // `offset` on.
  StoredObject(ChunkRef chunk, size_t offset, const ObjectSizes& sizes, uint64_t sequence);
  // Of a large one: the chunk ends with the meta, the body is in `file`.
  StoredObject(ChunkRef chunk, size_t offset, const ObjectSizes& sizes, uint64_t sequence,
               std::shared_ptr<LargeFile> file);

  std::string_view tenant() const { return as_text(piece(0, sizes_.tenant)); }
  std::string_view key() const { return as_text(piece(sizes_.tenant, sizes_.key)); }
  bool is(const ObjectName& name) const { return tenant() == name.tenant && key() == name.key; }
  // What `put` was given: opaque to the store.
  Bytes meta() const { return piece(sizes_.tenant + sizes_.key, sizes_.meta); }
  uint64_t body_bytes() const { return sizes_.body; }
  // Of a small object, holding it; empty for a large one.
  Slice body() const;
  // Of a large object, null for a small one.
  const std::shared_ptr<LargeFile>& file() const { return file_; }

  // Grows with every put, replacement and erasure of the store, over all starts. A copy that
  // eviction writes keeps it.
  uint64_t sequence() const { return sequence_; }
  // What it holds in memory, for those who keep it there.
  uint64_t memory_bytes() const;

 private:
  Bytes piece(size_t at, size_t size) const { return chunk_.bytes().subspan(offset_ + at, size); }

  ChunkRef chunk_;
  std::shared_ptr<LargeFile> file_;
  ObjectSizes sizes_;
  uint64_t sequence_;
  size_t offset_;
};

using ObjectRef = std::shared_ptr<const StoredObject>;

}  // namespace fce
