// SPDX-License-Identifier: Apache-2.0
// What holds for any map of nodes: nobody is ever answered a node beyond the fence, all clients of
// a scope get the same, and what is explained is what is answered.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "snapshot_setup.h"

using namespace fce;

namespace {

constexpr const char* kRegions[] = {"eu", "us", "asia"};

class RandomMaps {
 public:
  GeoMap next() {
    GeoMap map;
    for (unsigned i = below(9); i > 0; --i) map.nodes.push_back(node());
    for (int i = 0; i < 4; ++i) map.sets.push_back(set(map));
    return map;
  }
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

 private:
  GeoNode node() {
    GeoNode node = node_at("n" + std::to_string(number_++), below(180) - 90.0, below(360) - 180.0,
                           kRegions[below(3)]);
    node.state = static_cast<NodeState>(below(3));
    node.weight = below(3) * 100;
    node.load = below(12) / 10.0;
    return node;
  }
  // Overrides beyond the fence, too, which a check would have refused.
  GeoSet set(const GeoMap& map) {
    GeoSet set;
    set.name = "s" + std::to_string(number_++);
    for (unsigned i = below(3); i > 0; --i) set.regions.push_back(kRegions[below(3)]);
    set.answers_max = 1 + below(GeoMap::kAnswersMax);
    set.all_down = static_cast<AllDown>(below(3));
    for (unsigned i = map.nodes.empty() ? 0 : below(5); i > 0; --i) {
      const std::string& name = map.nodes[below(static_cast<unsigned>(map.nodes.size()))].name;
      const std::string ip = "10." + std::to_string(below(12)) + "." + std::to_string(below(36));
      constexpr const char* kCodes[] = {"", "DE", "EU"};
      const unsigned by = below(3);
      set.overrides.push_back(GeoOverride());
      GeoOverride& one = set.overrides.back();
      one.by = static_cast<GeoOverride::By>(by);
      one.nodes = {name};
      one.code = kCodes[by];
      if (by == 0) one.prefix = canonical(ip, static_cast<uint8_t>(8 + below(17)));
    }
    return set;
  }
  static IpPrefix canonical(const std::string& ip, uint8_t bits) {
    return ip_prefix(false, ip_number(prefix_of(ip + ".0")), bits);
  }

  std::mt19937_64 random_{1};
  int number_ = 0;
};

}  // namespace

TEST_CASE("fence: no state of any map lets an answer out of it") {
  RandomMaps maps;
  for (int round = 0; round < 60; ++round) {
    const GeoMap map = maps.next();
    const Snapshot snapshot(map);
    for (uint16_t set = 0; set < map.sets.size(); ++set) {
      const GeoSet& of = map.sets[set];
      for_each_grid_client([&](const IpPrefix& client) {
        const GeoPick pick = snapshot->pick(set, client);
        for (const uint16_t node : pick.nodes) CHECK(in_fence(of, map.nodes[node]));
        CHECK(pick.nodes.size() <= GeoMap::kAnswersMax);
      });
      for (const GeoNode& node : map.nodes) {
        // Who is up and within the fence is somebody to answer.
        if (node.state == NodeState::up && in_fence(of, node))
          CHECK_FALSE(snapshot->pick(set, grid_client(3, 3)).nodes.empty());
      }
    }
  }
}

TEST_CASE("fence: all clients of a scope get the same, and are told why") {
  RandomMaps maps;
  for (int round = 0; round < 60; ++round) {
    const GeoMap map = maps.next();
    const Snapshot snapshot(map);
    for (int i = 0; i < 200; ++i) {
      const auto set = static_cast<uint16_t>(maps.below(4));
      const IpPrefix client = ip_prefix(false, 0x0a00'0000 | maps.below(0xc2400), 32);
      const GeoPick pick = snapshot->pick(set, client);
      const IpNumber first = ip_number(ip_prefix(false, ip_number(client), pick.scope_bits));
      const IpNumber size = last_of(false, first, pick.scope_bits) - first;
      const IpNumber other = first + (IpNumber{maps.below(~0u)} * (size + 1) >> 32);
      const GeoPick same = snapshot->pick(set, ip_prefix(false, other, 32));
      CHECK(std::equal(pick.nodes.begin(), pick.nodes.end(), same.nodes.begin(), same.nodes.end()));
      const GeoExplanation why = snapshot->explain(set, client, std::nullopt);
      CHECK(std::equal(pick.nodes.begin(), pick.nodes.end(), why.answer.begin(), why.answer.end()));
      CHECK(why.matched.bits == pick.scope_bits);
    }
  }
}
