// SPDX-License-Identifier: Apache-2.0
// What is answered from zones (RFC 1034 section 4.3.2, RFC 2308, RFC 4592), through the responder.
#include "geo/zone_answer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "geo/responder_support.h"

namespace fce {
namespace {

using test::Answer;
using test::Server;
using Texts = std::vector<std::string>;

constexpr unsigned kNameError = 3;
const std::string kSoa = "example. 60 SOA ns.example.";

}  // namespace

TEST_CASE("records that are there") {
  Server server;
  const Answer answer = server.ask("host.example");
  CHECK(answer.broken == "");
  CHECK(answer.rcode == 0);
  CHECK(answer.authoritative());
  CHECK(answer.answers == Texts{"host.example. 300 A 192.0.2.1"});
  CHECK(answer.authority.empty());
  CHECK(answer.additional.empty());
  CHECK(server.ask("host.example", DnsType::txt).answers ==
        Texts{"host.example. 300 TXT some text"});
  CHECK(server.ask("example", DnsType::soa).answers == Texts{"example. 300 SOA ns.example."});
}

TEST_CASE("the case of the question is kept") {
  Server server;
  const Answer answer = server.ask("HoSt.eXample");
  CHECK(answer.question == "HoSt.eXample.");
  CHECK(answer.answers == Texts{"HoSt.eXample. 300 A 192.0.2.1"});
}

TEST_CASE("servers of the zone come with their addresses") {
  Server server;
  const Answer answer = server.ask("example", DnsType::ns);
  CHECK(answer.answers == Texts{"example. 300 NS ns.example.", "example. 300 NS ns.other."});
  CHECK(answer.additional ==
        Texts{"ns.example. 300 A 192.0.2.53", "ns.example. 300 AAAA 2001:db8::53"});
}

TEST_CASE("what is not there") {
  Server server;
  const Answer name = server.ask("nowhere.example");
  CHECK(name.rcode == kNameError);
  CHECK(name.authoritative());
  CHECK(name.authority == Texts{kSoa});  // its TTL is the least of SOA's and of its last number
  const Answer type = server.ask("host.example", DnsType::aaaa);
  CHECK(type.rcode == 0);
  CHECK(type.answers.empty());
  CHECK(type.authority == Texts{kSoa});
  // An empty non-terminal is there.
  CHECK(server.ask("b.example").rcode == 0);
  CHECK(server.ask("b.example").authority == Texts{kSoa});
  CHECK(server.ask("c.b.example").rcode == kNameError);
  CHECK(server.ask("b.example", DnsType::any).answers.empty());
}

TEST_CASE("zones that are not ours") {
  Server server;
  const Answer answer = server.ask("www.other");
  CHECK(answer.rcode == 5);
  CHECK_FALSE(answer.authoritative());
  CHECK(answer.records.empty());
  CHECK(answer.question == "www.other.");
}

TEST_CASE("wildcards answer in the name that was asked for") {
  Server server;
  CHECK(server.ask("x.wild.example").answers == Texts{"x.wild.example. 300 A 192.0.2.80"});
  CHECK(server.ask("y.x.wild.example").answers == Texts{"y.x.wild.example. 300 A 192.0.2.80"});
  CHECK(server.ask("x.wild.example", DnsType::txt).authority == Texts{kSoa});
  CHECK(server.ask("wild.example").authority == Texts{kSoa});
}

TEST_CASE("delegations") {
  Server server;
  for (const std::string_view name : {"sub.example", "x.y.sub.example", "ns.sub.example"}) {
    const Answer answer = server.ask(name);
    CHECK(answer.rcode == 0);
    CHECK_FALSE(answer.authoritative());
    CHECK(answer.answers.empty());
    CHECK(answer.authority ==
          Texts{"sub.example. 300 NS ns.sub.example.", "sub.example. 300 NS ns.other."});
    CHECK(answer.additional == Texts{"ns.sub.example. 300 A 192.0.2.54"});
  }
  const Answer ds = server.ask("sub.example", DnsType::ds);
  CHECK(ds.authoritative());
  CHECK(ds.authority == Texts{kSoa});
}

TEST_CASE("glue that is needed comes first, sets come whole, and what is needed is not left out") {
  std::string more = "near NS many\nnear NS ns.near\nns.near A 192.0.2.200\n";
  for (int i = 0; i < 30; ++i) more += "many A 192.0.2." + std::to_string(100 + i) + "\n";
  for (int i = 0; i < 40; ++i) more += "ns.wide A 192.0.2." + std::to_string(100 + i) + "\n";
  Server server({}, more + "wide NS ns.wide\nwide NS ns\n");
  const Answer near = server.ask("x.near.example");
  CHECK_FALSE(near.truncated());
  CHECK(near.additional == Texts{"ns.near.example. 300 A 192.0.2.200"});
  server.from("203.0.113.7", DnsTransport::tcp);
  CHECK(server.ask("x.near.example").additional.size() == 31);
  server.from("203.0.113.7");
  const Answer wide = server.ask("x.wide.example");
  CHECK(wide.truncated());
  for (const std::string& one : wide.additional) CHECK(one.starts_with("ns.example."));
}

TEST_CASE("aliases") {
  Server server;
  CHECK(server.ask("alias.example").answers ==
        Texts{"alias.example. 300 CNAME host.example.", "host.example. 300 A 192.0.2.1"});
  CHECK(server.ask("alias.example", DnsType::cname).answers ==
        Texts{"alias.example. 300 CNAME host.example."});
  const Answer nodata = server.ask("alias.example", DnsType::mx);
  CHECK(nodata.answers == Texts{"alias.example. 300 CNAME host.example."});
  CHECK(nodata.authority == Texts{kSoa});
  const Answer gone = server.ask("gone.example");
  CHECK(gone.rcode == kNameError);
  CHECK(gone.authoritative());
  CHECK(gone.answers == Texts{"gone.example. 300 CNAME nowhere.example."});
  CHECK(gone.authority == Texts{kSoa});
  const Answer far = server.ask("far.example");
  CHECK(far.rcode == 0);
  CHECK(far.answers == Texts{"far.example. 300 CNAME www.other."});
  CHECK(far.authority.empty());
  const Answer out = server.ask("out.example");
  CHECK(out.authoritative());
  CHECK(out.answers == Texts{"out.example. 300 CNAME x.sub.example."});
  CHECK(out.authority.size() == 2);
}

TEST_CASE("an alias leads into another zone of ours") {
  Server server;
  CHECK(server.ask("second.example", DnsType::ns).answers ==
        Texts{"second.example. 60 NS n.other."});
  CHECK(server.ask("cross.example").answers ==
        Texts{"cross.example. 300 CNAME host.second.example.",
              "host.second.example. 60 A 192.0.2.2"});
  CHECK(server.ask("cross.example", DnsType::txt).authority ==
        Texts{"second.example. 5 SOA a.second.example."});
}

TEST_CASE("aliases in a circle end") {
  std::string more = "self CNAME self\n";
  for (int i = 0; i < 12; ++i)
    more += "a" + std::to_string(i) + " CNAME a" + std::to_string(i + 1) + "\n";
  Server server({}, more);
  const Answer answer = server.ask("loop.example");
  CHECK(answer.broken == "");
  CHECK(answer.rcode == 0);
  CHECK(answer.answers ==
        Texts{"loop.example. 300 CNAME pool.example.", "pool.example. 300 CNAME loop.example."});
  CHECK(server.ask("self.example").answers == Texts{"self.example. 300 CNAME self.example."});
  CHECK(server.ask("a0.example").answers.size() == 1 + ZoneAnswer::kAliasesMax);
}

TEST_CASE("all records of a name are one that says nothing") {
  Server server;
  const Answer answer = server.ask("host.example", DnsType::any);
  REQUIRE(answer.records.size() == 1);
  CHECK(answer.records[0].type == DnsType::hinfo);
  CHECK(answer.records[0].data == std::string("\7RFC8482\0", 9));
  CHECK(server.ask("alias.example", DnsType::any).answers ==
        Texts{"alias.example. 300 CNAME host.example."});
  CHECK(server.ask("nowhere.example", DnsType::any).rcode == kNameError);
  CHECK(server.ask("x.wild.example", DnsType::any).records.at(0).owner == "x.wild.example.");
}

TEST_CASE("nodes of a set") {
  Server server;
  const Answer near = server.ask("www.example");
  CHECK(near.authoritative());
  CHECK(near.answers == Texts{"www.example. 300 A 192.0.2.10", "www.example. 300 A 192.0.2.11"});
  CHECK(server.ask("www.example", DnsType::aaaa).answers ==
        Texts{"www.example. 300 AAAA 2001:db8::1", "www.example. 300 AAAA 2001:db8::2"});
  CHECK(server.ask("short.example").answers.at(0) == "short.example. 30 A 192.0.2.10");
  CHECK(server.ask("geo.example").answers == Texts{"geo.example. 300 CNAME www.example.",
                                                   "www.example. 300 A 192.0.2.10",
                                                   "www.example. 300 A 192.0.2.11"});
  server.from("198.51.100.1");
  CHECK(server.ask("www.example").answers == Texts{"www.example. 300 A 192.0.2.12"});
  CHECK(server.figures.node(0) == 4);
  CHECK(server.figures.node(2) == 1);
  CHECK(server.figures.get(DnsFigure::geo) == 5);
}

TEST_CASE("an address that several nodes have is given once") {
  struct Twins final : GeoPicker {
    GeoPick pick(uint16_t, const IpPrefix&) const override {
      static constexpr uint16_t kAll[] = {0, 1, 2};
      return {kAll, 0};
    }
    NodeAddresses addresses(uint16_t node) const override {
      static constexpr std::array<uint8_t, 4> kV4[] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
      NodeAddresses out;
      out.v4 = node == 2 ? std::span(kV4) : std::span(kV4).first(1);
      return out;
    }
  };
  Server server;
  server.responder.set_picker(std::make_shared<Twins>());
  CHECK(server.ask("www.example").answers ==
        Texts{"www.example. 300 A 192.0.2.1", "www.example. 300 A 192.0.2.2"});
}

TEST_CASE("a set is never shown as what it is") {
  Server server;
  for (const DnsType type : {DnsType::geo, DnsType::txt, DnsType::ns}) {
    const Answer answer = server.ask("www.example", type);
    CHECK(answer.rcode == 0);
    CHECK(answer.answers.empty());
    CHECK(answer.authority == Texts{kSoa});
  }
  CHECK(server.ask("mixed.example", DnsType::txt).answers ==
        Texts{"mixed.example. 300 TXT beside"});
  CHECK(server.ask("mixed.example", DnsType::any).records.at(0).type == DnsType::hinfo);
}

TEST_CASE("no node, or none with an address of the family") {
  Server server;
  const Answer none = server.ask("none.example");
  CHECK(none.rcode == 0);
  CHECK(none.answers.empty());
  CHECK(none.authority == Texts{"example. 20 SOA ns.example."});  // not for longer than a node
  CHECK(server.figures.get(DnsFigure::geo_empty) == 1);
  server.from("198.51.100.1");
  CHECK(server.ask("www.example", DnsType::aaaa).authority == Texts{kSoa});
}

TEST_CASE("before anything is known of nodes nothing is said of them") {
  Server server;
  server.responder.set_picker(nullptr);
  const Answer answer = server.ask("www.example");
  CHECK(answer.rcode == 2);
  CHECK(answer.records.empty());
  CHECK(server.ask("host.example").rcode == 0);
  CHECK(server.figures.get(DnsFigure::server_failure) == 1);
}

}  // namespace fce
