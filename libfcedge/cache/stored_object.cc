// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_object.h"

#include "cache/large_file.h"

namespace fce {

StoredObject::StoredObject(ChunkRef chunk, size_t offset, const ObjectSizes& sizes,
                           uint64_t sequence)
    : chunk_(std::move(chunk)), sizes_(sizes), sequence_(sequence), offset_(offset) {}

StoredObject::StoredObject(ChunkRef chunk, size_t offset, const ObjectSizes& sizes,
                           uint64_t sequence, std::shared_ptr<LargeFile> file)
    : StoredObject(std::move(chunk), offset, sizes, sequence) {
  file_ = std::move(file);
}

Slice StoredObject::body() const {
  if (file_) return {};
  return {chunk_, piece(sizes_.tenant + sizes_.key + sizes_.meta, sizes_.body)};
}

uint64_t StoredObject::memory_bytes() const {
  // The block of make_shared, the chunk and what malloc adds to both.
  constexpr uint64_t kAroundBytes = sizeof(StoredObject) + sizeof(Chunk) + 2 * 16 + 16;
  return kAroundBytes + chunk_->size();
}

}  // namespace fce
