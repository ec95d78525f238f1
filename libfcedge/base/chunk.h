// SPDX-License-Identifier: Apache-2.0
// Chunk: bytes that are written once and then shared. A chunk is filled by the one who made it and
// never changes after the first reference was handed to somebody else, so shards may read it
// without a lock; the count is atomic because the last holder may be on any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace fce {

class Chunk {
 public:
  // Allocates room for `size` bytes with a count of one. Aborts when memory is exhausted.
  static Chunk* make(size_t size);

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  size_t size() const { return size_; }

  void ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void unref();

 private:
  explicit Chunk(size_t size) : size_(size) {}
  std::atomic<uint32_t> refs_{1};
  size_t size_;
};

// An owning pointer to a chunk.
class ChunkRef {
 public:
  ChunkRef() = default;
  static ChunkRef make(size_t size) { return adopt(Chunk::make(size)); }
  static ChunkRef copy_of(Bytes bytes);
  // Takes over one count.
  static ChunkRef adopt(Chunk* chunk) {
    ChunkRef ref;
    ref.chunk_ = chunk;
    return ref;
  }
  ChunkRef(const ChunkRef& other) : chunk_(other.chunk_) {
    if (chunk_) chunk_->ref();
  }
  ChunkRef(ChunkRef&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkRef() {
    if (chunk_) chunk_->unref();
  }

  explicit operator bool() const { return chunk_ != nullptr; }
  Chunk* get() const { return chunk_; }
  Chunk* operator->() const { return chunk_; }
  Chunk* release() { return std::exchange(chunk_, nullptr); }
  Bytes bytes() const { return chunk_ ? Bytes(chunk_->data(), chunk_->size()) : Bytes(); }

 private:
  Chunk* chunk_ = nullptr;
};

// A part of a chunk, holding it.
struct Slice {
  ChunkRef chunk;
  Bytes bytes;

  static Slice whole(ChunkRef chunk) {
    Bytes bytes = chunk.bytes();
    return {std::move(chunk), bytes};
  }
};

}  // namespace fce
