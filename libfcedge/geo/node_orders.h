// SPDX-License-Identifier: Apache-2.0
// NodeOrders: in which order the nodes are for each place while nothing but their positions,
// weights and regions counts. That is slow to work out, and stays when a node goes down, comes back
// or fills up: then the answers are only picked anew from these orders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "geo/geo_index.h"
#include "geo/large_vector.h"
#include "geo/node_map.h"
#include "geo/ranking.h"

namespace fce {

// Immutable. Any thread.
class NodeOrders {
 public:
  // Clients of places that are not known are spread over this many spots, so that not all of them
  // get the same nodes.
  static constexpr uint32_t kUnknownSpots = 256;
  // As many nodes are kept for a spot, of each fence, when there are few fences.
  static constexpr size_t kKeptMax = 32, kKeptOfAllFences = 512;

  // Takes a while. `ranking` is that of `map`, which has been checked.
  NodeOrders(std::shared_ptr<const GeoIndex> index, const GeoMap& map, const Ranking& ranking);
  // Whether it would come out the same for those.
  bool holds_for(const GeoIndex& index, const GeoMap& map) const;

  // Spots are the cells of the index, and behind them those of clients who are nowhere.
  uint32_t spots() const { return cells_ + kUnknownSpots; }
  // `hash` is of the client's network.
  uint32_t unknown_spot(uint64_t hash) const {
    return cells_ + static_cast<uint32_t>(hash % kUnknownSpots);
  }
  // What lots are drawn by: of a cell it stays while others come and go.
  uint32_t lot_of(uint32_t spot) const { return spot < cells_ ? spot : ~(spot - cells_); }

  // The fence of a set, by the set's number.
  size_t fence_of(size_t set) const { return fence_of_set_[set]; }
  // The first nodes within a fence, of whatever state; all that it has, if `has_all`.
  std::span<const uint16_t> order(size_t fence, uint32_t spot) const {
    const Fence& of = fences_[fence];
    return std::span(of.nodes).subspan(of.kept * spot, of.kept);
  }
  bool has_all(size_t fence) const { return fences_[fence].has_all; }

 private:
  struct Fence {
    std::vector<std::string> regions;
    std::vector<uint16_t> inside;
    size_t kept = 0;
    bool has_all = false;
    LargeVector<uint16_t> nodes;
  };
  struct Node {  // what an order depends on
    explicit Node(const GeoNode& node);
    bool operator==(const Node&) const = default;
    std::string name, region;
    double latitude, longitude;
    uint32_t weight;
  };
  void find_fences(const GeoMap& map);
  static void enter(const std::vector<RankedNode>& judged, Fence* fence);

  const std::shared_ptr<const GeoIndex> index_;
  const uint32_t cells_;
  std::vector<Node> nodes_;
  std::vector<Fence> fences_;
  std::vector<size_t> fence_of_set_;
};

}  // namespace fce
