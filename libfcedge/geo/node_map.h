// SPDX-License-Identifier: Apache-2.0
// The map of nodes that clients are sent to, and the sets of them that zones name: what a
// configuration, the mesh or a program says. Plain data, checked before it is used.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/ip_prefix.h"

namespace fce {

enum class NodeState : uint8_t {
  up,
  draining,  // serves those whom it has; gets new ones only when nothing is up
  down,
};

struct GeoNode {
  std::string name, region;
  double latitude = 0, longitude = 0;
  uint32_t weight = 100;  // among nodes near each other; 0: only when there is no other
  double load = 0;        // part of its capacity that is in use
  NodeState state = NodeState::up;
  // How often in a row it has to be seen in another state before that is taken for true; at
  // least 1.
  uint32_t worse_after = 3, better_after = 3;
  std::vector<std::array<uint8_t, 4>> v4;
  std::vector<std::array<uint8_t, 16>> v6;
};

// Who has no node that is up.
enum class AllDown : uint8_t {
  nearest,  // as if all were up: the map may be wrong, and clients try several
  all,      // the same, and as many as there are
  none,     // no answer
};

// Clients who are sent to certain nodes, in this order, wherever those are. One of the three.
struct GeoOverride {
  enum class By : uint8_t { prefix, country, continent };
  By by = By::prefix;
  IpPrefix prefix;
  std::string code;  // of the country or the continent
  std::vector<std::string> nodes;
};

struct GeoSet {
  std::string name;
  std::vector<std::string>
      regions;               // the fence: no node outside of them, whatever happens; {}: all
  uint32_t answers_max = 2;  // 1 to kAnswersMax
  AllDown all_down = AllDown::nearest;
  // A longer prefix goes before a shorter one, a prefix before a country, that before a continent.
  // When none of the nodes named is up, the next one holds, and at last the distance.
  std::vector<GeoOverride> overrides;
};

struct GeoMap {
  static constexpr size_t kNodesMax = 4096, kSetsMax = 1024, kAnswersMax = 8;

  std::vector<GeoNode> nodes;
  std::vector<GeoSet> sets;

  // FCE_EINVAL with a sentence that names the node or the set.
  Status check() const;
  // -1: there is none.
  int find_node(std::string_view name) const;
};

// Whether the fence of `set` lets `node` in.
bool in_fence(const GeoSet& set, const GeoNode& node);

}  // namespace fce
