// SPDX-License-Identifier: Apache-2.0
#include "geo/ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "base/crypto.h"
#include "geo/mix.h"

namespace fce {
namespace {

constexpr double kEarthKm = 6371;

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
  const uint64_t hash = hash_of(node, cell);
  RankedNode ranked;
  ranked.node = node;
  if (known) {
    const double cosine = std::clamp(at.x * to.x + at.y * to.y + at.z * to.z, -1.0, 1.0);
    ranked.distance_km = static_cast<float>(kEarthKm * std::acos(cosine));
  }
  // Of several that draw so, each has the lowest number as often as its weight says.
  const double drawn = -std::log(part_of_one(hash)) * 100 / std::max(is.weight, 1u);
  ranked.score = static_cast<float>(ranked.distance_km + kSpreadKm * drawn);
  ranked.spilled = is_spilled(node, hash);
  return ranked;
}

uint64_t Ranking::hash_of(uint16_t node, uint32_t cell) const {
  return mix(name_hashes_[node] ^ cell);
}

bool Ranking::is_spilled(uint16_t node, uint64_t hash) const {
  const GeoNode& is = map_.nodes[node];
  if (is.weight == 0) return true;
  const double too_full = (is.load - kSpillFrom) / (1 - kSpillFrom);
  return too_full > 0 && part_of_one(mix(hash)) < too_full;
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

Ranking::Choice Ranking::choice_of(const GeoSet& set) const {
  Choice choice;
  for (const GeoNode& node : map_.nodes)
    if (in_fence(set, node)) choice.best = std::min(choice.best, node.state);
  for (const GeoNode& node : map_.nodes)
    if (in_fence(set, node) && node.state == choice.best && node.weight > 0 && node.load < 1)
      choice.some_have_room = true;
  choice.count = set.answers_max;
  if (choice.best == NodeState::down) {
    if (set.all_down == AllDown::none) choice.count = 0;
    if (set.all_down == AllDown::all) choice.count = GeoMap::kAnswersMax;
  }
  return choice;
}

bool Ranking::choose(const Choice& choice, uint32_t cell, std::span<const uint16_t> order, bool all,
                     std::vector<uint16_t>* out) const {
  std::array<uint16_t, GeoMap::kAnswersMax> full;
  size_t full_count = 0;
  out->clear();
  if (choice.count == 0) return true;
  for (const uint16_t node : order) {
    if (map_.nodes[node].state != choice.best) continue;
    // Where all are too full nobody is the worse for it.
    if (choice.some_have_room && is_spilled(node, hash_of(node, cell))) {
      if (full_count < full.size()) full[full_count++] = node;
      continue;
    }
    out->push_back(node);
    if (out->size() == choice.count) return true;
  }
  const size_t more = std::min(full_count, choice.count - out->size());
  out->insert(out->end(), full.begin(), full.begin() + more);
  return all;
}

}  // namespace fce
