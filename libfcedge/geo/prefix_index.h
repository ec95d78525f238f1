// SPDX-License-Identifier: Apache-2.0
// PrefixIndex: which cell each address of both families is in. Immutable once it is finished, and
// then for any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "geo/ip_number.h"
#include "geo/prefix_match.h"
#include "geo/v4_ranges.h"
#include "geo/v6_ranges.h"

namespace fce {

class PrefixIndex {
 public:
  // The addresses from `first` on are in `cell`, up to those that are added next. In the order of
  // addresses, from 0 on; each family by itself. Neighbours of the same cell become one.
  void add(bool v6, IpNumber first, uint32_t cell);
  // After the last.
  void finish();

  // `bits` of a prefix do not matter: it is its first address that is looked up.
  PrefixMatch find(const IpPrefix& client) const {
    const IpNumber ip = ip_number(client);
    return client.v6 ? v6_.find(ip) : v4_.find(static_cast<uint32_t>(ip));
  }

  bool has(bool v6) const { return v6 ? !v6_.empty() : !v4_.empty(); }
  size_t ranges() const { return v4_.size() + v6_.size(); }
  size_t memory_bytes() const { return v4_.memory_bytes() + v6_.memory_bytes(); }

 private:
  V4Ranges v4_;
  V6Ranges v6_;
  std::array<uint32_t, 2> last_cell_{};
};

}  // namespace fce
