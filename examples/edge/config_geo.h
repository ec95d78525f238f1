// SPDX-License-Identifier: Apache-2.0
//
// Where clients are sent: [geo], [[geo_node]] and [[geo_set]].
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_

#include <fcedge/geo.h>

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads [geo].
GeoSettings read_geo(Section section);

// Each reads one of [[geo_node]] and [[geo_set]].
GeoNodeSettings read_geo_node(Section& section);
GeoSetSettings read_geo_set(Section& section);

// Throws ConfigError for sets that no zone could name.
void check_geo(const Config& config);

// Gives a node that has not started its databases; without `reads` none, which is enough to try
// the rest.
void set_geo(fce_node* node, const Config& config, bool reads);

// The map of nodes and sets as the configuration is now; before the zones, at any time.
void set_geo_map(fce_node* node, const Config& config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_
