// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_snapshot.h"

#include <doctest/doctest.h>

#include "geo/steady_state.h"
#include "snapshot_setup.h"

using namespace fce;

using By = GeoOverride::By;

// 10.9.18 is at 42 N 5 E, 10.9.10 at 42 N 75 W, 10.8.31 at 30 N 135 E.
TEST_CASE("geo snapshot: the nearest goes first, and the next one is the fallback") {
  const Snapshot snapshot(three_nodes());
  CHECK(snapshot.names("10.9.18.1") == "fra nyc");
  CHECK(snapshot.names("10.9.10.1") == "nyc fra");
  CHECK(snapshot.names("10.8.31.1") == "tyo fra");
  CHECK(snapshot->pick(0, prefix_of("10.9.18.1")).scope_bits == 24);
}

TEST_CASE("geo snapshot: a set that it does not know of yet is nobody's answer") {
  const Snapshot snapshot(three_nodes());
  CHECK(snapshot->pick(0, prefix_of("10.9.18.1")).known);
  for (const uint16_t set : {uint16_t{1}, uint16_t{UINT16_MAX}}) {
    const GeoPick pick = snapshot->pick(set, prefix_of("10.9.18.1"));
    CHECK_FALSE(pick.known);
    CHECK(pick.nodes.empty());
  }
}

TEST_CASE("geo snapshot: nodes that drain or are down") {
  GeoMap map = three_nodes();
  map.nodes[0].state = NodeState::draining;
  CHECK(Snapshot(map).names("10.9.18.1") == "nyc tyo");
  map.nodes[1].state = map.nodes[2].state = NodeState::down;
  CHECK(Snapshot(map).names("10.9.10.1") == "fra");  // alive, after all
  map.nodes[0].state = NodeState::down;
  CHECK(Snapshot(map).names("10.9.10.1") == "nyc fra");
  map.sets[0].all_down = AllDown::all;
  CHECK(Snapshot(map).names("10.9.10.1") == "nyc fra tyo");
  map.sets[0].all_down = AllDown::none;
  CHECK(Snapshot(map).names("10.9.10.1") == "");
}

TEST_CASE("geo snapshot: a node that gets full hands over some cells, then all") {
  GeoMap map = three_nodes();
  const auto first_for = [&](double load) {
    map.nodes[0].load = load;
    const Snapshot snapshot(map);
    int count = 0;
    for_each_grid_client(
        [&](const IpPrefix& client) { count += snapshot->pick(0, client).nodes[0] == 0; });
    return count;
  };
  const int all = first_for(0.8), some = first_for(0.9), none = first_for(1);
  CHECK(all > 100);
  CHECK(some > all / 4);
  CHECK(some < all * 3 / 4);
  CHECK(none == 0);
  for (GeoNode& node : map.nodes) node.load = 2;
  CHECK(Snapshot(map).names("10.9.18.1") == "fra nyc");  // nobody is better
}

TEST_CASE("geo snapshot: nodes of one place share clients by weight") {
  GeoMap map = three_nodes();
  map.nodes = {node_at("a", 50.1, 8.7), node_at("b", 50.1, 8.7), node_at("rest", 50.1, 8.7)};
  map.nodes[1].weight = 300;
  map.nodes[2].weight = 0;
  const Snapshot snapshot(map);
  int first[3] = {};
  for_each_grid_client(
      [&](const IpPrefix& client) { ++first[snapshot->pick(0, client).nodes[0]]; });
  CHECK(first[0] > 432 / 4 - 40);
  CHECK(first[0] < 432 / 4 + 40);
  CHECK(first[2] == 0);
}

TEST_CASE("geo snapshot: overrides, the most particular first, and none to a node that is down") {
  GeoMap map = three_nodes();
  map.sets[0].overrides = {override_by(By::continent, "EU", "nyc"),
                           override_by(By::country, "DE", "tyo"),
                           override_by(By::prefix, "10.9.0.0/16", "fra"),
                           override_by(By::prefix, "10.9.18.128/25", "nyc")};
  const Snapshot snapshot(map);
  CHECK(snapshot.names("10.9.18.200") == "nyc");
  CHECK(snapshot.names("10.9.18.1") == "fra");
  CHECK(snapshot->pick(0, prefix_of("10.9.18.1")).scope_bits == 25);
  CHECK(snapshot->pick(0, prefix_of("10.9.200.1")).scope_bits == 17);
  CHECK(snapshot.names("10.8.18.1") == "tyo");  // column 18: DE
  CHECK(snapshot.names("10.8.19.1") == "nyc");  // FR
  map.nodes[2].state = NodeState::down;
  CHECK(Snapshot(map).names("10.8.18.1") == "nyc");
  map.nodes[1].state = NodeState::draining;
  CHECK(Snapshot(map).names("10.8.18.1") == "fra");
}

TEST_CASE("geo snapshot: explains what it answers") {
  GeoMap map = three_nodes();
  map.sets[0].overrides = {override_by(By::country, "US", "tyo")};
  const Snapshot snapshot(map);
  const GeoExplanation why =
      snapshot->explain(0, prefix_of("192.0.2.1"), prefix_of("10.9.18.0/24"));
  CHECK(why.place.country_code() == "DE");
  CHECK(why.matched.bits == 24);
  CHECK(why.rule == GeoExplanation::Rule::distance);
  REQUIRE(why.candidates.size() == 3);
  CHECK(why.candidates[0].name == "fra");
  CHECK(why.candidates[0].distance_km > 800);
  CHECK(why.candidates[0].distance_km < 1000);
  CHECK(snapshot.names(why.answer) == "fra nyc");
  const GeoExplanation us = snapshot->explain(0, prefix_of("10.9.20.1"), std::nullopt);
  CHECK(us.rule == GeoExplanation::Rule::country);
  CHECK(snapshot.names(us.answer) == "tyo");
  const GeoExplanation unknown = snapshot->explain(0, prefix_of("2001:db8::1"), std::nullopt);
  CHECK_FALSE(unknown.place.known());
  CHECK(unknown.matched.bits == 0);
  CHECK(unknown.answer.size() == 2);
}

TEST_CASE("geo snapshot: without an index, without nodes") {
  const GeoSnapshot none(nullptr, std::make_shared<GeoMap>(three_nodes()));
  CHECK(none.pick(0, prefix_of("192.0.2.1")).nodes.size() == 2);
  GeoMap map = three_nodes();
  map.nodes.clear();
  CHECK(Snapshot(map).names("10.9.18.1") == "");
}

TEST_CASE("steady state: flips when enough in a row say so") {
  SteadyState state(3, 2);
  CHECK_FALSE(state.observe(NodeState::down));
  CHECK_FALSE(state.observe(NodeState::down));
  CHECK_FALSE(state.observe(NodeState::up));
  CHECK_FALSE(state.observe(NodeState::down));
  CHECK_FALSE(state.observe(NodeState::down));
  CHECK(state.observe(NodeState::down));
  CHECK(state.state() == NodeState::down);
  CHECK_FALSE(state.observe(NodeState::up));
  CHECK_FALSE(state.observe(NodeState::draining));
  CHECK_FALSE(state.observe(NodeState::up));
  CHECK(state.observe(NodeState::up));
}
