// SPDX-License-Identifier: Apache-2.0
#include "config_route.h"

#include <algorithm>

namespace edge {

RouteSettings read_route(Section& section, const char* default_path) {
  RouteSettings route;
  route.path = default_path;
  route.place = section.text("path", &route.path);
  require(section, "path", route.path);
  if (route.path[0] != '/') section.fail(route.place, "expected a path that begins with /");
  section.text("host", &route.host);
  section.text("origins", &route.origins);
  return route;
}

void read_methods(Section& section, std::string* methods) {
  section.words("methods", methods);
  std::replace(methods->begin(), methods->end(), ' ', ',');
}

void read_compress(Section& section, RouteSettings* route) {
  section.flag("compress", &route->compress);
  section.number("compress_level", &route->compress_level, 1, 9);
  section.number("compress_bytes_min", &route->compress_bytes_min, 1, 1u << 30);
  section.words("compress_types", &route->compress_types);
}

void require(const Section& section, const char* key, const std::string& value) {
  if (value.empty()) section.fail(section.place(), std::string("needs the key ") + key);
}

}  // namespace edge
