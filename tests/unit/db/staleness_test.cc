// SPDX-License-Identifier: Apache-2.0
// Cases modelled on those of the specification "Max Staleness".
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "db/selection_support.h"

namespace fce {
namespace {

constexpr auto kNoPrimary = TopologyType::replica_set_no_primary;
constexpr auto kWithPrimary = TopologyType::replica_set_with_primary;
constexpr auto kPrimary = ServerType::primary;
constexpr auto kSecondary = ServerType::secondary;

const std::string kTags = "&readPreferenceTags=data_center:";

std::string within(const std::string& mode, int seconds) {
  return mode + "?maxStalenessSeconds=" + std::to_string(seconds);
}

}  // namespace

TEST_CASE("staleness: the examples of the specification") {
  // A primary whose clock is 50 s behind ours; then only the secondary answers; then both have.
  struct Row {
    int64_t s_update, s_write, p_update, p_write, expected;
  };
  const Row rows[] = {
      {60'000, 0, 60'000, 10'000, 20'000},
      {70'000, 5'000, 60'000, 10'000, 25'000},
      {70'000, 5'000, 80'000, 30'000, 25'000},
  };
  for (const Row& row : rows) {
    const Topology topology =
        topology_of(kWithPrimary, {{"p", kPrimary, 5, "", row.p_write, row.p_update},
                                   {"s", kSecondary, 5, "", row.s_write, row.s_update}});
    CHECK(staleness_ms(topology, topology.servers[1]) == row.expected);
    CHECK(staleness_ms(topology, topology.servers[0]) == 0);
  }
  const Topology without = topology_of(
      kNoPrimary, {{"s1", kSecondary, 5, "", 20'000, 7}, {"s2", kSecondary, 5, "", 5'000}});
  CHECK(staleness_ms(without, without.servers[0]) == 10'000);
  CHECK(staleness_ms(without, without.servers[1]) == 25'000);
}

TEST_CASE("staleness: a primary is who a set with one knows as that") {
  const std::vector<Member> set = {{"s", kSecondary}, {"p", kPrimary}};
  const Topology topology = topology_of(kWithPrimary, set);
  CHECK(topology.primary() == &topology.servers[1]);
  CHECK(topology_of(kWithPrimary, {set[0]}).primary() == nullptr);
  for (const TopologyType type : {kNoPrimary, TopologyType::single, TopologyType::unknown})
    CHECK(topology_of(type, set).primary() == nullptr);
}

TEST_CASE("staleness: clocks that differ by years change nothing") {
  const int64_t years = 20 * 365 * 86'400'000LL;
  for (const int64_t skew : {int64_t{0}, years}) {
    const Topology topology =
        topology_of(kWithPrimary, {{"p", kPrimary, 5, "", years + skew, 1'000},
                                   {"s", kSecondary, 5, "", years + skew - 3'000, 1'000}});
    CHECK(staleness_ms(topology, topology.servers[1]) == 13'000);
  }
}

TEST_CASE("staleness: what was not told is as stale as can be") {
  Topology topology =
      topology_of(kWithPrimary, {{"p", kPrimary, 5, "", 1'000}, {"s", kSecondary, 5, "", 1'000}});
  for (const int64_t nonsense : {int64_t{-1}, INT64_MIN, INT64_MAX}) {
    for (const int index : {0, 1}) {
      topology.servers[0].last_write_ms = topology.servers[1].last_write_ms = 1'000;
      topology.servers[index].last_write_ms = nonsense;
      CHECK(staleness_ms(topology, topology.servers[1]) == kUnknownStalenessMs);
      CHECK(read_from(topology, within("secondary", 90)) == "");
      CHECK(read_from(topology, within("nearest", 90)) == "p");
    }
  }
  const Topology without = topology_of(
      kNoPrimary, {{"a", kSecondary, 5, "", INT64_MAX}, {"b", kSecondary, 5, "", 5'000}});
  CHECK(staleness_ms(without, without.servers[0]) == kUnknownStalenessMs);
  CHECK(staleness_ms(without, without.servers[1]) == 10'000);
}

TEST_CASE("staleness: who is too stale is not eligible, with a primary") {
  // With a heartbeat of 25 s and 150 s at most, 125 s behind are the most.
  const Topology topology = topology_of(kWithPrimary,
                                        {{"a", kPrimary, 5, "", 125'001},
                                         {"b", kSecondary, 5, "", 1},   // just not too stale
                                         {"c", kSecondary, 5, "", 0}},  // by a millisecond
                                        25'000);
  CHECK(read_from(topology, within("secondary", 150)) == "b");
  CHECK(read_from(topology, within("nearest", 150)) == "a b");
  CHECK(read_from(topology, within("secondaryPreferred", 150)) == "b");
  CHECK(read_from(topology, within("secondaryPreferred", 149)) == "a");
  CHECK(read_from(topology, within("secondary", 149)) == "");
  CHECK(read_from(topology, within("primaryPreferred", 90)) == "a");
  CHECK(read_from(topology, "secondary") == "b c");
}

TEST_CASE("staleness: who is too stale is not eligible, without a primary") {
  const Topology topology = topology_of(
      kNoPrimary,
      {{"a", kSecondary, 5, "", 125'001}, {"b", kSecondary, 5, "", 1}, {"c", kSecondary, 5, "", 0}},
      25'000);
  for (const char* mode : {"primaryPreferred", "secondary", "secondaryPreferred", "nearest"}) {
    CHECK(read_from(topology, within(mode, 150)) == "a b");
    CHECK(read_from(topology, within(mode, 149)) == "a");
  }
  // When it was heard of does not count here, and what is not available neither.
  const Topology odd = topology_of(kNoPrimary, {{"a", kSecondary, 5, "", 2, 1},
                                                {"b", kSecondary, 5, "", 1, 1'000'000},
                                                {"u", ServerType::unknown, 5, "", 9'000'000}});
  CHECK(read_from(odd, within("nearest", 90)) == "a b");
}

TEST_CASE("staleness: it is measured from one heartbeat to the next of each member") {
  const Topology topology = topology_of(kWithPrimary,
                                        {{"a", kPrimary, 5, "", 1, 0},
                                         {"b", kSecondary, 50, "", 1, 125'000},  // 125 s - 0 + 25 s
                                         {"c", kSecondary, 50, "", 1, 125'001}},
                                        25'000);
  CHECK(read_from(topology, within("nearest", 150)) == "a b | a");
  CHECK(read_from(topology, within("secondary", 150)) == "b");
}

TEST_CASE("staleness: it is applied before tags") {
  const std::vector<Member> set = {{"a", kPrimary, 5, "", 200'000},
                                   {"b", kSecondary, 5, "nyc", 1'000},  // too stale
                                   {"c", kSecondary, 5, "tokyo", 199'000}};
  const Topology topology = topology_of(kWithPrimary, set);
  const std::string both = kTags + "nyc" + kTags + "tokyo";
  CHECK(read_from(topology, within("secondary", 120) + both) == "c");
  CHECK(read_from(topology, within("secondaryPreferred", 120) + both) == "c");
  CHECK(read_from(topology, within("nearest", 120) + both) == "c");
  CHECK(read_from(topology, within("secondaryPreferred", 120) + kTags + "nyc") == "a");
  CHECK(read_from(topology, within("secondary", 120) + kTags + "nyc") == "");
  CHECK(read_from(topology, within("primaryPreferred", 120) + both) == "a");
  const Topology without = topology_of(kNoPrimary, {set[1], set[2]});
  CHECK(read_from(without, within("primaryPreferred", 120) + both) == "c");
}

TEST_CASE("staleness: what no replica set can keep to is an error there, and only there") {
  const std::vector<Member> set = {{"a", kPrimary, 5, "", 1}, {"b", kSecondary, 5, "", 1}};
  for (const TopologyType type : {kWithPrimary, kNoPrimary}) {
    CHECK(read_from(topology_of(type, set), within("nearest", 89)) == "error");
    CHECK(read_from(topology_of(type, set, 500), within("nearest", 11)) == "error");
    CHECK(read_from(topology_of(type, set, 80'000), within("nearest", 90)) != "error");
    CHECK(read_from(topology_of(type, set, 80'001), within("nearest", 90)) == "error");
    CHECK(read_from(topology_of(type, set, 120'000), within("nearest", 130)) != "error");
    CHECK(read_from(topology_of(type, set, 120'000), within("nearest", 129)) == "error");
  }
  CHECK(read_from(topology_of(TopologyType::unknown, {}), within("nearest", 1)) == "");
  const Topology alone = topology_of(TopologyType::single, {{"a", ServerType::standalone}});
  CHECK(read_from(alone, within("nearest", 1)) == "a");
  const Topology sharded = topology_of(TopologyType::sharded, {{"g", ServerType::mongos}});
  CHECK(read_from(sharded, within("secondary", 1)) == "g");
}

TEST_CASE("staleness: a primary that failed the operation still is what others are measured by") {
  const Topology topology = topology_of(kWithPrimary, {{"a", kPrimary, 5, "", 200'000},
                                                       {"b", kSecondary, 5, "", 1'000},
                                                       {"c", kSecondary, 5, "", 199'000}});
  CHECK(read_from(topology, within("primaryPreferred", 120), {"a"}) == "c");
  CHECK(read_from(topology, within("nearest", 120), {"a"}) == "c");
}

}  // namespace fce
