// SPDX-License-Identifier: Apache-2.0
#include "pubsub/presence.h"

#include <doctest/doctest.h>

#include "pubsub/presence_desk.h"
#include "support.h"

using namespace fce;
using namespace fce::test;

namespace {

// Writes down what it hears.
class Watcher final : public PresenceWatcher {
 public:
  Watcher(TestNode& node, uint32_t shard, const ChannelKey& key)
      : channel_(node.hub(shard).channel_for(key)) {
    watching = node.hub(shard).presence().watch(channel_, *this);
    if (watching) on_presence();
  }
  void on_presence() override {
    const std::string_view text = channel_.presence()->text(&seen_);
    if (!text.empty()) got.emplace_back(text);
  }
  bool watching = false;
  Got got;

 private:
  Channel& channel_;
  uint32_t seen_ = 0;
};

class Query final : public PresenceQuery {
 public:
  explicit Query(std::string* out) : out_(out) {}
  void on_presence(uint32_t count, const std::vector<std::string>* members) override {
    *out_ = presence_json(count, members);
  }

 private:
  std::string* out_;
};

// A node whose namespace "m" tells members.
struct Node {
  explicit Node(uint32_t shards) : node(shards) {
    Namespace members;
    members.name = "m";
    members.presence = PresenceMode::members;
    members.presence_leave_ms = 0;
    members.presence_members_max = 3;
    Namespace none;
    none.name = "none";
    none.presence = PresenceMode::none;
    REQUIRE(node.pubsub().namespaces().add(members) == Status::ok);
    REQUIRE(node.pubsub().namespaces().add(none) == Status::ok);
    for (int i = 0; i == 0 || key.home(shards) != 0; ++i)
      key = key_of("acme", "m:" + std::to_string(i));
  }
  FilterRef user(uint32_t shard, const char* name) {
    return node.hub(shard).filters().get({name, {}, {}});
  }
  // Two ticks: the shards report, then the home tells.
  void tick() {
    for (int round = 0; round < 2; ++round) {
      for (uint32_t shard = 0; shard < node.shards(); ++shard)
        node.pass_ms(shard, PresenceDesk::kTickMs + 200);
      node.settle();
    }
  }
  std::string ask() {
    std::string answer;
    REQUIRE(ask(key, &answer) == Status::ok);
    node.settle();
    return answer;
  }
  Status ask(const ChannelKey& of, std::string* answer) {
    std::unique_ptr<PresenceQuery> query = std::make_unique<Query>(answer);
    return node.pubsub().ask_presence(of, query);
  }
  TestNode node;
  ChannelKey key;
};

}  // namespace

TEST_CASE("joins and leaves reach the watchers of all shards in ticks") {
  Node n(2);
  Reader first(n.node, 0, n.key, "", n.user(0, "ann"));
  Reader there(n.node, 1, n.key, "", n.user(1, "bob"));
  Watcher home(n.node, 0, n.key), away(n.node, 1, n.key);
  n.node.settle();
  n.tick();
  CHECK(home.got.back().find("\"count\":2") != std::string::npos);
  CHECK(n.ask() == "{\"count\":2,\"members\":[\"ann\",\"bob\"]}");
  CHECK(n.node.gauge(0, Gauge::presence_members) == 2);
  home.got.clear();
  away.got.clear();
  {
    Reader again(n.node, 1, n.key, "", n.user(1, "ann"));
    Reader nobody(n.node, 1, n.key);
    Reader carol(n.node, 1, n.key, "", n.user(1, "carol"));
    n.tick();
    const Got expected{"{\"count\":5,\"join\":[\"carol\"],\"leave\":[]}"};
    CHECK(home.got == expected);
    CHECK(away.got == expected);
    // The list is full, the count is not.
    Reader dave(n.node, 0, n.key, "", n.user(0, "dave"));
    n.tick();
    CHECK(home.got.back() == "{\"count\":6,\"join\":[],\"leave\":[]}");
    CHECK(n.node.count(Counter::limit_presence) == 1);
  }
  n.tick();
  const std::string left = "{\"count\":2,\"join\":[],\"leave\":[\"carol\"]}";
  CHECK(home.got.back() == left);
  CHECK(away.got.back() == left);
  CHECK(n.ask() == "{\"count\":2,\"members\":[\"ann\",\"bob\"]}");
}

TEST_CASE("nothing is told when nothing has changed") {
  Node n(1);
  Reader reader(n.node, 0, n.key, "", n.user(0, "ann"));
  Watcher watcher(n.node, 0, n.key);
  n.tick();
  const size_t before = watcher.got.size();
  { Reader brief(n.node, 0, n.key, "", n.user(0, "ann")); }
  n.tick();
  n.tick();
  CHECK(watcher.got.size() == before);
}

TEST_CASE("a watcher that comes later hears all first") {
  Node n(2);
  Reader ann(n.node, 0, n.key, "", n.user(0, "ann"));
  Reader bob(n.node, 1, n.key, "", n.user(1, "bob"));
  n.node.settle();
  n.tick();
  Watcher home(n.node, 0, n.key), away(n.node, 1, n.key);
  n.node.settle();
  const Got expected{"{\"count\":2,\"members\":[\"ann\",\"bob\"]}"};
  CHECK(home.got == expected);
  CHECK(away.got == expected);
}

TEST_CASE("users of a shard whose replica ends leave") {
  Node n(2);
  Reader ann(n.node, 0, n.key, "", n.user(0, "ann"));
  auto bob = std::make_unique<Reader>(n.node, 1, n.key, "", n.user(1, "bob"));
  n.node.settle();
  n.tick();
  CHECK(n.ask() == "{\"count\":2,\"members\":[\"ann\",\"bob\"]}");
  bob.reset();
  CHECK(n.node.hub(1).find_replica(n.key) == nullptr);
  n.tick();
  CHECK(n.ask() == "{\"count\":1,\"members\":[\"ann\"]}");
}

TEST_CASE("a subscriber that becomes somebody else") {
  Node n(1);
  class Plain final : public Subscriber {
    void on_messages() override {}
  };
  Plain plain;
  plain.subscribe(n.node.hub(0), n.key, {}, n.user(0, "ann"));
  n.tick();
  plain.set_filter(n.user(0, "bob"));
  n.tick();
  CHECK(n.ask() == "{\"count\":1,\"members\":[\"bob\"]}");
}

TEST_CASE("a namespace may tell counts only, or nothing") {
  Node n(1);
  const ChannelKey plain = key_of("acme", "plain"), none = key_of("acme", "none:x");
  Reader one(n.node, 0, plain, "", n.user(0, "ann")), two(n.node, 0, none);
  Watcher counts(n.node, 0, plain), nothing(n.node, 0, none);
  n.tick();
  CHECK(counts.got.back() == "{\"count\":1}");
  CHECK_FALSE(nothing.watching);
  std::string answer;
  CHECK(n.ask(plain, &answer) == Status::ok);
  n.node.settle();
  CHECK(answer == "{\"count\":1}");
  CHECK(n.ask(none, &answer) == Status::unsupported);
  CHECK(n.ask(key_of("acme", "x:y"), &answer) == Status::not_found);
}
