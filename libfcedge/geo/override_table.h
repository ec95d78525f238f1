// SPDX-License-Identifier: Apache-2.0
// OverrideTable: which of a set's prefixes an address is in, the longest of them.
#pragma once

#include <cstdint>
#include <vector>

#include "geo/node_map.h"
#include "geo/prefix_index.h"

namespace fce {

class OverrideTable {
 public:
  OverrideTable() = default;
  // Of the overrides only those by prefix that `holds` says of, by their places in the list.
  OverrideTable(const std::vector<GeoOverride>& overrides, const std::vector<bool>& holds);

  bool empty() const { return empty_; }
  // `cell` is the override's place in the list plus one; 0: it is in none. As with any index, all
  // addresses of the prefix of `bits` bits are in the same.
  PrefixMatch find(const IpPrefix& client) const {
    return empty_ ? PrefixMatch() : index_.find(client);
  }

 private:
  void enter(bool v6, const std::vector<GeoOverride>& overrides, const std::vector<bool>& holds);

  PrefixIndex index_;
  bool empty_ = true;
};

}  // namespace fce
