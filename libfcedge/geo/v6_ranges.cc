// SPDX-License-Identifier: Apache-2.0
#include "geo/v6_ranges.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>
#include <utility>

namespace fce {
namespace {

constexpr uint8_t kBlockBits = 16, kNumberBits = 32, kNetworkBits = 48, kRestBits = 80;

int32_t signed_number(uint32_t number) { return static_cast<int32_t>(number ^ 0x8000'0000); }
uint32_t unsigned_number(int32_t number) { return static_cast<uint32_t>(number) ^ 0x8000'0000; }

IpNumber first_of_block(uint32_t block) { return IpNumber{block} << (128 - kBlockBits); }
uint32_t number_of(IpNumber ip) { return static_cast<uint32_t>(ip >> kRestBits); }
IpNumber rest_of(IpNumber ip) { return ip & ((IpNumber{1} << kRestBits) - 1); }

// How many of `before` are less, of those that are in order; without jumps.
template <size_t kCount>
size_t count_less(const int32_t* before, int32_t number) {
#ifdef __SSE2__
  const __m128i sought = _mm_set1_epi32(number);
  const auto four_from = [&](size_t i) {
    const auto* at = reinterpret_cast<const __m128i*>(before + i);
    return _mm_cmpgt_epi32(sought, _mm_loadu_si128(at));
  };
  __m128i found = _mm_packs_epi32(four_from(0), four_from(4));
  if constexpr (kCount == 16)
    found = _mm_packs_epi16(found, _mm_packs_epi32(four_from(8), four_from(12)));
  else
    found = _mm_packs_epi16(found, _mm_setzero_si128());
  return static_cast<size_t>(std::countr_one(static_cast<uint32_t>(_mm_movemask_epi8(found))));
#else
  size_t count = 0;
  for (size_t i = 0; i < kCount; ++i) count += before[i] < number;
  return count;
#endif
}

}  // namespace

void V6Ranges::add(IpNumber first, uint32_t cell) {
  if (is_cut_ && first >> kRestBits != cut_network_) leave_cut(first);
  ++size_;
  if (rest_of(first) == 0) {
    enter(first, cell);
  } else if (is_cut_ || begin_cut(first)) {
    parts_.push_back(part(first, cell));
  }
  last_cell_ = cell;
}

// What comes behind the network has a range of its own.
void V6Ranges::leave_cut(IpNumber next) {
  is_cut_ = false;
  const IpNumber behind = (cut_network_ + 1) << kRestBits;
  if (behind != 0 && next != behind) enter(behind, last_cell_);
}

// With more of them than any database has, networks are where they begin.
bool V6Ranges::begin_cut(IpNumber first) {
  if (cuts_.size() == kCutsMax) return false;
  is_cut_ = true;
  cut_network_ = first >> kRestBits;
  const IpNumber network = cut_network_ << kRestBits;
  enter(network, kCut + static_cast<uint32_t>(cuts_.size()));
  cuts_.push_back(static_cast<uint32_t>(parts_.size()));
  parts_.push_back(part(network, last_cell_));
  return true;
}

// Also in the place of a range that begins there.
void V6Ranges::enter(IpNumber first, uint32_t cell) {
  while (whole_.size() < first >> (128 - kBlockBits)) end_block();
  const uint32_t number = number_of(first);
  if (ranges_.empty() || ranges_.back().first != number) ranges_.push_back({number, 0});
  ranges_.back().cell = cell;
}

// The last range goes on in the next block, unless another begins there.
void V6Ranges::end_block() {
  const bool whole = ranges_.size() == 1;
  whole_.push_back(whole ? ranges_[0].cell : kMixed);
  tree_of_block_.push_back(static_cast<uint16_t>(trees_.size()));
  if (!whole) enter_lines(ranges_, 0);
  ranges_.assign(1, {0, ranges_.back().cell});
}

void V6Ranges::enter_lines(std::span<const Range> ranges, uint8_t bits) {
  Tree& tree = trees_.emplace_back();
  tree.first_line = static_cast<uint32_t>(lines_.size());
  for (size_t i = 0; i < ranges.size(); i += kLineRanges) {
    Line& line = lines_.emplace_back();
    std::fill(std::begin(line.before), std::end(line.before), signed_number(UINT32_MAX));
    line.bits_and_cells[0] = bits;
    for (size_t k = 0; k <= kLineRanges && i + k < ranges.size(); ++k) {
      const Range& range = ranges[i + k];
      line.before[k] = signed_number(range.first - 1);
      for (size_t byte = 0; byte < 3 && k < kLineRanges; ++byte)
        line.bits_and_cells[1 + 3 * k + byte] = static_cast<uint8_t>(range.cell >> 8 * byte);
    }
  }
  tree.lines = static_cast<uint32_t>(lines_.size()) - tree.first_line;
}

void V6Ranges::finish() {
  if (empty()) return;
  if (is_cut_) leave_cut(0);
  cuts_.push_back(static_cast<uint32_t>(parts_.size()));
  while (whole_.size() < kBlocks) end_block();
  enter_whole_blocks();
  grow_trees();
  shrink(&tree_of_block_);
  shrink(&nodes_);
  shrink(&lines_);
  shrink(&parts_);
  ranges_ = {};
  whole_ = {};
}

void V6Ranges::enter_whole_blocks() {
  std::map<std::pair<uint32_t, uint8_t>, size_t> known;
  for (uint32_t first = 0, last = 0; first < kBlocks; first = last + 1) {
    last = first;
    const uint32_t cell = whole_[first];
    if (cell == kMixed) continue;
    while (last + 1 < kBlocks && whole_[last + 1] == cell) ++last;
    const IpNumber end = last_of(true, first_of_block(last), kBlockBits);
    for (uint32_t i = first; i <= last; ++i) {
      const uint8_t bits = widest_prefix(true, first_of_block(i), first_of_block(first), end);
      const auto [at, is_new] = known.try_emplace({cell, bits}, trees_.size());
      const Range range{0, cell};
      if (is_new) enter_lines({&range, 1}, bits);
      tree_of_block_[i] = static_cast<uint16_t>(at->second);
    }
  }
}

// All to the depth of the largest, so that no look-up depends on which it is in.
void V6Ranges::grow_trees() {
  uint64_t lines = 0, reach = 1;
  for (const Tree& tree : trees_) lines = std::max<uint64_t>(lines, tree.lines);
  for (; reach < lines; reach *= kLineWays) ++depth_;
  for (Tree& tree : trees_) tree.begins[depth_] = tree.first_line;
  for (size_t depth = 0; depth < depth_; ++depth) {
    reach /= kLineWays;
    for (Tree& tree : trees_) {
      tree.begins[depth] = static_cast<uint32_t>(nodes_.size());
      for (uint64_t line = 0; line < tree.lines; line += reach * kLineWays)
        enter_node(tree, line, reach);
    }
  }
}

// One whose first way leads to `line` of its tree, and each further one to `reach` lines later.
void V6Ranges::enter_node(const Tree& tree, uint64_t line, uint64_t reach) {
  Node& node = nodes_.emplace_back();
  for (int32_t& before : node.before) {
    line += reach;
    before =
        line < tree.lines ? lines_[tree.first_line + line].before[0] : signed_number(UINT32_MAX);
  }
}

// What a tree leads to is there: so nothing is checked on the way.
PrefixMatch V6Ranges::find(IpNumber ip) const {
  if (empty()) return {};
  const uint32_t number = number_of(ip);
  const int32_t sought = signed_number(number);
  const Tree& tree = trees_.data()[tree_of_block_.data()[ip >> (128 - kBlockBits)]];
  size_t at = 0;
  for (size_t depth = 0; depth < depth_; ++depth) {
    const Node& node = nodes_.data()[tree.begins.data()[depth] + at];
    at = at * kLineWays + count_less<kLineWays - 1>(node.before, sought);
  }
  const Line& line = lines_.data()[tree.begins.data()[depth_] + at];
  const size_t i = count_less<kLineRanges>(line.before + 1, sought);
  const uint32_t cell = read_le32(line.bits_and_cells + 3 * i) >> 8;
  if (cell >= kCut) return find_part(cell - kCut, ip);
  // The numbers before and behind the range, none of the block if it begins or ends with that.
  const uint64_t before = uint64_t{unsigned_number(line.before[i]) + 1} - 1;
  const uint64_t behind = uint64_t{unsigned_number(line.before[i + 1])} + 1;
  const uint64_t differs = std::min(number ^ before, number ^ behind);
  const auto bits = static_cast<uint8_t>(std::countl_zero(differs | 1) - 63 + kNetworkBits);
  return {cell, differs >> kNumberBits != 0 ? line.bits_and_cells[0] : bits};
}

PrefixMatch V6Ranges::find_part(uint32_t cut, IpNumber ip) const {
  const IpNumber network = ip - rest_of(ip);
  const auto first_of = [&](const Part& part) {
    return network | IpNumber{part.middle} << 64 | part.low;
  };
  const auto begin = parts_.begin() + cuts_[cut], end = parts_.begin() + cuts_[cut + 1];
  const auto next = std::upper_bound(
      begin, end, ip, [&](IpNumber wanted, const Part& part) { return wanted < first_of(part); });
  const Part& part = *(next - 1);
  const IpNumber last = next != end ? first_of(*next) - 1 : last_of(true, network, kNetworkBits);
  return {part.cell, widest_prefix(true, ip, first_of(part), last)};
}

V6Ranges::Part V6Ranges::part(IpNumber first, uint32_t cell) {
  return {low_half(first), cell, static_cast<uint16_t>(high_half(first))};
}

size_t V6Ranges::memory_bytes() const {
  return tree_of_block_.capacity() * sizeof(uint16_t) + nodes_.capacity() * sizeof(Node) +
         lines_.capacity() * sizeof(Line) + trees_.capacity() * sizeof(Tree) +
         cuts_.capacity() * sizeof(uint32_t) + parts_.capacity() * sizeof(Part);
}

}  // namespace fce
