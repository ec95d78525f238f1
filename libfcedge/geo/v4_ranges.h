// SPDX-License-Identifier: Apache-2.0
// V4Ranges: which cell each IPv4 address is in. A look-up waits for the memory once, and takes no
// jump that cannot be foreseen, so that the processor goes on to the next while it waits.
//
// Of each block of 65,536 addresses a table says where its lines begin, a line of the processor's
// cache each. A line holds up to 13 ranges of a part of the block: a 32nd of it, or several of them
// together if those are as few as that. Where even a 32nd has more, its line leads to others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geo/large_vector.h"
#include "geo/prefix_match.h"

namespace fce {

class V4Ranges {
 public:
  // Cells are less than this.
  static constexpr uint32_t kCellsEnd = 1 << 23;

  // The range from `first` up to the first of the next. The first begins at 0, each further one
  // after that, and with another cell.
  void add(uint32_t first, uint32_t cell);
  // After the last.
  void finish();

  // Only of a finished one; one without ranges knows nothing.
  PrefixMatch find(uint32_t ip) const;
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kBlocks = 65'536, kParts = 32, kPartBits = 11;
  static constexpr size_t kLineRanges = 13;
  static constexpr uint32_t kMixed = UINT32_MAX;
  // In the place of a cell: the line, counted from the block's, where it goes on.
  static constexpr uint32_t kFurther = kCellsEnd;

  struct Range {
    uint16_t first;  // in the block
    uint32_t cell;
  };
  using Ranges = std::span<const Range>;
  struct Line {
    // The last address before each range but the first one, less 32,768: processors compare signed
    // numbers better.
    int16_t before[kLineRanges - 1];
    // At first how many bits less than 16 the widest prefix of a single range has; then the cells,
    // three bytes each, so that each stands at the high end of four.
    uint8_t widen_and_cells[1 + 3 * kLineRanges];
  };
  static_assert(sizeof(Line) == 64);
  struct Block {
    uint32_t line_before = 0;
    uint32_t starts = 0;  // of each part: whether a line begins with it
  };
  // Several parts of a block that share a line.
  struct Parts {
    Ranges ranges;  // the first may begin before them
    uint32_t first, count;
  };
  void end_block();
  void cut(const Parts& parts);
  uint8_t bits_of(const Parts& parts) const;
  void enter(size_t block_line, size_t line, Ranges ranges);
  void enter_whole_blocks();
  static void set(Line* line, size_t i, uint32_t first, uint32_t cell);
  static uint32_t cell_of(const Line& line, size_t i);
  PrefixMatch find_further(const Block& block, const Line* line, uint32_t low) const;

  LargeVector<Block> blocks_;
  LargeVector<Line> lines_;
  size_t size_ = 0;
  // While it is made: the ranges of the block that is being filled, and what blocks that have a
  // single one have; then these are lines that many share.
  std::vector<Range> ranges_;
  std::vector<Parts> parts_;
  std::vector<uint32_t> whole_;
};

}  // namespace fce
