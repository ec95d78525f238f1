// SPDX-License-Identifier: Apache-2.0
#include "geo/v4_ranges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>

#include "geo/ip_number.h"

namespace fce {
namespace {

// Beyond any address of a block, and different from all of them in a bit before theirs.
constexpr uint32_t kNoBound = 0x1'0000;

// Processors of which nothing is known may have no instruction for it.
uint32_t count_ones(uint32_t bits) {
  bits -= bits >> 1 & 0x5555'5555;
  bits = (bits & 0x3333'3333) + (bits >> 2 & 0x3333'3333);
  bits = (bits + (bits >> 4)) & 0x0f0f'0f0f;
  return bits * 0x0101'0101 >> 24;
}

int16_t signed_low(uint32_t low) { return static_cast<int16_t>(low ^ 0x8000); }
uint32_t unsigned_low(int16_t low) { return static_cast<uint16_t>(low) ^ 0x8000u; }

}  // namespace

void V4Ranges::add(uint32_t first, uint32_t cell) {
  while (whole_.size() < first >> 16) end_block();
  const auto low = static_cast<uint16_t>(first);
  if (low == 0) ranges_.clear();
  ranges_.push_back({low, cell});
  ++size_;
}

// The last range goes on in the next block, unless another begins there.
void V4Ranges::end_block() {
  const bool whole = ranges_.size() == 1;
  whole_.push_back(whole ? ranges_[0].cell : kMixed);
  Block& block = blocks_.emplace_back();
  if (!whole) {
    parts_.clear();
    cut({ranges_, 0, kParts});
    const size_t line = lines_.size();
    lines_.resize(line + parts_.size());
    block.line_before = static_cast<uint32_t>(line) - 1;
    for (size_t i = 0; i < parts_.size(); ++i) {
      block.starts |= 1u << parts_[i].first;
      enter(line, line + i, parts_[i].ranges);
      if (parts_[i].ranges.size() == 1) lines_[line + i].bits = bits_of(parts_[i]);
    }
  }
  ranges_.assign(1, {0, ranges_.back().cell});
}

void V4Ranges::cut(const Parts& parts) {
  const Ranges ranges = parts.ranges;
  if (ranges.size() <= kLineRanges || parts.count == 1) return parts_.push_back(parts);
  const uint32_t half = parts.count / 2, middle = (parts.first + half) << kPartBits;
  const auto upper = std::lower_bound(ranges.begin(), ranges.end(), middle,
                                      [](const Range& a, uint32_t b) { return a.first < b; });
  const auto count = static_cast<size_t>(upper - ranges.begin());
  const bool starts = upper != ranges.end() && upper->first == middle;
  cut({ranges.first(count), parts.first, half});
  cut({ranges.subspan(starts ? count : count - 1), parts.first + half, half});
}

// Of parts that lie in a single range, which does not fill the block.
uint8_t V4Ranges::bits_of(const Parts& parts) const {
  const Range* range = parts.ranges.data();
  const Range* end = ranges_.data() + ranges_.size();
  const uint32_t last = range + 1 < end ? range[1].first - 1u : 0xffff;
  const uint32_t block = static_cast<uint32_t>(whole_.size() - 1) << 16;
  return widest_prefix(false, block | parts.first << kPartBits, block | range->first, block | last);
}

void V4Ranges::set(Line* line, size_t i, uint32_t first, uint32_t cell) {
  if (i > 0) line->before[i - 1] = signed_low(first - 1);
  for (size_t byte = 0; byte < 3; ++byte)
    line->cells[i][byte] = static_cast<uint8_t>(cell >> 8 * byte);
}

// What is too much for a line is cut into as few of them as can be, of about the same size.
void V4Ranges::enter(size_t block_line, size_t line, Ranges ranges) {
  size_t each = 1;
  while (each * kLineRanges < ranges.size()) each *= kLineRanges;
  const size_t count = (ranges.size() + each - 1) / each, further = lines_.size();
  std::fill(std::begin(lines_[line].before), std::end(lines_[line].before), signed_low(0xffff));
  if (each > 1) lines_.resize(further + count);
  for (size_t i = 0; i < count; ++i) {
    const Range& range = ranges[i * each];
    if (each == 1) {
      set(&lines_[line], i, range.first, range.cell);
      continue;
    }
    const size_t to = further + i;
    set(&lines_[line], i, range.first, kFurther | static_cast<uint32_t>(to - block_line));
    enter(block_line, to, ranges.subspan(i * each, std::min(each, ranges.size() - i * each)));
  }
}

void V4Ranges::finish() {
  if (empty()) return;
  while (whole_.size() < kBlocks) end_block();
  enter_whole_blocks();
  shrink(&blocks_);
  shrink(&lines_);
  ranges_ = {};
  parts_ = {};
  whole_ = {};
}

void V4Ranges::enter_whole_blocks() {
  std::map<std::pair<uint32_t, uint8_t>, uint32_t> known;
  for (uint32_t first = 0, last = 0; first < kBlocks; first = last + 1) {
    last = first;
    const uint32_t cell = whole_[first];
    if (cell == kMixed) continue;
    while (last + 1 < kBlocks && whole_[last + 1] == cell) ++last;
    for (uint32_t i = first; i <= last; ++i) {
      const uint8_t bits = widest_prefix(false, i << 16, first << 16, last << 16 | 0xffff);
      const auto line = static_cast<uint32_t>(lines_.size());
      const auto [at, is_new] = known.try_emplace({cell, bits}, line);
      if (is_new) {
        lines_.emplace_back().bits = bits;
        const Range range{0, cell};
        enter(line, line, {&range, 1});
      }
      blocks_[i] = {at->second - 1, 1};
    }
  }
}

// Which range of a line an address is in, without a jump.
uint32_t V4Ranges::step(const Line& line, uint32_t low, Bounds* bounds) {
  using Numbers = int16_t __attribute__((vector_size(16)));
  Numbers lower, upper;
  std::memcpy(&lower, line.before, sizeof(lower));
  std::memcpy(&upper, line.before + 4, sizeof(upper));
  // Those in the middle are in both, and count once.
  const Numbers ones = {1, 1, 1, 1, 1, 1, 1, 1}, last_ones = {0, 0, 0, 0, 1, 1, 1, 1};
  const Numbers sought = ones * signed_low(low);
  const Numbers counts = ((lower < sought) & ones) + ((upper < sought) & last_ones);
  const auto halves = std::bit_cast<std::array<uint64_t, 2>>(counts);
  const size_t i = (halves[0] + halves[1]) * 0x0001'0001'0001'0001 >> 48;
  const auto at = [&](size_t k) { return unsigned_low(line.before[k]); };
  const uint32_t before = at(i > 0 ? i - 1 : 0), behind = at(std::min(i, kLineRanges - 2)) + 1;
  bounds->before = i > 0 ? before : bounds->before;
  bounds->behind = i < kLineRanges - 1 ? std::min(behind, bounds->behind) : bounds->behind;
  return line.cells[i][0] | uint32_t{line.cells[i][1]} << 8 | uint32_t{line.cells[i][2]} << 16;
}

PrefixMatch V4Ranges::find(uint32_t ip) const {
  if (empty()) return {};
  const Block& block = blocks_[ip >> 16];
  const uint32_t low = ip & 0xffff;
  const uint32_t up_to_part = (2u << (low >> kPartBits)) - 1;
  const Line* line = &lines_[block.line_before + count_ones(block.starts & up_to_part)];
  const uint8_t bits = line->bits;
  Bounds bounds{kNoBound, kNoBound};
  uint32_t cell = step(*line, low, &bounds);
  while (cell >= kFurther)
    cell = step(lines_[block.line_before + 1 + (cell - kFurther)], low, &bounds);
  const uint32_t differs = std::min(low ^ bounds.before, low ^ bounds.behind);
  return {cell, differs >= kNoBound ? bits : static_cast<uint8_t>(std::countl_zero(differs) + 1)};
}

size_t V4Ranges::memory_bytes() const {
  return blocks_.capacity() * sizeof(Block) + lines_.capacity() * sizeof(Line);
}

}  // namespace fce
