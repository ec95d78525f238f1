// SPDX-License-Identifier: Apache-2.0
#include "geo/v6_ranges.h"

#include <algorithm>
#include <utility>

namespace fce {

void V6Ranges::append(uint64_t network, uint32_t cell) {
  keys_.push_back(network);
  cells_.push_back(cell);
}

// What comes after a network that is split has a key of its own. Nothing comes after the last one.
void V6Ranges::leave_split_for(IpNumber next) {
  if (empty() || cells_[cells_.size() - 1] != kSplit || keys_.back() == UINT64_MAX) return;
  const uint64_t behind = keys_.back() + 1;
  if (next > IpNumber{behind} << 64) append(behind, parts_.back().cell);
}

void V6Ranges::add(IpNumber first, uint32_t cell) {
  leave_split_for(first);
  const uint64_t network = high_half(first), low = low_half(first);
  if (low == 0) return append(network, cell);
  const uint32_t before = cells_[cells_.size() - 1];
  if (keys_.back() != network) {
    append(network, kSplit);
    parts_.push_back({network, 0, before});
  } else if (before != kSplit) {
    cells_.set_back(kSplit);
    parts_.push_back({network, 0, before});
  }
  parts_.push_back({network, low, cell});
}

void V6Ranges::finish() {
  if (empty()) return;
  leave_split_for(~IpNumber{0});
  keys_.finish();
  cells_.shrink();
  shrink(&parts_);
}

PrefixMatch V6Ranges::find(IpNumber ip) const {
  if (empty()) return {};
  const size_t at = keys_.find(high_half(ip));
  const uint32_t cell = cells_[at];
  if (cell == kSplit) return find_part(ip);
  const IpNumber first = IpNumber{keys_[at]} << 64;
  const IpNumber last = at + 1 < keys_.size() ? (IpNumber{keys_[at + 1]} << 64) - 1 : ~IpNumber{0};
  return {cell, widest_prefix(true, ip, first, last)};
}

PrefixMatch V6Ranges::find_part(IpNumber ip) const {
  const uint64_t network = high_half(ip);
  const auto next =
      std::upper_bound(parts_.begin(), parts_.end(), ip, [](IpNumber wanted, const Part& part) {
        return std::pair(high_half(wanted), low_half(wanted)) < std::pair(part.network, part.first);
      });
  const Part& part = *(next - 1);
  const IpNumber base = IpNumber{network} << 64;
  const uint64_t last =
      next != parts_.end() && next->network == network ? next->first - 1 : UINT64_MAX;
  return {part.cell, widest_prefix(true, ip, base | part.first, base | last)};
}

size_t V6Ranges::memory_bytes() const {
  return keys_.memory_bytes() + cells_.memory_bytes() + parts_.capacity() * sizeof(Part);
}

}  // namespace fce
