// SPDX-License-Identifier: Apache-2.0
//
// Publish and subscribe: outcomes, audiences, presence, the subscribe hook, revocation.
#include <doctest/doctest.h>

#include <fcedge.hpp>

#include "client.h"

using namespace fcedge;

namespace {

struct Feed {
  Node node;
  uint16_t port = 0;

  // /TENANT/CHANNEL is a feed.
  void open() {
    Routes routes = Routes::create().value();
    REQUIRE(routes.add_feed({.pattern = "/{tenant}/{channel}"},
                            {.tenant = "{tenant}", .channel = "{channel}"}));
    REQUIRE(routes.add_publish({.pattern = "/publish", .methods = "POST"},
                               {.tenant = "t", .channel = "news", .secret = "0123456789abcdef"}));
    REQUIRE(routes.add_live({.pattern = "/live"}, {.tenant = "t"}));
    REQUIRE(node.set_routes(routes));
    REQUIRE(node.start());
  }

  int subscribe(const std::string& path) const {
    const int fd = dial(port);
    say(fd, "GET " + path + " HTTP/1.0\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
    return fd;
  }
};

Feed make_feed() {
  Feed feed;
  feed.node = Node::create({.shards = 2}).value();
  feed.port = feed.node.listen({.address = "127.0.0.1:0"}).value();
  return feed;
}

}  // namespace

TEST_CASE("a publication is told of, once, and subscribers get it") {
  Feed feed = make_feed();
  feed.open();
  const int fd = feed.subscribe("/t/news");
  REQUIRE(has(hear(fd, "event: ready"), "event: ready"));
  std::promise<std::string> told;
  std::atomic<int> gone{0};
  REQUIRE(feed.node.publish("t", "news", std::string("first"),
                            [&told, w = Witness(gone)](Status status, std::string_view id) {
                              told.set_value(status.ok() ? std::string(id) : "failed");
                            }));
  const std::string id = await(told.get_future());
  CHECK(has(id, "-1"));
  REQUIRE(feed.node.publish("t", "news", "second"));
  const std::string heard = hear(fd, "data: second");
  CHECK(has(heard, "id: " + id));
  CHECK(has(heard, "data: first"));
  close(fd);
  // What is refused is not told, and its callable goes all the same.
  CHECK(feed.node.publish("t", "news", "\xff", [w = Witness(gone)](Status, std::string_view) {}) ==
        FCE_EUTF8);
  CHECK(feed.node.publish("", "news", "x", [w = Witness(gone)](Status, std::string_view) {}) ==
        FCE_EINVAL);
  REQUIRE(feed.node.stop());
  CHECK(gone == 3);
  CHECK(feed.node.publish("t", "news", "late") == FCE_ESTATE);
}

TEST_CASE("a publication with an audience") {
  Feed feed = make_feed();
  REQUIRE(feed.node.add_namespace({.name = "closed", .no_audience = 1}));
  REQUIRE(feed.node.add_namespace({.name = "votes", .overflow = Overflow::conflate}));
  CHECK(feed.node.add_namespace({.name = "votes"}) == FCE_EEXIST);
  feed.open();
  const int fd = feed.subscribe("/t/news");
  REQUIRE(has(hear(fd, "event: ready"), "event: ready"));
  const std::string who = "u1";
  const fce_str users[] = {View(who)};
  const fce_str groups[] = {View("staff"), View("crew")};
  CHECK(feed.node.publish({.tenant = "t", .channel = "closed:1", .data = "x", .users = users}) ==
        FCE_EINVAL);
  CHECK(feed.node.publish({.tenant = "t", .channel = "none:1", .data = "x"}) == FCE_ENOENT);
  std::promise<bool> told;
  REQUIRE(feed.node.publish(
      {.tenant = "t", .channel = "news", .data = "withheld", .groups = groups, .users = users},
      [&](Status status, std::string_view) { told.set_value(status.ok()); }));
  CHECK(await(told.get_future()));
  REQUIRE(feed.node.publish({.tenant = "t", .channel = "news", .data = "for all", .key = "k"}));
  const std::string heard = hear(fd, "data: for all");
  CHECK(has(heard, "data: for all"));
  CHECK_FALSE(has(heard, "withheld"));
  close(fd);
}

TEST_CASE("presence is told, and one who is revoked is ended") {
  Feed feed = make_feed();
  feed.open();
  std::promise<std::pair<bool, uint32_t>> told;
  REQUIRE(feed.node.presence("t", "news", [&](Status status, uint32_t count, List<fce_str> who) {
    told.set_value({status.ok() && who.empty(), count});
  }));
  const std::pair<bool, uint32_t> nobody = await(told.get_future());
  CHECK(nobody.first);
  CHECK(nobody.second == 0);
  const int fd = feed.subscribe("/t/news");
  REQUIRE(has(hear(fd, "event: ready"), "event: ready"));
  CHECK(feed.node.revoke({.tenant = "t"}) == FCE_EINVAL);
  REQUIRE(feed.node.revoke({.tenant = "t", .channel = "news", .reason = End::locked}));
  CHECK(has(hear(fd), "\"reason\":\"locked\""));
  close(fd);
}

TEST_CASE("the hook decides, now, later or not at all") {
  std::atomic<int> gone{0};
  std::promise<Subscription> later;
  Feed feed = make_feed();
  REQUIRE(feed.node.set_subscribe_hook([&later, w = Witness(gone)](Subscription one) {
    if (one.channel() == "open") CHECK(one.allow().ok());
    if (one.channel() == "busy") CHECK(one.deny(Deny::busy, "come back").ok());
    if (one.channel() == "later") later.set_value(std::move(one));
  }));
  CHECK(feed.node.set_subscribe_hook([w = Witness(gone)](Subscription) {}) == FCE_EEXIST);
  CHECK(gone == 1);
  feed.open();
  int fd = feed.subscribe("/t/open");
  CHECK(has(hear(fd, "event: ready"), "event: ready"));
  close(fd);
  CHECK(has(ask(feed.port, "GET /t/busy"), "HTTP/1.1 503 "));
  CHECK(has(ask(feed.port, "GET /t/dropped"), "HTTP/1.1 403 "));
  fd = feed.subscribe("/t/later?after=0");
  Subscription kept = await(later.get_future());
  CHECK(kept.tenant() == "t");
  CHECK(kept.after() == "0");
  CHECK(kept.user().empty());
  CHECK(kept.group_count() == 0);
  CHECK(kept.group(0).empty());
  CHECK(kept.peer() == "127.0.0.1");
  CHECK(kept.allow().ok());
  CHECK_FALSE(kept);
  CHECK(has(hear(fd, "event: ready"), "event: ready"));
  close(fd);
  feed.node.reset();
  CHECK(gone == 2);
}
