// SPDX-License-Identifier: Apache-2.0
#include "geo/override_table.h"

#include <algorithm>
#include <map>

namespace fce {

OverrideTable::OverrideTable(const std::vector<GeoOverride>& overrides,
                             const std::vector<bool>& holds) {
  for (const bool v6 : {false, true}) enter(v6, overrides, holds);
  index_.finish();
}

void OverrideTable::enter(bool v6, const std::vector<GeoOverride>& overrides,
                          const std::vector<bool>& holds) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < overrides.size(); ++i)
    if (holds[i] && overrides[i].by == GeoOverride::By::prefix && overrides[i].prefix.v6 == v6)
      order.push_back(i);
  if (order.empty()) return;
  empty_ = false;
  // Shorter ones first: each longer one is entered into what is there. Of equals the first holds.
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return overrides[a].prefix.bits < overrides[b].prefix.bits;
  });
  std::map<IpNumber, uint32_t> cells{{0, 0}};
  const auto cell_at = [&](IpNumber ip) { return std::prev(cells.upper_bound(ip))->second; };
  for (const uint32_t i : order) {
    const IpPrefix& prefix = overrides[i].prefix;
    const IpNumber first = ip_number(ip_prefix(v6, ip_number(prefix), prefix.bits));
    const IpNumber last = last_of(v6, first, prefix.bits);
    if (cell_at(first) != 0 && overrides[cell_at(first) - 1].prefix.bits == prefix.bits) continue;
    if (last != last_of(v6, 0, 0)) cells.try_emplace(last + 1, cell_at(last));
    cells[first] = i + 1;
  }
  for (const auto& range : cells) index_.add(v6, range.first, range.second);
}

}  // namespace fce
