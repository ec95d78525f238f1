// SPDX-License-Identifier: Apache-2.0
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_ROUTE_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_ROUTE_H_

#include <string>

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads what all routes have: `path`, which must be said if `default_path` is "", `host`,
// `origins`.
RouteSettings read_route(Section& section, const char* default_path);

// Reads which methods a route has, as "GET,POST".
void read_methods(Section& section, std::string* methods);

// Reads how answers are compressed on their way out: `compress`, `compress_...`.
void read_compress(Section& section, RouteSettings* route);

// Throws ConfigError for a key without which a section makes no sense.
void require(const Section& section, const char* key, const std::string& value);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_ROUTE_H_
