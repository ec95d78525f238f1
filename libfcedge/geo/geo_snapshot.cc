// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_snapshot.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "geo/mix.h"

namespace fce {
namespace {

using IndexPointer = std::shared_ptr<const GeoIndex>;

// One that knows nothing is as good as another, but only the same one keeps what was worked out.
IndexPointer or_empty(IndexPointer index, const IndexPointer* before) {
  if (index) return index;
  if (before && (*before)->cells() == 1) return *before;
  const auto empty = std::make_shared<GeoIndex>();
  empty->finish();
  return empty;
}

bool holds_for(const GeoOverride& one, const Place& place) {
  if (one.by == GeoOverride::By::country) return one.code == place.country_code();
  return one.by == GeoOverride::By::continent && one.code == place.continent_code();
}

}  // namespace

GeoSnapshot::GeoSnapshot(std::shared_ptr<const GeoIndex> index, std::shared_ptr<const GeoMap> map,
                         const GeoSnapshot* before)
    : index_(or_empty(std::move(index), before ? &before->index_ : nullptr)),
      map_(std::move(map)),
      ranking_(*map_),
      orders_(before && before->orders_->holds_for(*index_, *map_)
                  ? before->orders_
                  : std::make_shared<const NodeOrders>(index_, *map_, ranking_)) {
  for (const GeoSet& set : map_->sets) {
    Answers& answers = sets_.emplace_back();
    std::vector<bool> holds;
    for (const GeoOverride& one : set.overrides) {
      answers.of_override.push_back(list_of(one, set));
      holds.push_back(answers.of_override.back() != kNone);
    }
    answers.prefixes = OverrideTable(set.overrides, holds);
    answer_spots(sets_.size() - 1);
  }
}

// In the order in which the nodes are named. The fence holds here, too, whoever has checked.
uint32_t GeoSnapshot::list_of(const GeoOverride& one, const GeoSet& set) {
  std::vector<uint16_t> nodes;
  for (const std::string& name : one.nodes) {
    const int number = map_->find_node(name);
    if (number < 0 || nodes.size() == set.answers_max) continue;
    const GeoNode& node = map_->nodes[static_cast<size_t>(number)];
    if (node.state == NodeState::up && in_fence(set, node))
      nodes.push_back(static_cast<uint16_t>(number));
  }
  return nodes.empty() ? kNone : lists_.number_of(nodes);
}

const GeoOverride* GeoSnapshot::override_of(const GeoSet& set, const Answers& answers,
                                            const Place& place) const {
  const GeoOverride* found = nullptr;
  for (size_t i = 0; i < set.overrides.size(); ++i) {
    const GeoOverride& one = set.overrides[i];
    if (answers.of_override[i] == kNone || !holds_for(one, place)) continue;
    if (one.by == GeoOverride::By::country) return &one;
    if (!found) found = &one;
  }
  return found;
}

uint32_t GeoSnapshot::override_list(size_t set, const Place& place, ByCountry* known) const {
  uint32_t key = 0;
  for (const char letter : place.country) key = key << 8 | static_cast<uint8_t>(letter);
  for (const char letter : place.continent) key = key << 8 | static_cast<uint8_t>(letter);
  const auto [at, is_new] = known->try_emplace(key, kNone);
  if (!is_new) return at->second;
  const GeoSet& of = map_->sets[set];
  if (const GeoOverride* one = override_of(of, sets_[set], place))
    at->second = sets_[set].of_override[static_cast<size_t>(one - of.overrides.data())];
  return at->second;
}

void GeoSnapshot::answer_spots(size_t set) {
  const GeoSet& of = map_->sets[set];
  Answers& answers = sets_[set];
  const size_t fence = orders_->fence_of(set);
  const Ranking::Choice choice = ranking_.choice_of(of);
  ByCountry by_country;
  std::vector<uint16_t> nodes;
  std::vector<RankedNode> judged, ranked;
  answers.of_spot.reserve(orders_->spots());
  for (uint32_t spot = 0; spot < orders_->spots(); ++spot) {
    const Place& place = index_->place(spot < index_->cells() ? spot : Cells::kUnknown);
    const uint32_t list = of.overrides.empty() ? kNone : override_list(set, place, &by_country);
    if (list != kNone) {
      answers.of_spot.push_back(list);
      continue;
    }
    const uint32_t lot = orders_->lot_of(spot);
    // When most of the nodes near a place are down, those further away are needed, too.
    if (!ranking_.choose(choice, lot, orders_->order(fence, spot), orders_->has_all(fence),
                         &nodes)) {
      ranking_.judge(lot, place, &judged);
      ranking_.rank(of, judged, GeoMap::kAnswersMax, &ranked);
      ranking_.cut(of, &ranked);
      nodes.clear();
      for (const RankedNode& node : ranked) nodes.push_back(node.node);
    }
    answers.of_spot.push_back(lists_.number_of(nodes));
  }
  const auto nowhere = answers.of_spot.end() - NodeOrders::kUnknownSpots;
  answers.spreads = std::adjacent_find(nowhere, answers.of_spot.end(), std::not_equal_to<>()) !=
                    answers.of_spot.end();
}

// A prefix in which no override holds has to be no wider than the gap between those that do.
GeoSnapshot::Decision GeoSnapshot::decide(uint16_t set, const IpPrefix& client) const {
  const Answers& answers = sets_[set];
  const PrefixMatch by_prefix = answers.prefixes.find(client);
  const PrefixMatch match = index_->find(client);
  Decision decision;
  decision.cell = decision.spot = match.cell;
  if (by_prefix.cell != 0) {
    decision.rule = Rule::prefix;
    decision.list = answers.of_override[by_prefix.cell - 1];
    decision.bits = by_prefix.bits;
    return decision;
  }
  decision.bits = std::max(match.bits, by_prefix.bits);
  if (match.cell == Cells::kUnknown && answers.spreads) {
    const uint8_t bits = client.v6 ? kUnknownBitsV6 : kUnknownBitsV4;
    const IpNumber network = ip_number(client) >> (address_bits(client.v6) - bits);
    decision.spot = orders_->unknown_spot(mix(static_cast<uint64_t>(network)));
    decision.bits = std::max(decision.bits, bits);
  }
  decision.list = answers.of_spot[decision.spot];
  return decision;
}

GeoPick GeoSnapshot::pick(uint16_t set, const IpPrefix& client) const {
  if (set >= sets_.size()) return {{}, 0, false};
  const Decision decision = decide(set, client);
  return {lists_.at(decision.list), decision.bits, true};
}

NodeAddresses GeoSnapshot::addresses(uint16_t node) const {
  return {map_->nodes[node].v4, map_->nodes[node].v6};
}

GeoExplanation GeoSnapshot::explain(uint16_t set, const IpPrefix& ip,
                                    const std::optional<IpPrefix>& subnet) const {
  const IpPrefix& client = subnet ? *subnet : ip;
  const Decision decision = decide(set, client);
  const GeoSet& of = map_->sets[set];
  GeoExplanation explanation;
  explanation.cell = decision.cell;
  explanation.place = index_->place(decision.cell);
  explanation.matched = ip_prefix(client.v6, ip_number(client), decision.bits);
  explanation.rule = decision.rule;
  if (decision.rule == Rule::distance)
    if (const GeoOverride* one = override_of(of, sets_[set], explanation.place))
      explanation.rule = one->by == GeoOverride::By::country ? Rule::country : Rule::continent;
  std::vector<RankedNode> judged, ranked;
  ranking_.judge(orders_->lot_of(decision.spot), explanation.place, &judged);
  ranking_.rank(of, judged, judged.size(), &ranked);
  for (const RankedNode& each : ranked) {
    const GeoNode& node = map_->nodes[each.node];
    explanation.candidates.push_back({each.node, node.name, node.region, node.state, node.load,
                                      each.distance_km, each.score, each.spilled});
  }
  const std::span<const uint16_t> answer = lists_.at(decision.list);
  explanation.answer.assign(answer.begin(), answer.end());
  return explanation;
}

}  // namespace fce
