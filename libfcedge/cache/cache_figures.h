// SPDX-License-Identifier: Apache-2.0
// CacheFigures: what the cache knows of itself as one whole, for those who collect figures. What
// shards count of their own requests is in metrics/counters.h.
#pragma once

#include <vector>

#include "metrics/figure.h"

namespace fce {

class EdgeCache;

// Any thread.
std::vector<Figure> cache_gauges(const EdgeCache& cache);
std::vector<Figure> cache_totals(const EdgeCache& cache);

}  // namespace fce
