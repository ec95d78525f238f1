// SPDX-License-Identifier: Apache-2.0
#include "geo/v4_ranges.h"

#include "geo/ip_number.h"

namespace fce {
namespace {

constexpr uint32_t kLineLows = 64 / sizeof(uint16_t);

}  // namespace

void V4Ranges::append(uint32_t low, uint32_t cell) {
  lows_.push_back(static_cast<uint16_t>(low));
  cells_.push_back(cell);
}

// Blocks in which no range begins belong to the last one.
void V4Ranges::begin_blocks_before(uint32_t block) {
  while (begins_.size() < block) {
    begins_.push_back(static_cast<uint32_t>(lows_.size()));
    append(0, cells_[cells_.size() - 1]);
  }
}

void V4Ranges::add(uint32_t first, uint32_t cell) {
  const uint32_t block = first >> 16, low = first & 0xffff;
  if (begins_.size() <= block) {
    begin_blocks_before(low == 0 ? block : block + 1);
    if (low == 0) begins_.push_back(static_cast<uint32_t>(lows_.size()));
  }
  append(low, cell);
}

void V4Ranges::finish() {
  if (lows_.empty()) return;
  begin_blocks_before(kBlocks);
  begins_.push_back(static_cast<uint32_t>(lows_.size()));
  shrink(&begins_);
  shrink(&lows_);
  cells_.shrink();
  bits_.assign(kBlocks, 0);
  const auto whole = [&](uint32_t block) { return begins_[block + 1] - begins_[block] == 1; };
  for (uint32_t first = 0, last = 0; first < kBlocks; first = last + 1) {
    last = first;
    if (!whole(first)) continue;
    const uint32_t cell = cells_[begins_[first]];
    while (last + 1 < kBlocks && whole(last + 1) && cells_[begins_[last + 1]] == cell) ++last;
    widen(first, last);
  }
}

void V4Ranges::widen(uint32_t first_block, uint32_t last_block) {
  const uint32_t first = first_block << 16, last = last_block << 16 | 0xffff;
  for (uint32_t block = first_block; block <= last_block; ++block)
    bits_[block] = widest_prefix(false, block << 16, first, last);
}

PrefixMatch V4Ranges::find(uint32_t ip) const {
  if (lows_.empty()) return {};
  const uint32_t block = ip >> 16;
  uint32_t at = begins_[block];
  const uint32_t end = begins_[block + 1];
  if (end - at == 1) return {cells_[at], bits_[block]};
  // All that is looked at is fetched at once, rather than one line of the cache after the other.
  // Ranges are about as long as each other, which tells whereabouts the cell is.
  for (uint32_t i = at; i < end; i += kLineLows) __builtin_prefetch(&lows_[i]);
  cells_.prefetch(at + ((end - at) * (ip & 0xffff) >> 16));
  // The last range that begins at or before the address, without jumps that cannot be foreseen.
  for (uint32_t size = end - at; size > 1;) {
    const uint32_t half = size / 2;
    at += lows_[at + half] <= (ip & 0xffff) ? half : 0;
    size -= half;
  }
  const uint32_t block_first = block << 16;
  const uint32_t first = block_first | lows_[at];
  const uint32_t last = at + 1 < end ? (block_first | lows_[at + 1]) - 1 : block_first | 0xffff;
  return {cells_[at], widest_prefix(false, ip, first, last)};
}

size_t V4Ranges::memory_bytes() const {
  return begins_.capacity() * sizeof(uint32_t) + lows_.capacity() * sizeof(uint16_t) +
         cells_.memory_bytes() + bits_.capacity();
}

}  // namespace fce
