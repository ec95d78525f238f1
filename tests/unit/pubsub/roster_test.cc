// SPDX-License-Identifier: Apache-2.0
#include "pubsub/roster.h"

#include <doctest/doctest.h>

using namespace fce;
using Names = std::vector<std::string>;

TEST_CASE("counts are summed over the shards, and told when they have changed") {
  Roster roster(10, 1000);
  PresenceChange change;
  CHECK_FALSE(roster.tick(0, &change));
  roster.set_count(2, 5);
  roster.set_count(0, 1);
  CHECK(roster.count() == 6);
  CHECK(roster.tick(0, &change));
  CHECK(change.count == 6);
  CHECK_FALSE(roster.tick(0, &change));
  roster.set_count(2, 3);
  roster.set_count(2, 5);
  CHECK_FALSE(roster.tick(0, &change));
  roster.set_count(2, 0);
  CHECK(roster.tick(0, &change));
  CHECK(change.count == 1);
}

TEST_CASE("members join in ticks, and leave late") {
  Roster roster(10, 1000);
  PresenceChange change;
  CHECK(roster.join("bob", 0));
  CHECK(roster.join("ann", 0));
  CHECK(roster.join("ann", 1));
  CHECK(roster.members().empty());
  CHECK(roster.tick(0, &change));
  CHECK(change.join == Names{"ann", "bob"});
  CHECK(roster.members() == Names{"ann", "bob"});
  roster.leave("ann", 0, 100);
  CHECK_FALSE(roster.waits());
  roster.leave("ann", 1, 200);
  CHECK(roster.waits());
  CHECK_FALSE(roster.tick(1199, &change));
  CHECK(roster.tick(1200, &change));
  CHECK(change.leave == Names{"ann"});
  CHECK(roster.members() == Names{"bob"});
  CHECK_FALSE(roster.waits());
}

TEST_CASE("a reconnect is swallowed") {
  Roster roster(10, 1000);
  PresenceChange change;
  CHECK(roster.join("ann", 0));
  CHECK(roster.tick(0, &change));
  roster.leave("ann", 0, 10);
  CHECK_FALSE(roster.tick(500, &change));
  CHECK(roster.join("ann", 0));
  CHECK_FALSE(roster.waits());
  CHECK_FALSE(roster.tick(5000, &change));
  // Who came and went between two ticks was never there.
  CHECK(roster.join("eve", 0));
  roster.leave("eve", 0, 5000);
  CHECK_FALSE(roster.tick(5500, &change));
  CHECK_FALSE(roster.tick(9000, &change));
  CHECK(roster.members() == Names{"ann"});
}

TEST_CASE("the list is capped, and a leave of one whom it had no room for is nothing") {
  Roster roster(2, 0);
  PresenceChange change;
  CHECK(roster.join("a", 0));
  CHECK(roster.join("b", 0));
  CHECK_FALSE(roster.join("c", 0));
  CHECK(roster.join("b", 0));
  CHECK(roster.tick(0, &change));
  CHECK(change.join == Names{"a", "b"});
  roster.leave("c", 0, 0);
  CHECK_FALSE(roster.waits());
  roster.leave("a", 0, 0);
  CHECK(roster.tick(0, &change));
  CHECK(roster.join("c", 0));
  roster.leave("nobody", 0, 0);
  CHECK(roster.tick(0, &change));
  CHECK(roster.members() == Names{"b", "c"});
}

TEST_CASE("a leave from a shard on which there was no room is nothing to one who is on another") {
  Roster roster(1, 0);
  PresenceChange change;
  CHECK(roster.join("a", 0));
  CHECK_FALSE(roster.join("b", 0));
  CHECK(roster.tick(0, &change));
  roster.leave("a", 0, 0);
  CHECK(roster.tick(0, &change));
  CHECK(roster.join("b", 1));
  CHECK(roster.tick(0, &change));
  roster.leave("b", 0, 0);
  CHECK_FALSE(roster.waits());
  CHECK_FALSE(roster.tick(0, &change));
  CHECK(roster.members() == Names{"b"});
  roster.leave("b", 1, 0);
  CHECK(roster.tick(0, &change));
  CHECK(change.leave == Names{"b"});
}
