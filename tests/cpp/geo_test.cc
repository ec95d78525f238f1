// SPDX-License-Identifier: Apache-2.0
//
// DNS of a node, the map of nodes, and what would be answered.
#include <doctest/doctest.h>

#include <fcedge.hpp>
#include <vector>

#include "client.h"

using namespace fcedge;

namespace {

constexpr const char* kZone =
    "@ 60 IN SOA ns1 hostmaster 1 7200 1800 259200 900\n@ 60 IN NS ns1\nns1 A 192.0.2.1\n"
    "www A 192.0.2.7\n";

struct Reply {
  int rcode = -1;
  int last = -1;  // byte of the message, which is the last one of an address
};

// "www.example.com" A
Reply ask_dns(uint16_t port) {
  const std::string query("\x12\x34\0\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1", 33);
  const int fd = dial(port, SOCK_DGRAM);
  say(fd, query);
  unsigned char message[512];
  const ssize_t got = recv(fd, message, sizeof message, 0);
  close(fd);
  if (got < 12) return {};
  return {message[3] & 15, message[got - 1]};
}

const fce_geo_override kOverrides[] = {
    GeoOverride{.by = GeoBy::prefix, .value = "192.0.2.0/24", .nodes = "tyo1"}};

std::vector<fce_geo_node> nodes() {
  return {GeoNode{.name = "fra1",
                  .region = "eu",
                  .addresses = "192.0.2.11",
                  .latitude = 50,
                  .longitude = 9},
          GeoNode{.name = "tyo1",
                  .region = "ap",
                  .addresses = "192.0.2.12",
                  .latitude = 36,
                  .longitude = 140}};
}

}  // namespace

TEST_CASE("a node answers from zones, which are swapped") {
  Node node = Node::create({.shards = 1}).value();
  CHECK(node.set_dns_zones({DnsZone{.name = "example.com", .text = kZone}}) == FCE_ESTATE);
  REQUIRE(node.set_dns({.udp_bytes_max = 4096}));
  CHECK(node.set_dns() == FCE_EEXIST);
  const uint16_t port = node.listen_dns("127.0.0.1:0").value();
  CHECK(node.listen_dns("unix:/tmp/dns").status() == FCE_EINVAL);
  REQUIRE(node.start());
  CHECK(ask_dns(port).rcode == 5);
  REQUIRE(node.set_dns_zones({DnsZone{.name = "example.com", .text = kZone}}));
  const Reply reply = ask_dns(port);
  CHECK(reply.rcode == 0);
  CHECK(reply.last == 7);
  CHECK(node.set_dns_zones({DnsZone{.name = "example.com", .file = "x.zone", .text = "?"}}) ==
        FCE_EINVAL);
  CHECK(has(std::string(last_error()), "x.zone"));
  CHECK(ask_dns(port).last == 7);
  REQUIRE(node.set_dns_zones({}));
  CHECK(ask_dns(port).rcode == 5);
  char record[2048];
  CHECK(dns_zone_ds({.name = "example.com"}, record, sizeof record).status() == FCE_EINVAL);
}

TEST_CASE("a ranking explains what a client gets") {
  const GeoRanking ranking =
      GeoRanking::create({}, nodes(), {GeoSet{.name = "all", .overrides = kOverrides}}).value();
  GeoExplanation why = ranking.explain("all", "192.0.2.200").value();
  CHECK(why.rule() == GeoBy::prefix);
  CHECK(std::string(why->set) == "all");
  CHECK(why.candidates().size() == 2);
  REQUIRE_FALSE(why.answer().empty());
  CHECK(std::string(why.answer()[0]->name) == "tyo1");
  const GeoExplanation kept = std::move(why);
  CHECK_FALSE(why);
  CHECK(kept.answer().size() > 0);
  CHECK(ranking.explain("none", "192.0.2.200").status() == FCE_ENOENT);
  CHECK(GeoRanking::create({}, nodes(), {GeoSet{.name = "all", .answers_max = 9}}).status() ==
        FCE_EINVAL);
  uint32_t cells = 0;
  CHECK(ranking.each_cell("all", [&](const fce_geo_place&, uint32_t) { ++cells; }));
  CHECK(GeoIndex::open({"/nonexistent/file.mmdb"}).status() == FCE_ENOENT);
  CHECK(GeoIndex().lookup("192.0.2.1").status() == FCE_EINVAL);
  CHECK(GeoIndex().info().status() == FCE_EINVAL);
}

TEST_CASE("a node's map is watched, and counts whom it has answered") {
  Node node = Node::create({.shards = 1}).value();
  CHECK(node.set_geo_map(nodes(), {}) == FCE_ESTATE);
  REQUIRE(node.set_dns());
  REQUIRE(node.set_geo({}));
  CHECK(node.set_geo({}) == FCE_EEXIST);
  REQUIRE(node.set_geo_map(nodes(), {GeoSet{.name = "all", .regions = "eu ap"}}));
  CHECK(node.observe_geo("fra1", GeoState::down, 50));
  CHECK(node.observe_geo("nobody", GeoState::down) == FCE_ENOENT);
  CHECK(node.geo_explain("none", "192.0.2.1").status() != FCE_OK);
  int named = 0;
  CHECK(node.geo_answers([&](std::string_view name, std::string_view, uint64_t) {
    named += name == "fra1" || name == "tyo1";
  }));
  CHECK(named <= 2);
}
