// SPDX-License-Identifier: Apache-2.0
#include "pubsub/audience.h"

#include <doctest/doctest.h>

#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

using Names = std::vector<std::string>;

Message message_for(const Publication::More& more) {
  return Message::encode({1, 1}, "c", {as_bytes("x"), &more}, 0);
}

}  // namespace

TEST_CASE("who gets a message") {
  FilterTable table;
  const Names staff{"staff"}, both{"staff", "mods"}, none;
  const std::vector<uint64_t> blocks = name_hashes(Names{"troll"});
  const FilterRef nobody;
  const FilterRef ann = table.get({"ann", staff, {}});
  const FilterRef bob = table.get({"bob", both, {}});
  const FilterRef eve = table.get({"eve", none, blocks});
  struct Row {
    Publication::More more;
    const char* who;  // gets it: n a b e
  };
  const Row rows[] = {
      {{"", "troll", {}}, "nab"},
      {{"", "ann", {}}, "nabe"},
      {{"", "", {{"staff"}, {}, {}}}, "ab"},
      {{"", "", {{"mods"}, {}, {}}}, "b"},
      {{"", "", {{"mods", "none", "staff"}, {}, {}}}, "ab"},
      {{"", "", {{}, {"eve"}, {}}}, "e"},
      {{"", "", {{"mods"}, {"eve"}, {}}}, "be"},
      {{"", "troll", {{"mods"}, {"eve"}, {}}}, "b"},
      {{"", "", {{}, {}, {"ann"}}}, "nbe"},
      {{"", "", {{"staff"}, {}, {"ann"}}}, "b"},
      {{"", "", {{}, {"ann"}, {"ann"}}}, ""},
      // A group and a user of the same name are two.
      {{"", "", {{"ann"}, {}, {}}}, ""},
      {{"", "", {{}, {"staff"}, {}}}, ""},
  };
  for (const Row& row : rows) {
    const Message message = message_for(row.more);
    REQUIRE(message.audience() != nullptr);
    std::string who;
    // Twice: the second answer is remembered.
    for (int i = 0; i < 2; ++i) {
      who.clear();
      if (nobody.admits(*message.audience())) who += 'n';
      if (ann.admits(*message.audience())) who += 'a';
      if (bob.admits(*message.audience())) who += 'b';
      if (eve.admits(*message.audience())) who += 'e';
    }
    CHECK(who == row.who);
  }
}

TEST_CASE("a message for everybody that names nobody has no audience") {
  CHECK(message_for({}).audience() == nullptr);
  CHECK(message_for({"key", "", {}}).audience() == nullptr);
  CHECK(message_for({"key", "", {}}).key_hash() == name_hash("key"));
  CHECK(as_text(message_for({"k", "ann", {}}).json_line()) ==
        "{\"channel\":\"c\",\"id\":\"00000000.1-1\",\"key\":\"k\",\"data\":\"x\"}\n");
}

TEST_CASE("what a filter remembers is of one message, and not of its place in memory") {
  FilterTable table;
  const Names none;
  const FilterRef ann = table.get({"ann", none, {}});
  for (int i = 0; i < 100; ++i) {
    const bool for_ann = i % 3 == 0;
    const Message message = message_for({"", "", {{}, {for_ann ? "ann" : "bob"}, {}}});
    CHECK(ann.admits(*message.audience()) == for_ann);
  }
}

TEST_CASE("equal subscribers share a filter, which goes with the last of them") {
  FilterTable table;
  const Names groups{"b", "a"}, sorted{"a", "b", "a"}, none;
  {
    FilterRef one = table.get({"ann", groups, {}});
    const FilterRef same = table.get({"ann", sorted, {}});
    CHECK(one.get() == same.get());
    const FilterRef other = table.get({"ann", none, name_hashes(groups)});
    CHECK(other.get() != same.get());
    CHECK(table.get({"ann", none, name_hashes(sorted)}).get() == other.get());
    CHECK(table.size() == 2);
    one = FilterRef();
    FilterRef copy = same;
    const FilterRef moved = std::move(copy);
    CHECK(table.size() == 2);
  }
  CHECK(table.size() == 0);
  CHECK(table.get({"", none, {}}).get() == nullptr);
}

TEST_CASE("messages for others are passed over, and the position moves all the same") {
  PubSubOptions options;
  options.common.history.messages_max = 8;
  TestNode node(2, options);
  const ChannelKey key = key_at(0, 2);
  const Names none;
  for (const uint32_t shard : {0u, 1u}) {
    const FilterRef filter = node.hub(shard).filters().get({"ann", none, {}});
    Reader ann(node, shard, key, "", filter), nobody(node, shard, key);
    node.settle();
    const uint64_t before = node.count(Counter::published);
    const auto publish = [&](const char* text, const char* user) {
      Publication::More more;
      more.audience.users = {user};
      CHECK(node.pubsub().publish(key, {as_bytes(text), &more}, nullptr, nullptr) == Status::ok);
      node.settle();
    };
    const auto id = [&](uint64_t n) { return "1-" + std::to_string(before + n); };
    publish("hers", "ann");
    publish("his", "bob");
    CHECK(node.publish(key, "all") == Status::ok);
    node.settle();
    CHECK(ann.got == Got{"ready " + id(0), id(1) + " hers", id(3) + " all"});
    CHECK(nobody.got == Got{"ready " + id(0), id(3) + " all"});
    ann.got.clear();
    nobody.got.clear();
    for (int i = 0; i < 40; ++i) publish("his", "bob");
    // Told often enough to be able to come back, and not with each message.
    REQUIRE(ann.got.size() >= 5);
    CHECK(ann.got.size() <= 20);
    CHECK(ann.got == nobody.got);
    CHECK(ann.got.front().rfind("at 1-", 0) == 0);
    Reader back(node, shard, key, ann.got.back().substr(3), filter);
    node.settle();
    CHECK(back.got == Got{"ready " + id(43)});
  }
  CHECK(node.count(Counter::filtered) > 0);
  CHECK(node.count(Counter::positions_told) > 0);
}
