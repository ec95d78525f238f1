// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_snapshot.h"

#include <algorithm>
#include <utility>

namespace fce {
namespace {

std::shared_ptr<const GeoIndex> or_empty(std::shared_ptr<const GeoIndex> index) {
  if (index) return index;
  const auto empty = std::make_shared<GeoIndex>();
  empty->finish();
  return empty;
}

std::vector<uint16_t> numbers_of(const std::vector<RankedNode>& ranked) {
  std::vector<uint16_t> numbers;
  for (const RankedNode& node : ranked) numbers.push_back(node.node);
  return numbers;
}

bool holds_for(const GeoOverride& one, const Place& place) {
  if (one.by == GeoOverride::By::country) return one.code == place.country_code();
  return one.by == GeoOverride::By::continent && one.code == place.continent_code();
}

}  // namespace

GeoSnapshot::GeoSnapshot(std::shared_ptr<const GeoIndex> index, std::shared_ptr<const GeoMap> map)
    : index_(or_empty(std::move(index))), map_(std::move(map)), ranking_(*map_) {
  for (const GeoSet& set : map_->sets) {
    Answers& answers = sets_.emplace_back(set);
    for (const GeoOverride& one : set.overrides) answers.of_override.push_back(list_of(one, set));
  }
  answer_cells();
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

void GeoSnapshot::answer_cells() {
  std::vector<RankedNode> judged, ranked;
  for (uint32_t cell = 0; cell < index_->cells(); ++cell) {
    const Place& place = index_->place(cell);
    ranking_.judge(cell, place, &judged);
    for (size_t i = 0; i < sets_.size(); ++i) {
      const GeoSet& set = map_->sets[i];
      if (const GeoOverride* one = override_of(set, sets_[i], place)) {
        sets_[i].of_cell.push_back(
            sets_[i].of_override[static_cast<size_t>(one - set.overrides.data())]);
        continue;
      }
      ranking_.rank(set, judged, GeoMap::kAnswersMax, &ranked);
      ranking_.cut(set, &ranked);
      sets_[i].of_cell.push_back(lists_.number_of(numbers_of(ranked)));
    }
  }
}

// A prefix in which no override holds has to be no wider than the gap between those that do.
GeoSnapshot::Decision GeoSnapshot::decide(uint16_t set, const IpPrefix& client) const {
  const Answers& answers = sets_[set];
  const PrefixMatch by_prefix = answers.prefixes.find(client);
  const PrefixMatch match = index_->find(client);
  if (by_prefix.cell != 0 && answers.of_override[by_prefix.cell - 1] != kNone)
    return {Rule::prefix, answers.of_override[by_prefix.cell - 1], match.cell, by_prefix.bits};
  Decision decision;
  decision.cell = match.cell;
  decision.list = answers.of_cell[match.cell];
  decision.bits = std::max(match.bits, by_prefix.bits);
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
  ranking_.judge(decision.cell, explanation.place, &judged);
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
