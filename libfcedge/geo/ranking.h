// SPDX-License-Identifier: Apache-2.0
// Ranking: in which order the nodes of a set are for clients of a place. Distance decides; nodes
// that are about as far share clients by their weights; and a node that gets full hands some cells
// after the other to the next, so that load moves gradually and not all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geo/cells.h"
#include "geo/node_map.h"
#include "geo/place.h"

namespace fce {

struct RankedNode {
  uint16_t node = 0;
  float distance_km = 0;  // 0 for places that are not known
  float score = 0;        // of nodes alike in all else, the lowest goes first
  bool spilled = false;   // too full for this cell
};

class Ranking {
 public:
  // From this part of a node's capacity on it hands over cells; when it is full, all of them.
  static constexpr double kSpillFrom = 0.8;
  // Nodes whose distances differ by no more than about this share clients.
  static constexpr double kSpreadKm = 25;

  // `map` must outlive it, and has been checked.
  explicit Ranking(const GeoMap& map);

  // All nodes as clients of a cell see them, in the order of the map. It is the same for all sets.
  void judge(uint32_t cell, const Place& place, std::vector<RankedNode>* out) const;
  // Those of `judged` within the fence of `set`, whatever their state, the best `count` first:
  // those that are up and not too full, then those too full, draining, down; each of these by
  // score.
  void rank(const GeoSet& set, const std::vector<RankedNode>& judged, size_t count,
            std::vector<RankedNode>* out) const;
  // Cuts what `rank` gave to those who may be answered.
  void cut(const GeoSet& set, std::vector<RankedNode>* ranked) const;

  // What the nodes of a set have in common, wherever its clients are.
  struct Choice {
    NodeState best = NodeState::down;  // that one of them has: no other is answered
    bool some_have_room = false;       // of those
    size_t count = 0;                  // of answers
  };
  Choice choice_of(const GeoSet& set) const;
  // The same as `rank` and `cut`, of nodes that are within the fence and in the order of their
  // scores. False when these are not `all` of the fence, and do not tell.
  bool choose(const Choice& choice, uint32_t cell, std::span<const uint16_t> order, bool all,
              std::vector<uint16_t>* out) const;

 private:
  struct Position {
    double x, y, z;
  };
  static Position position(double latitude, double longitude);
  RankedNode judge_one(uint16_t node, uint32_t cell, bool known, const Position& at) const;
  bool is_spilled(uint16_t node, uint64_t hash) const;
  uint64_t hash_of(uint16_t node, uint32_t cell) const;

  const GeoMap& map_;
  std::vector<Position> positions_;
  std::vector<uint64_t> name_hashes_;  // so that a node keeps its cells whatever its number
};

}  // namespace fce
