// SPDX-License-Identifier: Apache-2.0
// CacheFigures: what the cache knows of itself as one whole, for those who collect figures. What
// shards count of their own requests is in metrics/counters.h.
#pragma once

#include <cstdint>
#include <vector>

namespace fce {

class EdgeCache;

struct CacheFigure {
  const char* name;  // of OpenMetrics; one that ends in "_total" only grows
  const char* unit;  // "" if there is none
  const char* help;
  uint64_t value;
};

// Any thread.
std::vector<CacheFigure> cache_gauges(const EdgeCache& cache);
std::vector<CacheFigure> cache_totals(const EdgeCache& cache);

}  // namespace fce
