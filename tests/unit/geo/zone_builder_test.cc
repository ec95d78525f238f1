// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_builder.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "geo/zone_support.h"

namespace fce {
namespace {

using test::dns_name;

// Of so many bytes, in hex.
std::string digest(size_t bytes) { return std::string(2 * bytes, 'a'); }

// A builder that has what each zone has.
class Draft : public ZoneBuilder {
 public:
  Draft() : ZoneBuilder(dns_name("example"), test::geo_sets()) {
    REQUIRE(text("@", "SOA", "ns.other. admin.other. 1 2 3 4 5"));
    REQUIRE(text("@", "NS", "ns.other."));
  }
  bool text(std::string_view owner, std::string_view type, std::string_view data) {
    return add_text(owner, type, 300, data) == Status::ok;
  }
  // "" or the sentence that it fails with.
  std::string built() const {
    std::shared_ptr<const Zone> zone;
    return build(&zone) == Status::ok ? "" : last_error();
  }
};

}  // namespace

TEST_CASE("records one by one") {
  Draft draft;
  CHECK(draft.text("www", "a", "192.0.2.1"));
  CHECK(draft.text("www.example.", "AAAA", "2001:db8::1"));
  CHECK(draft.text("@", "TXT", "\"v=spf1 -all\" more"));
  CHECK(draft.text("geo", "GEO", "all"));
  CHECK(draft.text("geo2", "TYPE65280", "\"eu\""));
  CHECK(draft.add_geo(dns_name("geo3.example"), 30, "eu") == Status::ok);
  CHECK(draft.built() == "");
}

TEST_CASE("records that are refused") {
  Draft draft;
  const auto refused = [&](std::string_view owner, std::string_view type, std::string_view data,
                           std::string_view why) {
    CAPTURE(owner);
    CAPTURE(type);
    CHECK_FALSE(draft.text(owner, type, data));
    CHECK(std::string_view(last_error()).find(why) != std::string_view::npos);
  };
  refused("www.other.", "A", "192.0.2.1", "www.other.: it is not in the zone example.");
  refused("xexample.", "A", "192.0.2.1", "not in the zone");
  refused("www", "NOSUCH", "x", "there is no type");
  refused("www", "A", "192.0.2.256", "no address");
  refused("www", "A", "", "there is no data");
  refused("www", "A", "192.0.2.1 192.0.2.2", "too much");
  refused("www", "A", "192.0.2.1\n192.0.2.2", "several lines");
  refused("www", "A", "\\# 3 010203", "no data of A");
  refused("www", "GEO", "nowhere", "no set of nodes");
  refused("www", "SOA", "n. a. 1 2 3 4 5", "zone's own name");
  refused("@", "SOA", "n. a. 2 2 3 4 5", "another SOA");
  refused("@", "DS", "1 13 2 " + digest(32), "belongs to the zone above");
  refused("*.x", "NS", "ns.other.", "wildcard");
  refused("www", "RRSIG", "\\# 1 00", "cannot be in a zone");
  for (const std::string_view type : {"TYPE24", "TYPE25", "TYPE30", "TYPE38", "TYPE39"})
    refused("www", type, "\\# 3 016100", "cannot be in a zone");
  refused("www", "TYPE17", "\\# 3 016100", "no data of TYPE17");
  refused("www", "TYPE35", "\\# 8 0001 0002 ff 61 00 00", "no data of TYPE35");
  refused("www", "OPT", "\\# 0", "cannot be in a zone");
  refused("www", "ANY", "\\# 0", "cannot be in a zone");
  CHECK(draft.add(dns_name("example"), DnsType::a, 0x8000'0000, "abcd") != Status::ok);
}

TEST_CASE("the same record in another case is one") {
  Draft draft;
  CHECK(draft.text("@", "NS", "NS.Other."));
  CHECK(draft.text("alias", "CNAME", "www"));
  CHECK(draft.text("alias", "CNAME", "WWW"));
  CHECK(draft.text("text", "TXT", "a"));
  CHECK(draft.text("text", "TXT", "A"));
  std::shared_ptr<const Zone> zone;
  REQUIRE(draft.build(&zone) == Status::ok);
  const auto count = [&](std::string_view name, DnsType type) {
    const DnsName wire = dns_name(name);
    const DnsKey key(wire.wire());
    return zone->set(*zone->node(key, key.labels()), type)->count;
  };
  CHECK(count("example", DnsType::ns) == 1);
  CHECK(count("alias.example", DnsType::cname) == 1);
  CHECK(count("text.example", DnsType::txt) == 2);
}

TEST_CASE("a set that no message can hold") {
  Draft draft;
  const std::string more = " \"" + std::string(255, 'x') + "\"";
  std::string half = "a";
  for (int i = 0; i < 128; ++i) half += more;
  CHECK(draft.text("www", "TXT", half));
  CHECK_FALSE(draft.text("www", "TXT", "b" + half));
  CHECK(std::string_view(last_error()) == "www.example.: its TXT are more than a message can hold");
  CHECK(draft.text("www", "TXT", half));  // is there already
  CHECK(draft.text("www", "TXT", "short"));
  CHECK(draft.text("other", "TXT", half));
}

TEST_CASE("digests of keys have their size") {
  Draft draft;
  const auto generic = [](int type, size_t bytes) {
    return "\\# " + std::to_string(4 + bytes) + " 00010d0" + std::to_string(type) + digest(bytes);
  };
  const std::pair<int, size_t> sizes[] = {{1, 20}, {2, 32}, {3, 32}, {4, 48}, {5, 32}, {6, 32}};
  for (const auto& size : sizes) {
    CAPTURE(size.first);
    const std::string head = "1 13 " + std::to_string(size.first) + " ";
    CHECK(draft.text("sub", "DS", head + digest(size.second)));
    CHECK_FALSE(draft.text("sub", "DS", head + digest(size.second - 1)));
    CHECK_FALSE(draft.text("sub", "DS", head + digest(size.second + 1)));
    CHECK(draft.text("@", "TYPE59", generic(size.first, size.second)));
    CHECK_FALSE(draft.text("@", "TYPE59", generic(size.first, size.second - 1)));
  }
  CHECK(draft.text("sub", "DS", "1 13 99 aa"));
  CHECK_FALSE(draft.text("sub", "DS", "1 13 0 aa"));
  CHECK_FALSE(draft.text("@", "TYPE59", "\\# 4 00010d02"));
  CHECK_FALSE(draft.text("sub", "DS", "0 0 0 00"));
  CHECK(draft.text("@", "TYPE59", "\\# 5 0000000000"));  // the zone above is to delete its DS
}

TEST_CASE("what cannot have one name") {
  Draft draft;
  CHECK(draft.text("alias", "CNAME", "www"));
  CHECK(draft.text("alias", "CNAME", "www"));
  CHECK_FALSE(draft.text("alias", "CNAME", "other"));
  CHECK_FALSE(draft.text("ALIAS", "A", "192.0.2.1"));
  CHECK_FALSE(draft.text("@", "CNAME", "www"));
  CHECK(draft.text("geo", "GEO", "all"));
  CHECK(draft.text("geo", "GEO", "all"));
  CHECK(draft.text("geo", "TXT", "beside"));
  CHECK_FALSE(draft.text("geo", "GEO", "eu"));
  CHECK_FALSE(draft.text("geo", "A", "192.0.2.1"));
  CHECK_FALSE(draft.text("geo", "AAAA", "2001:db8::1"));
  CHECK(draft.text("plain", "A", "192.0.2.1"));
  CHECK_FALSE(draft.text("plain", "GEO", "all"));
  CHECK(draft.built() == "");
}

TEST_CASE("what a zone as a whole needs") {
  ZoneBuilder empty(dns_name("example"), {});
  std::shared_ptr<const Zone> zone;
  CHECK(empty.build(&zone) == Status::invalid);
  CHECK(std::string(last_error()) == "example.: the zone has no SOA");
  CHECK(empty.add_text("@", "SOA", 60, "n. a. 1 2 3 4 5") == Status::ok);
  CHECK(empty.build(&zone) == Status::invalid);
  CHECK(std::string(last_error()) == "example.: the zone has no NS");
}

TEST_CASE("servers need addresses") {
  const auto built = [](std::string_view owner, std::string_view type, std::string_view data,
                        std::string_view more_owner = "", std::string_view more_type = "",
                        std::string_view more_data = "") {
    Draft draft;
    REQUIRE(draft.text(owner, type, data));
    if (!more_owner.empty()) REQUIRE(draft.text(more_owner, more_type, more_data));
    return draft.built();
  };
  CHECK(built("@", "NS", "ns") == "example.: NS ns.example. has no address");
  CHECK(built("@", "NS", "ns", "ns", "A", "192.0.2.1") == "");
  CHECK(built("@", "NS", "ns", "ns", "GEO", "all") == "");
  CHECK(built("@", "NS", "ns", "*", "A", "192.0.2.1") == "");
  CHECK(built("@", "NS", "ns", "ns", "CNAME", "there.") == "example.: NS ns.example. is an alias");
  CHECK(built("@", "MX", "10 mail", "mail", "TXT", "x") ==
        "example.: MX mail.example. has no address");
  CHECK(built("@", "MX", "10 mail.other.") == "");
  CHECK(built("@", "MX", "0 .") == "");
  CHECK(built("sub", "NS", "ns.sub") ==
        "sub.example.: NS ns.sub.example. needs an address here, too (glue)");
  // Nodes of a set do not stand in a referral.
  CHECK(built("sub", "NS", "ns.sub", "ns.sub", "GEO", "all") ==
        "sub.example.: NS ns.sub.example. needs an address here, too (glue)");
  CHECK(built("sub", "NS", "ns.sub", "ns.sub", "AAAA", "2001:db8::1") == "");
  CHECK(built("sub", "NS", "ns.other.") == "");
  CHECK(built("sub", "DS", "1 13 2 " + digest(32)) ==
        "sub.example.: DS where nothing is delegated");
}

}  // namespace fce
