// SPDX-License-Identifier: Apache-2.0
#include "geo/node_watch.h"

#include <algorithm>
#include <cmath>

namespace fce {

Status NodeWatch::observe(const GeoMap& map, const std::string& node, const Seen& seen,
                          bool* changed) {
  *changed = false;
  const int number = map.find_node(node);
  if (number < 0) return fail(Status::not_found, "the geo map has no node \"" + node + "\"");
  if (seen.load && !(*seen.load >= 0))
    return fail(Status::invalid, "geo node \"" + node + "\": its load is less than nothing");
  const GeoNode& known = map.nodes[static_cast<size_t>(number)];
  Watched& watched = watched_.try_emplace(node, known).first->second;
  *changed = watched.state.observe(seen.state);
  if (!seen.load) return Status::ok;
  if (std::abs(*seen.load - watched.load.value_or(known.load)) < kLoadStep) return Status::ok;
  watched.load = seen.load;
  *changed = true;
  return Status::ok;
}

GeoMap NodeWatch::apply(const GeoMap& map) const {
  GeoMap out = map;
  for (GeoNode& node : out.nodes) {
    const auto found = watched_.find(node.name);
    if (found == watched_.end()) continue;
    node.state = std::max(node.state, found->second.state.state());
    node.load = found->second.load.value_or(node.load);
  }
  return out;
}

void NodeWatch::keep_to(const GeoMap& map) {
  std::erase_if(watched_, [&](const auto& entry) {
    const int number = map.find_node(entry.first);
    if (number < 0) return true;
    const GeoNode& node = map.nodes[static_cast<size_t>(number)];
    return node.worse_after != entry.second.worse_after ||
           node.better_after != entry.second.better_after;
  });
}

}  // namespace fce
