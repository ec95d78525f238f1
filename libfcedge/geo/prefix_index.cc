// SPDX-License-Identifier: Apache-2.0
#include "geo/prefix_index.h"

namespace fce {

void PrefixIndex::add(bool v6, IpNumber first, uint32_t cell) {
  if (has(v6) && last_cell_[v6] == cell) return;
  last_cell_[v6] = cell;
  if (v6) {
    v6_.add(first, cell);
  } else {
    v4_.add(static_cast<uint32_t>(first), cell);
  }
}

void PrefixIndex::finish() {
  v4_.finish();
  v6_.finish();
}

}  // namespace fce
