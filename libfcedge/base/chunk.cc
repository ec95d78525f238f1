// SPDX-License-Identifier: Apache-2.0
#include "base/chunk.h"

#include <cstdlib>
#include <new>

#include "base/fatal.h"

namespace fce {

Chunk* Chunk::make(size_t size) {
  void* memory = std::malloc(sizeof(Chunk) + size);
  if (!memory) fatal("out of memory: a chunk of %zu bytes", size);
  return new (memory) Chunk(size);
}

void Chunk::unref() {
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  this->~Chunk();
  std::free(this);
}

ChunkRef ChunkRef::copy_of(Bytes bytes) {
  ChunkRef ref = make(bytes.size());
  if (!bytes.empty()) std::memcpy(ref->data(), bytes.data(), bytes.size());
  return ref;
}

}  // namespace fce
