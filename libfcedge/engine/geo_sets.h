// SPDX-License-Identifier: Apache-2.0
// GeoSets: the numbers of sets of nodes. A name keeps its number for as long as the node lives, so
// that zones and maps agree although they are changed one after the other: a fence holds meanwhile.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "geo/node_map.h"

namespace fce {

class GeoSets {
 public:
  // Puts the map's sets at their numbers; in the places of sets that are gone stand such that no
  // node is in.
  Status number(GeoMap* map);
  // By number.
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

}  // namespace fce
