// SPDX-License-Identifier: Apache-2.0
//
// fcedge-geo map: a picture of the world, coloured by the node that each place is sent to. It needs
// no map of the world: the places that a database knows show the continents.
#ifndef FCEDGE_EXAMPLES_GEO_WORLD_MAP_H_
#define FCEDGE_EXAMPLES_GEO_WORLD_MAP_H_

#include "options.h"

namespace geo {

// Writes one picture a set. Throws edge::ConfigError.
void draw_map(const Options& options);

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_WORLD_MAP_H_
