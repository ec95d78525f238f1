// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_figures.h"

#include <algorithm>
#include <chrono>

#include "geo/geo_director.h"

namespace fce {
namespace {

uint64_t nodes_in(const GeoMap& map, NodeState state) {
  return static_cast<uint64_t>(
      std::count_if(map.nodes.begin(), map.nodes.end(),
                    [state](const GeoNode& node) { return node.state == state; }));
}

// Of a time since 1970. What was made in the future, by a clock that is wrong, is new.
uint64_t age_s(uint64_t made_s) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_s =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  return made_s < now_s ? now_s - made_s : 0;
}

}  // namespace

std::vector<Figure> geo_gauges(const GeoDirector& geo) {
  std::vector<Figure> out;
  if (const auto index = geo.index_file().current()) {
    out = {
        {"fcedge_geo_index_age_seconds", "seconds", "Since the newest of its files was made",
         age_s(index->built_s())},
        {"fcedge_geo_index_build_milliseconds", "milliseconds", "What reading them took",
         geo.index_file().figures().build_ms},
        {"fcedge_geo_index_bytes", "bytes", "Memory of the geo index", index->memory_bytes()},
        {"fcedge_geo_index_ranges", "", "Ranges of addresses of the same cell", index->ranges()},
        {"fcedge_geo_index_cells", "", "Places that are told apart", index->cells()},
    };
  }
  if (const auto snapshot = geo.current()) {
    const GeoMap& map = snapshot->map();
    out.insert(out.end(), {{"fcedge_geo_nodes_up", "", "Nodes of the map in force that are up",
                            nodes_in(map, NodeState::up)},
                           {"fcedge_geo_nodes_draining", "", "Nodes of it that take no new clients",
                            nodes_in(map, NodeState::draining)},
                           {"fcedge_geo_nodes_down", "", "Nodes of it that are down",
                            nodes_in(map, NodeState::down)}});
  }
  return out;
}

std::vector<Figure> geo_totals(const GeoDirector& geo) {
  const IndexFile::Figures files = geo.index_file().figures();
  return {
      {"fcedge_geo_index_loads_total", "", "Times that an index was made of the files",
       files.loads},
      {"fcedge_geo_index_failures_total", "", "Times that the files could not be used",
       files.failures},
      {"fcedge_geo_map_changes_total", "", "Maps of nodes that were given", geo.maps()},
      {"fcedge_geo_map_swaps_total", "", "Times that a new map or index came into force",
       geo.version()},
  };
}

}  // namespace fce
