// SPDX-License-Identifier: Apache-2.0
#include "http/byte_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fce {
namespace {

// The smallest block, so that small pieces share one.
constexpr size_t kBlockBytes = 4096;
// So many blocks that are taken may stand before the others.
constexpr size_t kTakenMax = 32;

}  // namespace

void ByteQueue::push(Bytes piece) {
  size_ += piece.size();
  if (first_ < blocks_.size() && !blocks_.back().sealed) {
    Block& last = blocks_.back();
    const size_t fits = std::min(piece.size(), last.chunk->size() - last.end);
    if (fits > 0) std::memcpy(last.chunk->data() + last.end, piece.data(), fits);
    last.end += fits;
    piece = piece.subspan(fits);
  }
  if (piece.empty()) return;
  ChunkRef chunk = ChunkRef::make(std::max(piece.size(), kBlockBytes));
  std::memcpy(chunk->data(), piece.data(), piece.size());
  blocks_.push_back({std::move(chunk), 0, piece.size(), false});
}

size_t ByteQueue::pull(Gather& out, size_t max) {
  size_t pulled = 0;
  while (size_ > 0 && pulled < max && !out.full()) {
    Block& block = blocks_[first_];
    const size_t size = std::min({block.end - block.from, max - pulled, out.room()});
    const Bytes part(block.chunk->data() + block.from, size);
    block.from += size;
    block.sealed = true;
    pulled += size;
    size_ -= size;
    if (block.from < block.end) {
      out.add(Slice{block.chunk, part});
    } else {
      out.add(Slice{std::move(block.chunk), part});
      drop_front();
    }
  }
  return pulled;
}

void ByteQueue::drop_front() {
  ++first_;
  if (first_ < blocks_.size() && first_ < kTakenMax) return;
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

void ByteQueue::clear() {
  std::vector<Block>().swap(blocks_);
  first_ = 0;
  size_ = 0;
}

}  // namespace fce
