// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "cache/tenant_shares.h"

namespace fce {

bool ShareSweep::make_room(Index& index, TenantShares& shares, uint64_t tenant, uint64_t bytes,
                           std::vector<IndexEntry>* erased) {
  const std::optional<uint64_t> excess = shares.excess(tenant, bytes);
  if (!excess) return false;
  if (*excess == 0) return true;
  const std::optional<uint32_t> number = shares.pin(tenant);
  if (!number) return true;
  const uint64_t wanted = std::max(*excess, shares.share_bytes(tenant) / kShareDivisor);
  uint64_t freed = 0;
  // One round for each frequency: what was hit most goes in the last.
  for (size_t i = 0; i < Index::kStripes * (IndexEntry::kFrequencyMax + 1) && freed < wanted; ++i) {
    freed += sweep_stripe(index, shares, *number, wanted - freed, erased);
    hand_ = (hand_ + 1) % Index::kStripes;
  }
  shares.unpin(*number);
  return freed >= *excess;
}

uint64_t ShareSweep::sweep_stripe(Index& index, TenantShares& shares, uint32_t number,
                                  uint64_t wanted, std::vector<IndexEntry>* erased) {
  found_.clear();
  index.sweep(hand_, number, &found_);
  std::erase_if(found_, [](const IndexEntry& entry) { return entry.frequency > 0; });
  // Segments are numbered in the order of their age, and so are the records in them.
  std::sort(found_.begin(), found_.end(), [](const IndexEntry& a, const IndexEntry& b) {
    return std::tie(a.at.segment, a.at.offset_units) < std::tie(b.at.segment, b.at.offset_units);
  });
  uint64_t freed = 0;
  for (const IndexEntry& entry : found_) {
    if (freed >= wanted) break;
    const std::optional<IndexEntry> gone = index.erase_if(entry.key, entry.at);
    if (!gone) continue;
    shares.release(number, gone->bytes());
    freed += gone->bytes();
    erased->push_back(*gone);
  }
  return freed;
}

}  // namespace fce
