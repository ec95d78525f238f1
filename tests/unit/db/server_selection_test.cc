// SPDX-License-Identifier: Apache-2.0
// Cases modelled on those of the specification "Server Selection": each mode with tags that fit and
// with tags that do not, on each type of topology.
#include "db/server_selection.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "db/selection_support.h"

namespace fce {
namespace {

constexpr auto kNoPrimary = TopologyType::replica_set_no_primary;
constexpr auto kWithPrimary = TopologyType::replica_set_with_primary;
constexpr auto kPrimary = ServerType::primary;
constexpr auto kSecondary = ServerType::secondary;

// a is the primary; b and c are secondaries, c too far to be in the window of b.
const std::vector<Member> kSet = {
    {"b", kSecondary, 5, "nyc"}, {"c", kSecondary, 100, "nyc"}, {"a", kPrimary, 26, "nyc"}};
const std::vector<Member> kSetWithoutPrimary = {{"b", kSecondary, 5, "nyc"},
                                                {"c", kSecondary, 100, "nyc"}};

struct Case {
  TopologyType type;
  const char* preference;
  const char* expected;
};

const std::string kTags = "?readPreferenceTags=data_center:";

}  // namespace

TEST_CASE("server selection: replica sets by mode and tags") {
  const Case cases[] = {
      {kWithPrimary, "primary", "a"},
      {kWithPrimary, "primaryPreferred", "a"},
      {kWithPrimary, "primaryPreferred?readPreferenceTags=data_center:nyc", "a"},
      {kWithPrimary, "primaryPreferred?readPreferenceTags=data_center:sf", "a"},
      {kWithPrimary, "secondary", "b c | b"},
      {kWithPrimary, "secondary?readPreferenceTags=data_center:nyc", "b c | b"},
      {kWithPrimary, "secondary?readPreferenceTags=data_center:sf", ""},
      {kWithPrimary, "secondaryPreferred", "b c | b"},
      {kWithPrimary, "secondaryPreferred?readPreferenceTags=data_center:nyc", "b c | b"},
      {kWithPrimary, "secondaryPreferred?readPreferenceTags=data_center:sf", "a"},
      {kWithPrimary, "nearest", "b c a | b"},
      {kWithPrimary, "nearest?readPreferenceTags=data_center:nyc", "b c a | b"},
      {kWithPrimary, "nearest?readPreferenceTags=data_center:sf", ""},
      {kNoPrimary, "primary", ""},
      {kNoPrimary, "primaryPreferred", "b c | b"},
      {kNoPrimary, "primaryPreferred?readPreferenceTags=data_center:nyc", "b c | b"},
      {kNoPrimary, "primaryPreferred?readPreferenceTags=data_center:sf", ""},
      {kNoPrimary, "secondary", "b c | b"},
      {kNoPrimary, "secondary?readPreferenceTags=data_center:sf", ""},
      {kNoPrimary, "secondaryPreferred", "b c | b"},
      {kNoPrimary, "secondaryPreferred?readPreferenceTags=data_center:sf", ""},
      {kNoPrimary, "nearest", "b c | b"},
      {kNoPrimary, "nearest?readPreferenceTags=data_center:sf", ""},
  };
  for (const Case& row : cases) {
    const bool with_primary = row.type == kWithPrimary;
    CAPTURE(with_primary);
    CAPTURE(row.preference);
    const Topology topology = topology_of(row.type, with_primary ? kSet : kSetWithoutPrimary);
    CHECK(read_from(topology, row.preference) == row.expected);
  }
}

TEST_CASE(
    "server selection: tag sets are tried in order, and the first that fits anybody decides") {
  Topology topology = topology_of(kWithPrimary, {{"a", kPrimary, 5, "nyc"},
                                                 {"b", kSecondary, 5, "tokyo"},
                                                 {"c", kSecondary, 5, "sf"},
                                                 {"d", kSecondary, 5}});
  const std::string also = "&readPreferenceTags=data_center:";
  CHECK(read_from(topology, "secondary" + kTags + "nyc" + also + "tokyo") == "b");
  CHECK(read_from(topology, "secondary" + kTags + "sf" + also + "tokyo") == "c");
  CHECK(read_from(topology, "nearest" + kTags + "nyc" + also + "tokyo") == "a");
  CHECK(read_from(topology, "nearest" + kTags + "rome" + also + "sf") == "c");
  CHECK(read_from(topology, "secondary" + kTags + "rome&readPreferenceTags=") == "b c d");
  CHECK(read_from(topology, "secondaryPreferred" + kTags + "nyc") == "a");
  // A member fits when it has all tags of the set, whatever else it has.
  topology.servers[1].tags = {{"size", "large"}, {"rack", "2"}, {"data_center", "tokyo"}};
  topology.servers[2].tags = {{"data_center", "tokyo"}};
  CHECK(read_from(topology, "nearest" + kTags + "tokyo,rack:2") == "b");
  CHECK(read_from(topology, "nearest" + kTags + "tokyo") == "b c");
  CHECK(read_from(topology, "nearest" + kTags + "tokyo,rack:1") == "");
  CHECK(read_from(topology, "nearest" + kTags + "Tokyo") == "");
}

TEST_CASE("server selection: other members of a set are never read from") {
  const std::vector<Member> others = {{"arbiter", ServerType::arbiter},
                                      {"other", ServerType::other},
                                      {"ghost", ServerType::ghost},
                                      {"unknown", ServerType::unknown},
                                      {"maybe", ServerType::possible_primary}};
  const Topology topology = topology_of(kNoPrimary, others);
  for (const char* mode :
       {"primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"})
    CHECK(read_from(topology, mode) == "");
  CHECK(write_to(topology) == "");
}

TEST_CASE("server selection: the window is anchored at the nearest suitable server") {
  const auto in_window = [](std::vector<Member> members, const char* preference) {
    return read_from(topology_of(kWithPrimary, members), preference);
  };
  CHECK(in_window({{"a", kPrimary, 5}, {"b", kSecondary, 20}, {"c", kSecondary, 21}}, "nearest") ==
        "a b c | a b");
  // The primary is nearer, and not suitable.
  CHECK(in_window({{"a", kPrimary, 5}, {"b", kSecondary, 20}, {"c", kSecondary, 35}},
                  "secondary") == "b c");
  CHECK(in_window({{"a", kPrimary, 0}, {"b", kSecondary, 0}}, "nearest") == "a b");

  const Topology topology = topology_of(kWithPrimary, kSet);
  Selection selection;
  for (const auto& row : std::map<int64_t, const char*>{
           {0, "b c a | b"}, {20, "b c a | b"}, {21, "b c a | b a"}, {95, "b c a"}}) {
    SelectionOptions options;
    options.local_threshold_ms = row.first;
    const Status status =
        select_for_read(topology, ReadPreference(ReadMode::nearest), options, &selection);
    CHECK(told(status, selection) == row.second);
  }
}

TEST_CASE("server selection: writes go to the primary and nowhere else") {
  CHECK(write_to(topology_of(kWithPrimary, kSet)) == "a");
  CHECK(write_to(topology_of(kNoPrimary, kSetWithoutPrimary)) == "");
  CHECK(write_to(topology_of(kWithPrimary, kSet), {"a"}) == "a");
  CHECK(write_to(topology_of(TopologyType::unknown, {{"a", ServerType::unknown}})) == "");
}

TEST_CASE("server selection: where there are no members, a preference changes nothing") {
  const std::string modes[] = {"primary", "secondary" + kTags + "rome", "nearest",
                               "secondary?maxStalenessSeconds=1"};
  for (const std::string& mode : modes) {
    CAPTURE(mode);
    CHECK(read_from(topology_of(TopologyType::unknown, {{"a", kPrimary}}), mode) == "");
    for (const ServerType type : {ServerType::standalone, kPrimary, kSecondary, ServerType::mongos,
                                  ServerType::arbiter, ServerType::ghost})
      CHECK(read_from(topology_of(TopologyType::single, {{"a", type}}), mode) == "a");
    for (const ServerType type : {ServerType::unknown, ServerType::possible_primary})
      CHECK(read_from(topology_of(TopologyType::single, {{"a", type}}), mode) == "");
    const Topology sharded = topology_of(TopologyType::sharded, {{"g", ServerType::mongos, 5},
                                                                 {"h", ServerType::mongos, 35},
                                                                 {"i", ServerType::unknown, 1}});
    CHECK(read_from(sharded, mode) == "g h | g");
    CHECK(write_to(sharded) == "g h | g");
    const Topology balanced =
        topology_of(TopologyType::load_balanced, {{"l", ServerType::load_balancer, -1}});
    CHECK(read_from(balanced, mode) == "l");
    CHECK(write_to(balanced) == "l");
  }
}

TEST_CASE("server selection: who failed the operation is the last resort") {
  const Topology set = topology_of(
      kWithPrimary,
      {{"b", kSecondary, 5, "tokyo"}, {"c", kSecondary, 5, "tokyo"}, {"a", kPrimary, 5, "nyc"}});
  CHECK(read_from(set, "nearest", {"b"}) == "c a");
  CHECK(read_from(set, "secondary", {"b"}) == "c");
  CHECK(read_from(set, "secondary", {"b", "c"}) == "b c");
  CHECK(read_from(set, "secondaryPreferred", {"b", "c"}) == "a");
  CHECK(read_from(set, "primary", {"a"}) == "a");
  CHECK(read_from(set, "primaryPreferred", {"a"}) == "b c");
  CHECK(read_from(set, "nearest", {"a", "b", "c"}) == "b c a");
  CHECK(read_from(set, "nearest", {"x"}) == "b c a");
  // It is the only one with these tags.
  CHECK(read_from(set, "primaryPreferred" + kTags + "nyc", {"a"}) == "a");
  CHECK(read_from(set, "nearest" + kTags + "nyc", {"a"}) == "a");
  const Topology sharded = topology_of(
      TopologyType::sharded, {{"g", ServerType::mongos, 5}, {"h", ServerType::mongos, 50}});
  CHECK(read_from(sharded, "nearest", {"g"}) == "h");
  CHECK(write_to(sharded, {"g", "h"}) == "g h | g");
}

TEST_CASE("server selection: of two by chance the one with less to do is chosen") {
  CHECK(choose(Selection(), 1) == nullptr);
  Topology topology = topology_of(
      kNoPrimary,
      {{"a", kSecondary}, {"b", kSecondary}, {"c", kSecondary}, {"far", kSecondary, 50}});
  Selection selection;
  REQUIRE(select_for_read(topology, ReadPreference(ReadMode::nearest), {}, &selection) ==
          Status::ok);
  const auto counts = [&] {
    std::map<std::string, int> chosen;
    for (uint64_t high = 0; high < 6; ++high)
      for (uint64_t low = 0; low < 6; ++low) ++chosen[choose(selection, high << 32 | low)->address];
    return chosen;
  };
  // All equal: each pair is as likely as the others.
  CHECK(counts() == std::map<std::string, int>{{"a", 12}, {"b", 12}, {"c", 12}});
  // The busiest one is never chosen, the idle one whenever it is drawn: two times of three.
  topology.servers[0].operations = 5;
  topology.servers[1].operations = 2;
  CHECK(counts() == std::map<std::string, int>{{"b", 12}, {"c", 24}});
  topology.servers[2].operations = 9;
  CHECK(counts() == std::map<std::string, int>{{"a", 12}, {"b", 24}});
  selection.in_window.resize(1);
  CHECK(choose(selection, UINT64_MAX)->address == "a");
}

}  // namespace fce
