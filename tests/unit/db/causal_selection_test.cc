// SPDX-License-Identifier: Apache-2.0
#include "db/causal_selection.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "db/selection_support.h"

namespace fce {
namespace {

constexpr OperationTime kWritten = {1'700'000'000, 3};
constexpr OperationTime kBefore = {1'700'000'000, 2};
constexpr OperationTime kAfter = {1'700'000'001, 1};

// A primary across an ocean, a near secondary and one next to that, that are as far as given.
Topology ocean(OperationTime near, OperationTime next) {
  Topology topology =
      topology_of(TopologyType::replica_set_with_primary, {{"far", ServerType::primary, 90},
                                                           {"near", ServerType::secondary, 1},
                                                           {"next", ServerType::secondary, 10}});
  topology.servers[0].last_operation = kBefore;  // of its last heartbeat, which says nothing
  topology.servers[1].last_operation = near;
  topology.servers[2].last_operation = next;
  return topology;
}

// "STEP: SUITABLE | IN WINDOW"
std::string step(const Topology& topology, const std::string& preference, int64_t wait_ms,
                 bool else_primary = true) {
  const CausalOptions causal = {kWritten, wait_ms, else_primary};
  CausalSelection out;
  const Status status = select_causal(topology, preference_of(preference), causal, {}, &out);
  constexpr const char* kSteps[] = {"none", "read", "wait", "primary"};
  return kSteps[static_cast<int>(out.step)] + std::string(": ") + told(status, out.selection);
}

}  // namespace

TEST_CASE("causal selection: times of operations are ordered by seconds, then by increment") {
  CHECK(kBefore < kWritten);
  CHECK(kWritten < kAfter);
  CHECK(OperationTime{2, 0} > OperationTime{1, UINT32_MAX});
  CHECK(OperationTime{UINT32_MAX, 0} > OperationTime{1, 0});
}

TEST_CASE("causal selection: a near member that has caught up answers") {
  const std::string all = "far near next | ";
  CHECK(step(ocean(kWritten, kBefore), "nearest", 0) == "read: " + all + "near");
  CHECK(step(ocean(kAfter, kAfter), "nearest", 0) == "read: " + all + "near next");
  CHECK(step(ocean(kBefore, kWritten), "nearest", 100) == "read: " + all + "next");
  CHECK(step(ocean(kWritten, kBefore), "secondary", 0, false) == "read: near next | near");
}

TEST_CASE("causal selection: else it is waited for, else the primary is asked, as is chosen") {
  const Topology behind = ocean(kBefore, {});
  CHECK(step(behind, "nearest", 100) == "wait: far near next | near next");
  CHECK(step(behind, "nearest", 100, false) == "wait: far near next | near next");
  CHECK(step(behind, "nearest", 0) == "primary: far");
  CHECK(step(behind, "nearest", -1) == "primary: far");
  CHECK(step(behind, "nearest", 0, false) == "none: ");
  // Nobody is suitable, so there is nobody to wait for.
  CHECK(step(behind, "secondary?readPreferenceTags=data_center:rome", 100) == "primary: far");
  CHECK(step(behind, "secondary?readPreferenceTags=data_center:rome", 100, false) == "none: ");
}

TEST_CASE("causal selection: the primary has what was written, whatever it said last") {
  CHECK(step(ocean(kBefore, kBefore), "primary", 0, false) == "read: far");
  CHECK(step(ocean(kBefore, kBefore), "primaryPreferred", 100) == "read: far");
  Topology near_primary = ocean(kBefore, kBefore);
  near_primary.servers[0].rtt_us = 2'000;
  CHECK(step(near_primary, "nearest", 100) == "read: far near next | far");
}

TEST_CASE("causal selection: without a primary there is only waiting") {
  Topology topology = ocean(kBefore, kBefore);
  topology.type = TopologyType::replica_set_no_primary;
  topology.servers.erase(topology.servers.begin());
  CHECK(step(topology, "nearest", 100) == "wait: near next");
  CHECK(step(topology, "nearest", 0) == "none: ");
  topology.servers[0].last_operation = kWritten;
  CHECK(step(topology, "nearest", 0) == "read: near next | near");
  CHECK(step(topology_of(TopologyType::unknown, {}), "nearest", 100) == "none: ");
}

TEST_CASE("causal selection: a mongos waits by itself, and errors stay errors") {
  const Topology sharded = topology_of(TopologyType::sharded, {{"g", ServerType::mongos}});
  CHECK(step(sharded, "nearest", 0, false) == "read: g");
  CHECK(step(ocean(kAfter, kAfter), "nearest?maxStalenessSeconds=5", 100) == "none: error");
}

}  // namespace fce
