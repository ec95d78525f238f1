// SPDX-License-Identifier: Apache-2.0
//
// What all entries of a route table need.
#ifndef FCEDGE_EXAMPLES_EDGE_ROUTE_ENTRY_H_
#define FCEDGE_EXAMPLES_EDGE_ROUTE_ENTRY_H_

#include <fcedge/http.h>

#include <string>

#include "config.h"

namespace edge {

// The C ABI takes NULL for a default, the configuration has "".
inline const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Views into `route`.
inline fce_route_options route_options(const RouteSettings& route) {
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = route.path.c_str();
  options.host = or_null(route.host);
  options.origins = or_null(route.origins);
  options.compress = route.compress ? 1 : 0;
  options.compress_level = route.compress_level;
  options.compress_bytes_min = route.compress_bytes_min;
  options.compress_types = or_null(route.compress_types);
  return options;
}

// Throws ConfigError with what the library has said.
inline void expect_ok(int status, const Config& config, const Place& place) {
  if (status != FCE_OK) config.fail(place, fce_last_error());
}

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_ROUTE_ENTRY_H_
