// SPDX-License-Identifier: Apache-2.0
#include "engine/geo_sets.h"

#include <algorithm>
#include <utility>

namespace fce {
namespace {

GeoSet empty_set(const std::string& name) {
  GeoSet set;
  set.name = name;
  // No region has a name like that, so the fence keeps everybody out.
  set.regions = {std::string(1, '\0')};
  set.all_down = AllDown::none;
  return set;
}

}  // namespace

Status GeoSets::number(GeoMap* map) {
  // Before anything is kept of it.
  if (const Status status = map->check(); status != Status::ok) return status;
  std::vector<std::string> names = names_;
  for (const GeoSet& set : map->sets)
    if (std::find(names.begin(), names.end(), set.name) == names.end()) names.push_back(set.name);
  if (names.size() > GeoMap::kSetsMax)
    return fail(Status::too_big, "there have been too many sets of nodes since the start");
  std::vector<GeoSet> sets;
  for (const std::string& name : names) {
    const auto given = std::find_if(map->sets.begin(), map->sets.end(),
                                    [&](const GeoSet& set) { return set.name == name; });
    sets.push_back(given == map->sets.end() ? empty_set(name) : std::move(*given));
  }
  map->sets = std::move(sets);
  names_ = std::move(names);
  return Status::ok;
}

}  // namespace fce
