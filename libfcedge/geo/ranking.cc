// SPDX-License-Identifier: Apache-2.0
#include "geo/ranking.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/crypto.h"

namespace fce {
namespace {

constexpr double kEarthKm = 6371;

// One hash gives several numbers that have nothing to do with each other (splitmix64).
uint64_t mix(uint64_t x) {
  x += 0x9e37'79b9'7f4a'7c15;
  x = (x ^ x >> 30) * 0xbf58'476d'1ce4'e5b9;
  x = (x ^ x >> 27) * 0x94d0'49bb'1331'11eb;
  return x ^ x >> 31;
}

// More than 0, less than 1.
double part_of_one(uint64_t hash) { return (static_cast<double>(hash >> 11) + 0.5) / 0x1p53; }

int order_of(NodeState state) { return static_cast<int>(state); }

}  // namespace

Ranking::Position Ranking::position(double latitude, double longitude) {
  const double phi = latitude * M_PI / 180, lambda = longitude * M_PI / 180;
  return {std::cos(phi) * std::cos(lambda), std::cos(phi) * std::sin(lambda), std::sin(phi)};
}

Ranking::Ranking(const GeoMap& map) : map_(map) {
  for (const GeoNode& node : map.nodes) {
    positions_.push_back(position(node.latitude, node.longitude));
    name_hashes_.push_back(siphash({}, node.name));
  }
}

RankedNode Ranking::judge_one(uint16_t node, uint32_t cell, bool known, const Position& at) const {
  const GeoNode& is = map_.nodes[node];
  const Position& to = positions_[node];
  const uint64_t hash = mix(name_hashes_[node] ^ cell);
  RankedNode ranked;
  ranked.node = node;
  if (known) {
    const double cosine = std::clamp(at.x * to.x + at.y * to.y + at.z * to.z, -1.0, 1.0);
    ranked.distance_km = static_cast<float>(kEarthKm * std::acos(cosine));
  }
  // Of several that draw so, each has the lowest number as often as its weight says.
  const double drawn = -std::log(part_of_one(hash)) * 100 / std::max(is.weight, 1u);
  ranked.score = static_cast<float>(ranked.distance_km + kSpreadKm * drawn);
  const double too_full = (is.load - kSpillFrom) / (1 - kSpillFrom);
  ranked.spilled = is.weight == 0 || part_of_one(mix(hash)) < too_full;
  return ranked;
}

void Ranking::judge(uint32_t cell, const Place& place, std::vector<RankedNode>* out) const {
  out->clear();
  const Position at = position(place.latitude, place.longitude);
  for (size_t i = 0; i < map_.nodes.size(); ++i)
    out->push_back(judge_one(static_cast<uint16_t>(i), cell, place.known(), at));
}

void Ranking::rank(const GeoSet& set, const std::vector<RankedNode>& judged, size_t count,
                   std::vector<RankedNode>* out) const {
  out->clear();
  for (const RankedNode& node : judged)
    if (in_fence(set, map_.nodes[node.node])) out->push_back(node);
  const auto key = [&](const RankedNode& node) {
    return std::tuple(order_of(map_.nodes[node.node].state), node.spilled, node.score, node.node);
  };
  const auto end = out->begin() + static_cast<ptrdiff_t>(std::min(count, out->size()));
  std::partial_sort(out->begin(), end, out->end(),
                    [&](const RankedNode& a, const RankedNode& b) { return key(a) < key(b); });
  out->erase(end, out->end());
}

void Ranking::cut(const GeoSet& set, std::vector<RankedNode>* ranked) const {
  const auto state = [&](const RankedNode& node) { return map_.nodes[node.node].state; };
  size_t count = std::min<size_t>(ranked->size(), set.answers_max);
  if (ranked->empty()) return;
  const NodeState best = state(ranked->front());
  if (best == NodeState::down) {
    if (set.all_down == AllDown::none) count = 0;
    if (set.all_down == AllDown::all) count = std::min(ranked->size(), GeoMap::kAnswersMax);
  }
  // Draining nodes stand behind none that is up, nor those that are down behind any other.
  for (size_t i = 0; i < count; ++i)
    if (state((*ranked)[i]) != best) count = i;
  ranked->resize(count);
}

}  // namespace fce
