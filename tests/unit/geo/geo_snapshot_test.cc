// SPDX-License-Identifier: Apache-2.0
#include "geo/geo_snapshot.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

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

TEST_CASE("geo snapshot: clients who are nowhere are spread by weight, a network to one node") {
  GeoMap map = three_nodes();
  map.nodes[0].weight = 200;
  map.nodes[2].state = NodeState::down;
  const Snapshot snapshot(map);
  int first[3] = {};
  for (int i = 0; i < 256; ++i) {
    const std::string net = "172." + std::to_string(i);
    ++first[snapshot->pick(0, prefix_of(net + ".0.1")).nodes[0]];
    CHECK(snapshot.names(net + ".0.1") == snapshot.names(net + ".255.255"));
    CHECK(snapshot->pick(0, prefix_of(net + ".0.1")).scope_bits == GeoSnapshot::kUnknownBitsV4);
  }
  CHECK(first[0] > 256 * 2 / 3 - 30);
  CHECK(first[0] < 256 * 2 / 3 + 30);
  CHECK(first[2] == 0);
  // Where all get the same, one answer is good for all.
  map.nodes[1].state = NodeState::down;
  CHECK(Snapshot(map)->pick(0, prefix_of("172.16.0.1")).scope_bits < 8);
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
  map.nodes[0].state = NodeState::down;
  map.sets[0].overrides.push_back(override_by(By::prefix, "10.0.0.0/8", "nyc"));
  CHECK(Snapshot(map).names("10.9.18.1") == "nyc");  // the /16 around it says fra
  CHECK(Snapshot(map)->pick(0, prefix_of("10.9.18.1")).scope_bits == 25);
  map.nodes[0].state = NodeState::up;
  map.sets[0].overrides.pop_back();
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
  CHECK(unknown.matched.bits == GeoSnapshot::kUnknownBitsV6);
  CHECK(unknown.answer.size() == 2);
}

TEST_CASE("geo snapshot: without an index, without nodes") {
  const GeoSnapshot none(nullptr, std::make_shared<GeoMap>(three_nodes()));
  CHECK(none.pick(0, prefix_of("192.0.2.1")).nodes.size() == 2);
  GeoMap map = three_nodes();
  map.nodes.clear();
  CHECK(Snapshot(map).names("10.9.18.1") == "");
}

namespace {

// So many that not all of them are kept for each place.
GeoMap random_nodes(size_t count, std::mt19937_64& random) {
  GeoMap map;
  for (size_t i = 0; i < count; ++i) {
    map.nodes.push_back(node_at("n" + std::to_string(i), static_cast<double>(random() % 180) - 90,
                                static_cast<double>(random() % 360) - 180,
                                random() % 2 ? "eu" : "us"));
    map.nodes.back().weight = static_cast<uint32_t>(random() % 3 * 100);
  }
  map.sets.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    map.sets[i].name = "s" + std::to_string(i);
    map.sets[i].answers_max = static_cast<uint32_t>(1 + random() % GeoMap::kAnswersMax);
    map.sets[i].all_down = static_cast<AllDown>(i);
    if (i > 0) map.sets[i].regions = {"eu"};
  }
  return map;
}

// From all well to nobody left.
void change(GeoMap* map, uint64_t trouble, std::mt19937_64& random) {
  for (GeoNode& node : map->nodes) {
    node.state = NodeState::up;
    if (random() % 5 < trouble) node.state = static_cast<NodeState>(1 + random() % 2);
    if (trouble == 5) node.state = NodeState::down;
    node.load = static_cast<double>(random() % (2 + trouble * 2)) / 8;
  }
}

}  // namespace

TEST_CASE("geo snapshot: what was kept of the one before gives what is worked out anew") {
  std::mt19937_64 random(7);
  for (const size_t count : {3, 40, 90}) {
    GeoMap map = random_nodes(count, random);
    const auto index = grid_index();
    auto before = std::make_unique<GeoSnapshot>(index, std::make_shared<GeoMap>(map));
    for (const uint64_t trouble : {0, 1, 3, 4, 5, 0}) {
      change(&map, trouble, random);
      const auto shared = std::make_shared<const GeoMap>(map);
      const Ranking ranking(*shared);
      auto now = std::make_unique<GeoSnapshot>(index, shared, before.get());
      std::vector<RankedNode> judged, ranked;
      for_each_grid_client([&](const IpPrefix& client) {
        const uint32_t cell = index->find(client).cell;
        ranking.judge(cell, index->place(cell), &judged);
        for (uint16_t set = 0; set < 3; ++set) {
          ranking.rank(map.sets[set], judged, judged.size(), &ranked);
          ranking.cut(map.sets[set], &ranked);
          const std::span<const uint16_t> nodes = now->pick(set, client).nodes;
          CHECK(std::equal(nodes.begin(), nodes.end(), ranked.begin(), ranked.end(),
                           [](uint16_t a, const RankedNode& b) { return a == b.node; }));
        }
      });
      before = std::move(now);
    }
  }
}

TEST_CASE("geo snapshot: nothing is kept of a map whose nodes or fences are others") {
  const auto index = grid_index();
  const GeoMap map = three_nodes();
  const GeoSnapshot before(index, std::make_shared<GeoMap>(map));
  const auto first = [&](const GeoMap& changed) {
    const GeoSnapshot now(index, std::make_shared<GeoMap>(changed), &before);
    const GeoPick pick = now.pick(0, prefix_of("10.9.18.1"));
    return changed.nodes[pick.nodes[0]].name;
  };
  CHECK(first(map) == "fra");
  GeoMap changed = map;
  std::swap(changed.nodes[0].latitude, changed.nodes[2].latitude);
  std::swap(changed.nodes[0].longitude, changed.nodes[2].longitude);
  CHECK(first(changed) == "tyo");
  changed = map;
  changed.nodes[0].weight = 0;
  CHECK(first(changed) == "nyc");
  changed = map;
  changed.sets[0].regions = {"us"};
  CHECK(first(changed) == "nyc");
  changed = map;
  changed.nodes.push_back(node_at("par", 42, 5));
  CHECK(first(changed) == "par");
  changed = map;
  changed.sets.insert(changed.sets.begin(), changed.sets[0]);
  changed.sets[0].name = "asia";
  changed.sets[0].regions = {"asia"};
  CHECK(first(changed) == "tyo");
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
