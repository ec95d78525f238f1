// SPDX-License-Identifier: Apache-2.0
// V6Ranges: which cell each IPv6 address is in. Of each block of addresses with the same first 16
// bits there is a tree of lines of the processor's cache, all of the same depth: each line leads to
// one of 17 others by 32 further bits, and the last holds 8 ranges. A look-up waits for the memory
// about once, and takes no jump that cannot be foreseen. Networks that are cut in their last 80
// bits are few, and stand apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geo/ip_number.h"
#include "geo/large_vector.h"
#include "geo/prefix_match.h"

namespace fce {

class V6Ranges {
 public:
  // Cells are less than this.
  static constexpr uint32_t kCellsEnd = 1 << 23;

  // The range from `first` up to the first of the next. The first begins at 0, each further one
  // after that, and with another cell.
  void add(IpNumber first, uint32_t cell);
  // After the last.
  void finish();

  // Only of a finished one; one without ranges knows nothing.
  PrefixMatch find(IpNumber ip) const;
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kBlocks = 65'536, kMixed = UINT32_MAX;
  static constexpr size_t kLineRanges = 8, kLineWays = 17, kDepthMax = 8;
  // In the place of a cell: the number of a network that is cut.
  static constexpr uint32_t kCut = kCellsEnd;
  static constexpr size_t kCutsMax = kCellsEnd;

  // Numbers are bits 16 to 47 of addresses, less 2^31: processors compare signed numbers better.
  struct alignas(64) Node {
    int32_t before[kLineWays - 1];  // the last before each line but the first one
  };
  struct alignas(64) Line {
    int32_t before[kLineRanges + 1];  // the last before each range, and the last of all
    // At first the widest prefix of a range that fills its block; then the cells, three bytes
    // each, so that each stands at the high end of four.
    uint8_t bits_and_cells[1 + 3 * kLineRanges];
  };
  static_assert(sizeof(Line) == 64);
  struct Tree {
    // Where its nodes of each depth begin, and at last its lines.
    std::array<uint32_t, kDepthMax + 1> begins{};
    uint32_t first_line = 0, lines = 0;
  };
  struct Range {
    uint32_t first;  // in the block
    uint32_t cell;
  };
  struct Part {
    uint64_t low;
    uint32_t cell;
    uint16_t middle;  // the 16 bits before the low ones
  };

  static Part part(IpNumber first, uint32_t cell);
  void leave_cut(IpNumber next);
  bool begin_cut(IpNumber first);
  void enter(IpNumber first, uint32_t cell);
  void end_block();
  void enter_lines(std::span<const Range> ranges, uint8_t bits);
  void enter_whole_blocks();
  void grow_trees();
  void enter_node(const Tree& tree, uint64_t line, uint64_t reach);
  PrefixMatch find_part(uint32_t cut, IpNumber ip) const;

  LargeVector<uint16_t> tree_of_block_;
  LargeVector<Node> nodes_;
  LargeVector<Line> lines_;
  std::vector<Tree> trees_;
  size_t depth_ = 0;
  size_t size_ = 0;
  // Networks of 48 bits that are cut: where the parts of each begin, and the end.
  std::vector<uint32_t> cuts_;
  LargeVector<Part> parts_;
  // While it is made: the ranges of the block that is being filled, and what blocks that have a
  // single one have; then these are lines that many share.
  std::vector<Range> ranges_;
  std::vector<uint32_t> whole_;
  IpNumber cut_network_ = 0;
  bool is_cut_ = false;
  uint32_t last_cell_ = 0;
};

}  // namespace fce
