// SPDX-License-Identifier: Apache-2.0
// NodeWatch: what those who watch the nodes of a map have seen of them, beside what the map says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "geo/node_map.h"
#include "geo/steady_state.h"

namespace fce {

class NodeWatch {
 public:
  // Changes of load that are smaller move nobody.
  static constexpr double kLoadStep = 0.05;

  struct Seen {
    NodeState state = NodeState::up;
    std::optional<double> load;
  };

  // FCE_ENOENT when `map` has no such node. `changed` is whether it makes a difference.
  Status observe(const GeoMap& map, const std::string& node, const Seen& seen, bool* changed);
  // The map with what was seen of its nodes: of two states the worse one holds, since an operator
  // who takes a node out means it.
  GeoMap apply(const GeoMap& map) const;
  // Forgets nodes that are not in `map`, and those whose patience it has changed.
  void keep_to(const GeoMap& map);

 private:
  struct Watched {
    explicit Watched(const GeoNode& node)
        : worse_after(node.worse_after),
          better_after(node.better_after),
          state(node.worse_after, node.better_after) {}
    uint32_t worse_after, better_after;
    SteadyState state;
    std::optional<double> load;
  };
  std::map<std::string, Watched> watched_;
};

}  // namespace fce
