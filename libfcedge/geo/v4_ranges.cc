// SPDX-License-Identifier: Apache-2.0
#include "geo/v4_ranges.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
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

uint8_t widen_for(uint8_t bits) { return static_cast<uint8_t>(16 - bits); }

// How many of a line's ranges begin at or before `low`, but for the first one; without jumps.
size_t range_in(const int16_t (&before)[12], uint32_t low) {
#ifdef __SSE2__
  const auto* at = reinterpret_cast<const __m128i*>(before);
  const __m128i eight = _mm_loadu_si128(at), four = _mm_loadl_epi64(at + 1);
  const __m128i sought = _mm_set1_epi16(signed_low(low));
  const __m128i found =
      _mm_packs_epi16(_mm_cmpgt_epi16(sought, eight), _mm_cmpgt_epi16(sought, four));
  const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(found));
  return static_cast<size_t>(std::countr_one(mask & 0xfff));
#else
  size_t count = 0;
  for (const int16_t each : before) count += each < signed_low(low);
  return count;
#endif
}

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
      if (parts_[i].ranges.size() == 1)
        lines_[line + i].widen_and_cells[0] = widen_for(bits_of(parts_[i]));
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
    line->widen_and_cells[1 + 3 * i + byte] = static_cast<uint8_t>(cell >> 8 * byte);
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
        lines_.emplace_back().widen_and_cells[0] = widen_for(bits);
        const Range range{0, cell};
        enter(line, line, {&range, 1});
      }
      blocks_[i] = {at->second - 1, 1};
    }
  }
}

uint32_t V4Ranges::cell_of(const Line& line, size_t i) {
  return read_le32(line.widen_and_cells + 3 * i) >> 8;
}

// What a table leads to is there: so nothing is checked on the way.
PrefixMatch V4Ranges::find(uint32_t ip) const {
  if (empty()) return {};
  const Block& block = blocks_.data()[ip >> 16];
  const uint32_t low = ip & 0xffff;
  const uint32_t up_to_part = (2u << (low >> kPartBits)) - 1;
  const uint32_t number = block.line_before + count_ones(block.starts & up_to_part);
  const Line& line = lines_.data()[number];
  const size_t i = range_in(line.before, low);
  const uint32_t cell = cell_of(line, i);
  if (cell >= kFurther) return find_further(block, &line, low);
  // The addresses before and behind the range; where it is the first or the last of the line, one
  // that is in none of the line's prefixes.
  const bool is_first = i == 0, is_last = i == kLineRanges - 1;
  const uint32_t before = static_cast<uint16_t>(line.before[i - !is_first]);
  const uint32_t behind = unsigned_low(line.before[i - is_last]) + 1;
  const uint32_t differs = std::min((low ^ 0x8000 ^ before) | uint32_t{is_first} << 16,
                                    (low ^ behind) | uint32_t{is_last} << 16);
  const uint32_t bits = static_cast<uint32_t>(std::countl_zero(differs | 1)) + 1;
  return {cell, static_cast<uint8_t>(bits - (line.widen_and_cells[0] & (0 - (differs >> 16))))};
}

PrefixMatch V4Ranges::find_further(const Block& block, const Line* line, uint32_t low) const {
  uint32_t before = kNoBound, behind = kNoBound;
  for (;;) {
    const size_t i = range_in(line->before, low);
    if (i > 0) before = unsigned_low(line->before[i - 1]);
    if (i < kLineRanges - 1) behind = std::min(behind, unsigned_low(line->before[i]) + 1);
    const uint32_t cell = cell_of(*line, i);
    if (cell < kFurther) {
      const uint32_t differs = std::min(low ^ before, low ^ behind);
      return {cell, static_cast<uint8_t>(std::countl_zero(differs) + 1)};
    }
    line = &lines_[block.line_before + 1 + (cell - kFurther)];
  }
}

size_t V4Ranges::memory_bytes() const {
  return blocks_.capacity() * sizeof(Block) + lines_.capacity() * sizeof(Line);
}

}  // namespace fce
