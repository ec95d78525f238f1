// SPDX-License-Identifier: Apache-2.0
#include "geo/node_map.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

#include "geo/country.h"

namespace fce {
namespace {

Status wrong(const char* what, const std::string& name, const std::string& why) {
  return fail(Status::invalid, std::string(what) + " \"" + name + "\": " + why);
}

Status check_node(const GeoNode& node) {
  if (node.name.empty()) return fail(Status::invalid, "a node of the geo map has no name");
  if (!(std::abs(node.latitude) <= 90 && std::abs(node.longitude) <= 180))
    return wrong("geo node", node.name, "its position is not on the earth");
  if (!(node.load >= 0)) return wrong("geo node", node.name, "its load is less than nothing");
  if (node.worse_after < 1 || node.better_after < 1)
    return wrong("geo node", node.name, "it changes after one observation at least");
  return Status::ok;
}

Status check_override(const GeoMap& map, const GeoSet& set, const GeoOverride& one) {
  if (one.nodes.empty()) return wrong("geo set", set.name, "an override names no nodes");
  if (one.by == GeoOverride::By::prefix && one.prefix.bits > (one.prefix.v6 ? 128 : 32))
    return wrong("geo set", set.name, "an override's prefix is longer than an address");
  if (one.by == GeoOverride::By::country && !find_country(one.code))
    return wrong("geo set", set.name, "there is no country " + one.code);
  if (one.by == GeoOverride::By::continent && !is_continent(one.code))
    return wrong("geo set", set.name, "there is no continent " + one.code);
  for (const std::string& name : one.nodes) {
    const int node = map.find_node(name);
    if (node < 0) return wrong("geo set", set.name, "an override names no node that is: " + name);
    if (!in_fence(set, map.nodes[static_cast<size_t>(node)]))
      return wrong("geo set", set.name, "an override would leave the fence: " + name);
  }
  return Status::ok;
}

Status check_set(const GeoMap& map, const GeoSet& set) {
  if (set.name.empty()) return fail(Status::invalid, "a set of the geo map has no name");
  if (set.answers_max < 1 || set.answers_max > GeoMap::kAnswersMax)
    return wrong("geo set", set.name, "it has 1 to 8 answers");
  for (const GeoOverride& one : set.overrides)
    if (const Status status = check_override(map, set, one); status != Status::ok) return status;
  return Status::ok;
}

}  // namespace

bool in_fence(const GeoSet& set, const GeoNode& node) {
  return set.regions.empty() ||
         std::find(set.regions.begin(), set.regions.end(), node.region) != set.regions.end();
}

int GeoMap::find_node(std::string_view name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const GeoNode& node) { return node.name == name; });
  return found == nodes.end() ? -1 : static_cast<int>(found - nodes.begin());
}

Status GeoMap::check() const {
  if (nodes.size() > kNodesMax) return fail(Status::too_big, "the geo map has too many nodes");
  if (sets.size() > kSetsMax) return fail(Status::too_big, "the geo map has too many sets");
  std::unordered_set<std::string_view> names;
  for (const GeoNode& node : nodes) {
    if (const Status status = check_node(node); status != Status::ok) return status;
    if (!names.insert(node.name).second)
      return wrong("geo node", node.name, "there are two of that name");
  }
  names.clear();
  for (const GeoSet& set : sets) {
    if (const Status status = check_set(*this, set); status != Status::ok) return status;
    if (!names.insert(set.name).second)
      return wrong("geo set", set.name, "there are two of that name");
  }
  return Status::ok;
}

}  // namespace fce
