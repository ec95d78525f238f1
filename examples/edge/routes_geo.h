// SPDX-License-Identifier: Apache-2.0
//
// Who is sent where, and why, by HTTP: [[geo_explain]].
#ifndef FCEDGE_EXAMPLES_EDGE_ROUTES_GEO_H_
#define FCEDGE_EXAMPLES_EDGE_ROUTES_GEO_H_

#include <fcedge/http.h>

#include "config.h"

namespace edge {

// Answers what `node`, which outlives the routes, does now with clients. Without one the route is
// only added to see whether it can be.
void add_geo_explain(fce_routes* routes, const Config& config, const RouteSettings& route,
                     const fce_node* node);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_ROUTES_GEO_H_
