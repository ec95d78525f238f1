// SPDX-License-Identifier: Apache-2.0
#include "geo/node_orders.h"

#include <algorithm>
#include <utility>

namespace fce {

NodeOrders::Node::Node(const GeoNode& node)
    : name(node.name),
      region(node.region),
      latitude(node.latitude),
      longitude(node.longitude),
      weight(node.weight) {}

NodeOrders::NodeOrders(std::shared_ptr<const GeoIndex> index, const GeoMap& map,
                       const Ranking& ranking)
    : index_(std::move(index)), cells_(static_cast<uint32_t>(index_->cells())) {
  for (const GeoNode& node : map.nodes) nodes_.emplace_back(node);
  find_fences(map);
  std::vector<RankedNode> judged;
  for (uint32_t spot = 0; spot < spots(); ++spot) {
    const uint32_t cell = spot < cells_ ? spot : Cells::kUnknown;
    ranking.judge(lot_of(spot), index_->place(cell), &judged);
    for (Fence& fence : fences_) enter(judged, &fence);
  }
}

void NodeOrders::find_fences(const GeoMap& map) {
  for (const GeoSet& set : map.sets) {
    const auto known = std::find_if(fences_.begin(), fences_.end(), [&](const Fence& fence) {
      return fence.regions == set.regions;
    });
    fence_of_set_.push_back(static_cast<size_t>(known - fences_.begin()));
    if (known != fences_.end()) continue;
    Fence& fence = fences_.emplace_back();
    fence.regions = set.regions;
    for (size_t i = 0; i < map.nodes.size(); ++i)
      if (in_fence(set, map.nodes[i])) fence.inside.push_back(static_cast<uint16_t>(i));
  }
  for (Fence& fence : fences_) {
    const size_t kept =
        std::clamp(kKeptOfAllFences / fences_.size(), GeoMap::kAnswersMax, kKeptMax);
    fence.kept = std::min(fence.inside.size(), kept);
    fence.has_all = fence.kept == fence.inside.size();
    fence.nodes.reserve(fence.kept * spots());
  }
}

void NodeOrders::enter(const std::vector<RankedNode>& judged, Fence* fence) {
  std::vector<uint16_t>& inside = fence->inside;
  const auto before = [&](uint16_t a, uint16_t b) {
    return std::pair(judged[a].score, a) < std::pair(judged[b].score, b);
  };
  const auto end = inside.begin() + static_cast<ptrdiff_t>(fence->kept);
  std::partial_sort(inside.begin(), end, inside.end(), before);
  fence->nodes.insert(fence->nodes.end(), inside.begin(), end);
}

bool NodeOrders::holds_for(const GeoIndex& index, const GeoMap& map) const {
  if (&index != index_.get() || map.sets.size() != fence_of_set_.size()) return false;
  for (size_t i = 0; i < map.sets.size(); ++i)
    if (map.sets[i].regions != fences_[fence_of_set_[i]].regions) return false;
  return std::equal(nodes_.begin(), nodes_.end(), map.nodes.begin(), map.nodes.end(),
                    [](const Node& a, const GeoNode& b) { return a == Node(b); });
}

}  // namespace fce
