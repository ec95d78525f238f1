// SPDX-License-Identifier: Apache-2.0
//
// Where clients are sent: [geo], [[geo_node]] and [[geo_set]].
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_

#include <fcedge/geo.h>

#include <string>
#include <vector>

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads [geo].
GeoSettings read_geo(Section section);

// Each reads one of [[geo_node]] and [[geo_set]].
GeoNodeSettings read_geo_node(Section& section);
GeoSetSettings read_geo_set(Section& section);

// Reads one of [[geo_explain]].
RouteSettings read_geo_explain(Section& section);

// Throws ConfigError for sets that no zone could name.
void check_geo(const Config& config);

// Warns of fences around nobody: a region that no node is in may be misspelt, or its nodes are yet
// to come.
void warn_of_fences(const Config& config);

// Throws ConfigError for databases that cannot be used. It reads them as a whole, which takes
// seconds.
void check_databases(const Config& config);

// Gives a node that has not started its databases; without `reads` none, which is enough to try
// the rest.
void set_geo(fce_node* node, const Config& config, bool reads);

// The map as the C ABI takes it. What it points to is here and in the configuration.
class GeoMapView {
 public:
  explicit GeoMapView(const Config& config);
  GeoMapView(const GeoMapView&) = delete;
  GeoMapView& operator=(const GeoMapView&) = delete;

  const std::vector<fce_geo_node>& nodes() const { return nodes_; }
  const std::vector<fce_geo_set>& sets() const { return sets_; }

  // Throws ConfigError with what the library has said of it, which names the node or the set.
  [[noreturn]] static void fail(const Config& config, const std::string& sentence);

 private:
  std::vector<fce_geo_node> nodes_;
  std::vector<std::vector<fce_geo_override>> overrides_;
  std::vector<fce_geo_set> sets_;
};

// The map of nodes and sets as the configuration is now; before the zones, at any time.
void set_geo_map(fce_node* node, const Config& config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_GEO_H_
