// SPDX-License-Identifier: Apache-2.0
#include "geo/zone.h"

#include <doctest/doctest.h>

#include <string>

#include "geo/zone_support.h"

namespace fce {
namespace {

using test::dns_name;
using test::kWildcards;

std::string text_of(Bytes wire) {
  DnsName name;
  REQUIRE(DnsName::from_wire(wire, &name));
  return name.text();
}

// "exact NAME", "wildcard NAME", "none ENCLOSER" or "delegated NAME".
std::string find(const Zone& zone, std::string_view name, DnsType type = DnsType::a) {
  const DnsName wire = dns_name(name);
  const Zone::Found found = zone.find(DnsKey(wire.wire()), type);
  switch (found.match) {
    case Zone::Match::exact: return "exact " + text_of(zone.name(*found.node));
    case Zone::Match::wildcard: return "wildcard " + text_of(zone.name(*found.node));
    case Zone::Match::none: return "none " + text_of(zone.name(*found.encloser));
    case Zone::Match::delegated: return "delegated " + text_of(zone.name(*found.node));
  }
  return "";
}

constexpr std::string_view kZone = R"($TTL 1h
@    SOA ns admin 1 1h 10m 1w 1m
@    NS  ns
ns   A   192.0.2.53
a.b.c  TXT deep
sub  NS  ns.sub
sub  DS  1 13 1 00112233445566778899aabbccddeeff00112233
ns.sub A 192.0.2.54
x.y.sub A 192.0.2.55
*.w  A   192.0.2.80
*.a.w TXT "nearer"
)";

}  // namespace

TEST_CASE("the wildcards of RFC 4592") {
  const auto zone = test::zone("example", kWildcards);
  REQUIRE(zone);
  // What they stand for.
  CHECK(find(*zone, "host3.example", DnsType::mx) == "wildcard *.example.");
  CHECK(find(*zone, "host3.example") == "wildcard *.example.");
  CHECK(find(*zone, "foo.bar.example", DnsType::txt) == "wildcard *.example.");
  // What they do not: names that there are, also as empty non-terminals, and all below those.
  CHECK(find(*zone, "host1.example", DnsType::mx) == "exact host1.example.");
  CHECK(find(*zone, "sub.*.example", DnsType::mx) == "exact sub.*.example.");
  CHECK(find(*zone, "_telnet._tcp.host1.example", DnsType::srv) == "none _tcp.host1.example.");
  CHECK(find(*zone, "host.subdel.example") == "delegated subdel.example.");
  CHECK(find(*zone, "ghost.*.example", DnsType::mx) == "none *.example.");
  CHECK(find(*zone, "host2.example") == "exact host2.example.");
  CHECK(find(*zone, "*.example", DnsType::txt) == "exact *.example.");
}

TEST_CASE("names with nothing between them") {
  const auto zone = test::zone("example", kZone);
  REQUIRE(zone);
  CHECK(find(*zone, "example") == "exact example.");
  CHECK(find(*zone, "A.B.c.EXAMPLE") == "exact a.b.c.example.");
  CHECK(find(*zone, "b.c.example") == "exact b.c.example.");
  CHECK(find(*zone, "c.example") == "exact c.example.");
  CHECK(find(*zone, "x.b.c.example") == "none b.c.example.");
  CHECK(find(*zone, "x.example") == "none example.");
  // The wildcard of the closest name above counts, and no other.
  CHECK(find(*zone, "x.w.example") == "wildcard *.w.example.");
  CHECK(find(*zone, "y.x.w.example") == "wildcard *.w.example.");
  CHECK(find(*zone, "x.a.w.example") == "wildcard *.a.w.example.");
  CHECK(find(*zone, "w.example") == "exact w.example.");
  std::string deep;
  for (int i = 0; i < 120; ++i) deep += "x.";
  CHECK(find(*zone, deep + "example") == "none example.");
}

TEST_CASE("delegations") {
  const auto zone = test::zone("example", kZone);
  REQUIRE(zone);
  CHECK(find(*zone, "sub.example") == "delegated sub.example.");
  CHECK(find(*zone, "sub.example", DnsType::ns) == "delegated sub.example.");
  CHECK(find(*zone, "ns.sub.example") == "delegated sub.example.");
  CHECK(find(*zone, "x.sub.example", DnsType::ds) == "delegated sub.example.");
  // DS says something of the delegation, on our side of it.
  CHECK(find(*zone, "sub.example", DnsType::ds) == "exact sub.example.");
  const DnsName glue = dns_name("ns.sub.example");
  const DnsKey key(glue.wire());
  const Zone::Node* node = zone->node(key, key.labels());
  REQUIRE(node);
  CHECK(zone->set(*node, DnsType::a)->count == 1);
}

TEST_CASE("records as they are kept") {
  const auto zone = test::zone("example",
                               "@ 60 SOA n a 1 2 3 4 300\n@ 60 NS n.other.\n"
                               "x 10 A 192.0.2.1\nX 5 A 192.0.2.2\nx 10 A 192.0.2.1\n"
                               "geo 20 IN GEO eu\n");
  REQUIRE(zone);
  CHECK(zone->negative_ttl() == 60);
  const DnsName x = dns_name("x.example"), geo = dns_name("geo.example");
  const Zone::Node* node = zone->node(DnsKey(x.wire()), 2);
  REQUIRE(node);
  const RrSet* set = zone->set(*node, DnsType::a);
  REQUIRE(set);
  CHECK(set->count == 2);
  CHECK(set->ttl == 5);
  CHECK(as_text(zone->data(*set, 1)) == std::string_view("\xc0\0\2\2", 4));
  CHECK_FALSE(zone->set(*node, DnsType::aaaa));
  const Zone::Node* geo_node = zone->node(DnsKey(geo.wire()), 2);
  REQUIRE(geo_node);
  REQUIRE(zone->set(*geo_node, DnsType::geo));
  CHECK(zone->set(*geo_node, DnsType::geo)->geo_set == 1);
  CHECK(zone->set(*geo_node, DnsType::geo)->count == 0);
}

TEST_CASE("the zone that a name belongs to") {
  constexpr std::string_view kOuter =
      "@ 60 SOA n a 1 2 3 4 5\n@ 60 NS n.other.\nin 60 NS n.other.\n";
  const auto outer = test::zone("example", kOuter);
  const auto inner = test::zone("in.example", "@ 60 SOA n a 1 2 3 4 5\n@ 60 NS n.other.\n");
  const auto set = test::zone_set({outer, inner});
  REQUIRE(set);
  const auto find = [&](std::string_view name, DnsType type) {
    const DnsName wire = dns_name(name);
    return set->find(DnsKey(wire.wire()), type);
  };
  CHECK(find("example", DnsType::a) == outer.get());
  CHECK(find("x.example", DnsType::a) == outer.get());
  CHECK(find("in.example", DnsType::a) == inner.get());
  CHECK(find("a.b.IN.example", DnsType::a) == inner.get());
  CHECK(find("xin.example", DnsType::a) == outer.get());
  CHECK(find("other", DnsType::a) == nullptr);
  CHECK(find(".", DnsType::a) == nullptr);
  CHECK(find("in.example", DnsType::ds) == outer.get());
  CHECK(find("example", DnsType::ds) == outer.get());
  CHECK(find("x.in.example", DnsType::ds) == inner.get());
  CHECK(test::zone_set({outer, test::zone("Example", kOuter)}) == nullptr);
  CHECK(test::zone_set({}) != nullptr);
}

TEST_CASE("the root as a zone") {
  const auto root =
      test::zone(".",
                 "@ 60 SOA n. a. 1 2 3 4 5\n@ 60 NS n.other.\n"
                 "other 60 NS n.other.\nn.other 60 A 192.0.2.1\n*.w 60 A 192.0.2.2\n");
  REQUIRE(root);
  CHECK(find(*root, ".") == "exact .");
  CHECK(find(*root, "x") == "none .");
  CHECK(find(*root, "x.w") == "wildcard *.w.");
  CHECK(find(*root, "n.other") == "delegated other.");
}

}  // namespace fce
