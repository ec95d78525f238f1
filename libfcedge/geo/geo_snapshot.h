// SPDX-License-Identifier: Apache-2.0
// GeoSnapshot: which nodes each client gets, by one index and one map of nodes. All is worked out
// beforehand, for each set and cell, so that an answer is two look-ups.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "geo/geo_index.h"
#include "geo/geo_picker.h"
#include "geo/node_lists.h"
#include "geo/node_map.h"
#include "geo/node_orders.h"
#include "geo/override_table.h"
#include "geo/ranking.h"

namespace fce {

// Why a client gets what it gets, for people.
struct GeoExplanation {
  enum class Rule : uint8_t { prefix, country, continent, distance };
  struct Candidate {
    uint16_t node = 0;
    std::string name, region;
    NodeState state = NodeState::up;
    double load = 0;
    float distance_km = 0, score = 0;
    bool spilled = false;
  };
  Place place;
  uint32_t cell = 0;
  IpPrefix matched;  // all of it gets the same answer
  Rule rule = Rule::distance;
  std::vector<Candidate> candidates;  // all within the fence, the best first
  std::vector<uint16_t> answer;
};

class GeoSnapshot final : public GeoPicker {
 public:
  // Clients of places that are not known are spread by networks of this size.
  static constexpr uint8_t kUnknownBitsV4 = 16, kUnknownBitsV6 = 32;

  // `map` has been checked. Without an index no place is known. Takes a while: for a worker; less
  // so when nothing but states and loads is other than in the snapshot `before`, if there is one.
  GeoSnapshot(std::shared_ptr<const GeoIndex> index, std::shared_ptr<const GeoMap> map,
              const GeoSnapshot* before = nullptr);

  GeoPick pick(uint16_t set, const IpPrefix& client) const override;
  NodeAddresses addresses(uint16_t node) const override;

  // `subnet` is what a resolver says of its client; then that decides.
  GeoExplanation explain(uint16_t set, const IpPrefix& ip,
                         const std::optional<IpPrefix>& subnet) const;

  // What clients of a cell get, where no override by prefix holds.
  std::span<const uint16_t> nodes_of_cell(uint16_t set, uint32_t cell) const {
    return lists_.at(sets_[set].of_spot[cell]);
  }

  const GeoMap& map() const { return *map_; }
  const GeoIndex& index() const { return *index_; }

 private:
  using Rule = GeoExplanation::Rule;
  static constexpr uint32_t kNone = UINT32_MAX;

  // Numbers of lists.
  struct Answers {
    std::vector<uint32_t> of_override;  // kNone: none of its nodes is up
    OverrideTable prefixes;             // of the others
    std::vector<uint32_t> of_spot;
    bool spreads = false;  // those who are nowhere
  };
  struct Decision {
    Rule rule = Rule::distance;
    uint32_t list = 0;
    uint32_t cell = 0, spot = 0;
    uint8_t bits = 0;
  };
  Decision decide(uint16_t set, const IpPrefix& client) const;
  // The override by country or continent that holds for a place; null: none.
  const GeoOverride* override_of(const GeoSet& set, const Answers& answers,
                                 const Place& place) const;
  uint32_t list_of(const GeoOverride& one, const GeoSet& set);
  void answer_spots(size_t set);
  // Of each country, where an override by country or continent holds; kNone: none does.
  using ByCountry = std::unordered_map<uint32_t, uint32_t>;
  uint32_t override_list(size_t set, const Place& place, ByCountry* known) const;

  const std::shared_ptr<const GeoIndex> index_;
  const std::shared_ptr<const GeoMap> map_;
  const Ranking ranking_;
  const std::shared_ptr<const NodeOrders> orders_;
  NodeLists lists_;
  std::vector<Answers> sets_;
};

}  // namespace fce
