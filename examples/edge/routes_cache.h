// SPDX-License-Identifier: Apache-2.0
//
// Routes that lead to origins as entries of a route table.
#ifndef FCEDGE_EXAMPLES_EDGE_ROUTES_CACHE_H_
#define FCEDGE_EXAMPLES_EDGE_ROUTES_CACHE_H_

#include "config.h"
#include "origins.h"

namespace edge {

// Adds [[cached]], [[proxy]] and [[purge]]. Without `with_cache` the table is only built to see
// whether it can be, for a node that has no cache. Throws ConfigError with the line of the route
// that the library refuses.
void add_cache_routes(fce_routes* routes, const Config& config, const Origins& origins,
                      bool with_cache);

// Adds one route that leads to that origin.
void add_only_origin(fce_routes* routes, const Config& config, const Origins& origins,
                     const OriginSettings& settings);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_ROUTES_CACHE_H_
