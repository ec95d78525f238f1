// SPDX-License-Identifier: Apache-2.0
// V6Ranges: which cell each IPv6 address is in. Networks end at 64 bits, so ranges are known by
// their first 64: eleven bytes a range. The few that begin within a network of 64 bits stand apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "geo/ip_number.h"
#include "geo/large_vector.h"
#include "geo/packed_cells.h"
#include "geo/prefix_match.h"
#include "geo/search_tree.h"

namespace fce {

class V6Ranges {
 public:
  // The range from `first` up to the first of the next. The first begins at 0, each further one
  // after that, and with another cell. Cells are less than kSplit.
  void add(IpNumber first, uint32_t cell);
  // After the last.
  void finish();

  // Only of a finished one; one without ranges knows nothing.
  PrefixMatch find(IpNumber ip) const;
  bool empty() const { return keys_.size() == 0; }
  size_t size() const { return keys_.size() + parts_.size(); }
  size_t memory_bytes() const;

 private:
  // In the place of a cell: the network is in several.
  static constexpr uint32_t kSplit = PackedCells::kMax;

  struct Part {
    uint64_t network;
    uint64_t first;  // of the lower 64 bits
    uint32_t cell;
  };
  void append(uint64_t network, uint32_t cell);
  void leave_split_for(IpNumber next);
  PrefixMatch find_part(IpNumber ip) const;

  SearchTree keys_;
  PackedCells cells_;
  LargeVector<Part> parts_;
};

}  // namespace fce
