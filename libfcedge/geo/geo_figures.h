// SPDX-License-Identifier: Apache-2.0
// What is known of the geo index and of the map in force, for those who collect figures.
#pragma once

#include <vector>

#include "metrics/figure.h"

namespace fce {

class GeoDirector;

// Any thread.
std::vector<Figure> geo_gauges(const GeoDirector& geo);
std::vector<Figure> geo_totals(const GeoDirector& geo);

}  // namespace fce
