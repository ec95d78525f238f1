// SPDX-License-Identifier: Apache-2.0
// V4Ranges: which cell each IPv4 address is in. The address space is cut into 65,536 blocks, and
// each block into ranges that are known by their last 16 bits: five bytes a range, and a look-up is
// a short search in one block.
#pragma once

#include <cstddef>
#include <cstdint>

#include "geo/large_vector.h"
#include "geo/packed_cells.h"
#include "geo/prefix_match.h"

namespace fce {

class V4Ranges {
 public:
  // The range from `first` up to the first of the next. The first begins at 0, each further one
  // after that, and with another cell.
  void add(uint32_t first, uint32_t cell);
  // After the last.
  void finish();

  // Only of a finished one; one without ranges knows nothing.
  PrefixMatch find(uint32_t ip) const;
  bool empty() const { return lows_.empty(); }
  size_t size() const { return lows_.size(); }
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kBlocks = 65'536;
  void append(uint32_t low, uint32_t cell);
  void begin_blocks_before(uint32_t block);
  void widen(uint32_t first_block, uint32_t last_block);

  // Where the ranges of each block begin, and the end. The first range of each begins with the
  // block, so that a look-up needs no other block.
  LargeVector<uint32_t> begins_;
  LargeVector<uint16_t> lows_;
  PackedCells cells_;
  // Of blocks of one range: the widest prefix of blocks of the same cell.
  LargeVector<uint8_t> bits_;
};

}  // namespace fce
