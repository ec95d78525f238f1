// SPDX-License-Identifier: Apache-2.0
// "nearest within 2 s, else primary".
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
constexpr int64_t kNow = 1'700'000'000'000;

// "SUITABLE | IN WINDOW", with "primary: " before it when only that can be asked.
std::string within(const Topology& topology, const std::string& preference, int64_t within_ms,
                   std::vector<std::string_view> deprioritized = {}) {
  SelectionOptions options;
  options.deprioritized = deprioritized;
  BoundedSelection bounded;
  const Status status =
      select_within(topology, preference_of(preference), within_ms, options, &bounded);
  return (bounded.by_primary ? "primary: " : "") + told(status, bounded.selection);
}

// A primary across an ocean, a near secondary that is `behind_ms` behind and another one in
// between.
Topology ocean(int64_t behind_ms, int64_t other_behind_ms = 0) {
  return topology_of(kWithPrimary,
                     {{"far", kPrimary, 90, "nyc", kNow, 1'000},
                      {"near", kSecondary, 1, "paris", kNow - behind_ms, 1'000},
                      {"other", kSecondary, 20, "rome", kNow - other_behind_ms, 1'000}},
                     500);
}

}  // namespace

TEST_CASE("bounded selection: the nearest member within the bound, else the next one") {
  CHECK(within(ocean(0), "nearest", 2'000) == "far near other | near");
  // 1.5 s and half a second until we hear of it again are 2 s, and a millisecond more is not.
  CHECK(within(ocean(1'500), "nearest", 2'000) == "far near other | near");
  CHECK(within(ocean(1'501), "nearest", 2'000) == "far other | other");
  CHECK(within(ocean(1'501, 60'000), "nearest", 2'000) == "primary: far");
  CHECK(within(ocean(60'000, 60'000), "nearest", 61'000) == "far near other | near");
}

TEST_CASE("bounded selection: else the primary, whatever mode and tags") {
  const Topology stale = ocean(9'000, 9'000);
  for (const char* preference : {"primary", "primaryPreferred", "secondary", "secondaryPreferred",
                                 "nearest", "nearest?readPreferenceTags=data_center:paris",
                                 "secondary?readPreferenceTags=data_center:tokyo"})
    CHECK(within(stale, preference, 2'000) == "primary: far");
  const Topology fresh = ocean(0, 0);
  CHECK(within(fresh, "primary", 2'000) == "primary: far");
  CHECK(within(fresh, "primaryPreferred", 2'000) == "primary: far");
  CHECK(within(fresh, "secondary", 2'000) == "near other | near");
  CHECK(within(fresh, "nearest?readPreferenceTags=data_center:rome", 2'000) == "other");
  CHECK(within(fresh, "nearest?readPreferenceTags=data_center:tokyo", 2'000) == "primary: far");
}

TEST_CASE("bounded selection: an idle set seems stale while a write is under way") {
  // The primary wrote after 10 s of rest, and the secondaries have not told yet.
  CHECK(within(ocean(10'000, 10'000), "nearest", 2'000) == "primary: far");
  CHECK(within(ocean(10'000, 10'000), "nearest", 10'500) == "far near other | near");
}

TEST_CASE("bounded selection: without a primary nothing is proven") {
  const Topology without = topology_of(
      kNoPrimary, {{"a", kSecondary, 1, "", kNow, 1'000}, {"b", kSecondary, 1, "", kNow, 1'000}},
      500);
  for (const char* preference : {"primary", "primaryPreferred", "secondary", "nearest"})
    CHECK(within(without, preference, 2'000) == "");
  CHECK(within(topology_of(TopologyType::unknown, {}, 500), "nearest", 2'000) == "");
  // A primary that does not tell when it wrote proves nothing either.
  Topology silent = ocean(0);
  silent.servers[0].last_write_ms = ServerDescription::kNotTold;
  CHECK(within(silent, "nearest", 2'000) == "primary: far");
}

TEST_CASE("bounded selection: a bound below the heartbeat is an error") {
  CHECK(within(ocean(0), "nearest", 500) == "far near other | near");
  CHECK(within(ocean(1), "nearest", 500) == "far other | other");
  for (const int64_t bound : {int64_t{499}, int64_t{0}, int64_t{-1}, INT64_MIN})
    CHECK(within(ocean(0), "nearest", bound) == "error");
  CHECK(within(ocean(0), "nearest?maxStalenessSeconds=5", 2'000) == "error");
}

TEST_CASE("bounded selection: of two bounds the smaller one holds") {
  CHECK(within(ocean(95'000), "nearest?maxStalenessSeconds=90", 200'000) == "far other | other");
  CHECK(within(ocean(3'000), "nearest?maxStalenessSeconds=90", 2'000) == "far other | other");
  CHECK(within(ocean(3'000), "nearest", INT64_MAX) == "far near other | near");
}

TEST_CASE("bounded selection: who failed the operation comes after the primary") {
  CHECK(within(ocean(0), "nearest", 2'000, {"near"}) == "far other | other");
  CHECK(within(ocean(0), "secondary", 2'000, {"near", "other"}) == "primary: far");
  CHECK(within(ocean(0), "nearest", 2'000, {"near", "far", "other"}) == "far near other | near");
  CHECK(within(ocean(0, 60'000), "nearest", 2'000, {"far"}) == "near");
}

TEST_CASE("bounded selection: where members are hidden the primary is asked") {
  const auto alone = [](ServerType type) {
    return within(topology_of(TopologyType::single, {{"a", type}}, 500), "nearest", 2'000);
  };
  CHECK(alone(ServerType::standalone) == "primary: a");
  CHECK(alone(ServerType::primary) == "primary: a");
  CHECK(alone(ServerType::mongos) == "primary: a");
  // We were told to speak to a secondary only, and it proves nothing.
  CHECK(alone(ServerType::secondary) == "");
  CHECK(alone(ServerType::unknown) == "");
  const Topology sharded = topology_of(
      TopologyType::sharded, {{"g", ServerType::mongos}, {"h", ServerType::mongos, 50}}, 500);
  CHECK(within(sharded, "nearest", 2'000) == "primary: g h | g");
  const Topology balanced =
      topology_of(TopologyType::load_balanced, {{"l", ServerType::load_balancer}}, 500);
  CHECK(within(balanced, "nearest", 2'000) == "primary: l");
}

}  // namespace fce
