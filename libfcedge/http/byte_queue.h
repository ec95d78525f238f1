// SPDX-License-Identifier: Apache-2.0
// ByteQueue: bytes that came from one side and wait for the other to take them. Who fills it bounds
// it; however small the pieces are, what it costs is little more than what is in it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/chunk.h"
#include "net/gather.h"

namespace fce {

class ByteQueue {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Appends a copy.
  void push(Bytes piece);
  // Moves at most `max` bytes to `out`, as far as that has room. Returns how many.
  size_t pull(Gather& out, size_t max);
  void clear();

 private:
  struct Block {
    ChunkRef chunk;
    size_t from;  // what is before is taken
    size_t end;   // what is behind is free
    bool sealed;  // somebody else has a reference, so that it does not change any more
  };
  void drop_front();

  std::vector<Block> blocks_;
  size_t first_ = 0;  // blocks before it are taken
  size_t size_ = 0;
};

}  // namespace fce
