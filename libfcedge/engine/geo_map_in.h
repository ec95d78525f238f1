// SPDX-License-Identifier: Apache-2.0
// Maps of nodes as the C ABI gives them.
#pragma once

#include <fcedge/geo.h>

#include <span>

#include "base/status.h"
#include "geo/node_map.h"

namespace fce {

// FCE_EINVAL with a sentence that names the node or the set. What GeoMap::check asks is not looked
// at yet.
Status read_geo_map(std::span<const fce_geo_node> nodes, std::span<const fce_geo_set> sets,
                    GeoMap* out);

}  // namespace fce
