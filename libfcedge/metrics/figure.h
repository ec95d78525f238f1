// SPDX-License-Identifier: Apache-2.0
// Figure: what a part of the node that is one whole knows of itself, for those who collect figures.
// What each shard counts by itself is in counters.h.
#pragma once

#include <cstdint>

namespace fce {

struct Figure {
  const char* name;  // of OpenMetrics; one that ends in "_total" only grows
  const char* unit;  // the end of the name, "" if there is none
  const char* help;  // without a period
  uint64_t value;
};

}  // namespace fce
