// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "geo/rdata_text.h"
#include "geo/zone_support.h"

namespace fce {
namespace {

using test::dns_name;

constexpr std::string_view kHead = "$TTL 60\n@ SOA n a 1 2 3 4 5\n@ NS ns.other.\n";

// The sentence that a zone of `kHead` and `text` is refused with; "" if it is taken.
std::string refusal(std::string_view text) {
  return test::zone("example", std::string(kHead) + std::string(text)) ? "" : last_error();
}

// The records of a name and type in hex.
std::vector<std::string> records(const Zone& zone, std::string_view name, DnsType type) {
  const DnsName wire = dns_name(name);
  const DnsKey key(wire.wire());
  const Zone::Node* node = zone.node(key, key.labels());
  if (!node || !zone.set(*node, type)) return {};
  std::vector<std::string> out;
  for (size_t i = 0; i < zone.set(*node, type)->count; ++i)
    out.emplace_back(as_text(zone.data(*zone.set(*node, type), i)));
  return out;
}

std::vector<std::string> records(std::string_view text, std::string_view name, DnsType type) {
  const auto zone = test::zone("example", std::string(kHead) + std::string(text));
  CHECK(zone);
  return zone ? records(*zone, name, type) : std::vector<std::string>();
}

std::string hex_only(std::string_view hex) { return test::from_hex(hex); }

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the master file of RFC 1035") {
  // Section 5.3, with addresses for those that have none there.
  const auto zone = test::zone("ISI.EDU", R"(
$TTL 1d
@   IN  SOA     VENERA      Action\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

VAXA    A       10.2.0.27
        A       128.9.0.33
)");
  CAPTURE(last_error());
  REQUIRE(zone);
  CHECK(zone->negative_ttl() == 60);
  CHECK(records(*zone, "isi.edu", DnsType::ns).size() == 3);
  CHECK(records(*zone, "vaxa.isi.edu", DnsType::a) ==
        Texts{hex_only("0a02001b"), hex_only("80090021")});
  const std::string soa = records(*zone, "isi.edu", DnsType::soa).at(0);
  CHECK(soa.substr(0, 16) == as_text(dns_name("VENERA.ISI.EDU").wire()));
  CHECK(soa.substr(16, 17) == std::string("\x0e") + "Action.domains" + "\3I");
  CHECK(soa.substr(soa.size() - 20) == hex_only("00000014 00001c20 00000258 0036ee80 0000003c"));
}

TEST_CASE("owners, origins and times") {
  const std::string text = R"($ORIGIN sub
a 1h30m IN A 192.0.2.1
  A 192.0.2.2
$ORIGIN example.
b IN 5 A 192.0.2.3
  CLASS1 TXT x
"q" A 192.0.2.4
)";
  CHECK(records(text, "a.sub.example", DnsType::a).size() == 2);
  CHECK(records(text, "b.example", DnsType::a).size() == 1);
  CHECK(records(text, "b.example", DnsType::txt).size() == 1);
  CHECK(records(text, "q.example", DnsType::a).size() == 1);
  const auto zone = test::zone("example", std::string(kHead) + text);
  REQUIRE(zone);
  const DnsName a = dns_name("a.sub.example");
  CHECK(zone->set(*zone->node(DnsKey(a.wire()), 3), DnsType::a)->ttl == 60);  // the lowest
}

TEST_CASE("the data of each type") {
  const auto one = [](std::string_view type_and_data, DnsType type) {
    const auto found = records("x " + std::string(type_and_data) + "\n", "x.example", type);
    return found.size() == 1 ? found[0] : "(none)";
  };
  const std::string there(as_text(dns_name("there.example").wire()));
  CHECK(one("A 192.0.2.1", DnsType::a) == hex_only("c0000201"));
  CHECK(one("AAAA 2001:db8::1", DnsType::aaaa) == hex_only("20010db8 00000000 00000000 00000001"));
  CHECK(one("CNAME there", DnsType::cname) == there);
  CHECK(one("PTR there.example.", DnsType::ptr) == there);
  CHECK(one("SRV 1 2 80 there", DnsType::srv) == hex_only("0001 0002 0050") + there);
  CHECK(one("TXT a \"b c\" \"\"", DnsType::txt) == std::string("\1a\3b c\0", 7));
  CHECK(one(R"(TXT "a\"b\\c\;\065;")", DnsType::txt) ==
        "\x08"
        "a\"b\\c;A;");
  CHECK(one("CAA 128 issue \"ca.example; x=1\"", DnsType::caa) ==
        hex_only("80 05") + "issueca.example; x=1");
  CHECK(one("TLSA 3 1 1 ab cd", DnsType::tlsa) == hex_only("03 01 01 abcd"));
  CHECK(one("TYPE65400 \\# 3 01 02FF", static_cast<DnsType>(65400)) == hex_only("0102ff"));
  CHECK(one("HTTPS \\# 3 000100", DnsType::https) == hex_only("000100"));
  CHECK(one("A \\# 4 c0000201", DnsType::a) == hex_only("c0000201"));
  CHECK(one("TYPE1 \\# 4 c0000201", DnsType::a) == hex_only("c0000201"));
}

TEST_CASE("sets of nodes, in both forms") {
  for (const std::string_view text :
       {"g GEO eu\n", "g 30 IN GEO \"eu\"\n", "g TYPE65280 \\# 2 6575\n"}) {
    const auto zone = test::zone("example", std::string(kHead) + std::string(text));
    REQUIRE(zone);
    const DnsName name = dns_name("g.example");
    const Zone::Node* node = zone->node(DnsKey(name.wire()), 2);
    REQUIRE(node);
    REQUIRE(zone->set(*node, DnsType::geo));
    CHECK(zone->set(*node, DnsType::geo)->geo_set == 1);
  }
  CHECK(refusal("g GEO us\n") == "zone:4: g.example.: there is no set of nodes \"us\"");
}

TEST_CASE("mistakes are told with their line") {
  CHECK(refusal("a A 1.2.3\n") == "zone:4: \"1.2.3\" is no address");
  CHECK(refusal("\n; what\n\na A x\n") == "zone:7: \"x\" is no address");
  CHECK(refusal("a TXT (x\n y\n z) zz)\n") ==
        "zone:6: a parenthesis is closed that was not opened");
  CHECK(refusal("a TXT (x\n") == "zone:4: a parenthesis is not closed");
  CHECK(refusal("a TXT (x\n(y)\n\n") == "zone:4: a parenthesis is not closed");
  CHECK(refusal("a TXT \"x\nb A 192.0.2.1\n") == "zone:4: a quoted string has no end");
  CHECK(refusal("a TXT x\\\n") == "zone:4: a backslash stands before nothing");
  CHECK(refusal("a TXT x\\") == "zone:4: a backslash stands before nothing");
  CHECK(refusal("a TXT (\n1\n2)\nb TXT\n") == "zone:7: something is missing at its end");
  CHECK(refusal("a\n") == "zone:4: the record has no type");
  CHECK(refusal("a 60 IN\n") == "zone:4: the record has no type");
  CHECK(refusal("a CH A 192.0.2.1\n") == "zone:4: there is no type \"CH\"");
  CHECK(refusal("$INCLUDE other\n") == "zone:4: $INCLUDE is not taken: a zone is one file");
  CHECK(refusal("$GENERATE 1-2 a A 1.2.3.$\n") ==
        "zone:4: $GENERATE is not taken: a zone is one file");
  CHECK(refusal("$TTL\n") == "zone:4: $TTL has one argument");
  CHECK(refusal("$TTL x\n") == "zone:4: \"x\" is no TTL");
  CHECK(refusal("$WHAT x\n") == "zone:4: there is no $WHAT");
  CHECK(refusal("a TXT " + std::string(256, 'x') + "\n") ==
        "zone:4: a string has more than 255 bytes");
  CHECK(refusal("a MX 65536 b.other.\n") == "zone:4: \"65536\" is no number up to 65535");
  CHECK(refusal("a MX -1 b.other.\n") == "zone:4: \"-1\" is no number up to 65535");
  CHECK(refusal("a TYPE700 x\n") == "zone:4: TYPE700 has to be written as \\# SIZE HEX");
  CHECK(refusal("a TYPE700 \\# 2 01\n") == "zone:4: there are not as many bytes as it says");
  CHECK(refusal("a TYPE700 \\# 1 0g\n") == "zone:4: \"0g\" is not hexadecimal");
  CHECK(refusal("a TXT \\400\n") == "zone:4: a backslash stands before no byte");
  CHECK(refusal("www.other. A 192.0.2.1\n") ==
        "zone:4: www.other.: it is not in the zone example.");
  CHECK(refusal("a CNAME b\na A 192.0.2.1\n") == "zone:5: a.example.: A cannot stand beside CNAME");
  CHECK(refusal("@ NS in\n") == "zone: example.: NS in.example. has no address");
  CHECK(test::zone("example", "  A 192.0.2.1\n") == nullptr);
  CHECK(std::string(last_error()) == "zone:1: no owner stands here or before");
  CHECK(test::zone("example", "@ SOA a b 1 2 3 4 5\n") == nullptr);
  CHECK(std::string(last_error()) == "zone:1: the record has no TTL, and there is no $TTL");
  CHECK(test::zone("example", "") == nullptr);
}

TEST_CASE("numbers of SOA have 32 bits") {
  const auto soa = [](std::string_view last) {
    return test::zone(
        "example", "@ 60 SOA n a 4294967295 1 2 3 " + std::string(last) + "\n@ 60 NS ns.other.\n");
  };
  const auto zone = soa("4294967295");
  REQUIRE(zone);
  CHECK(zone->negative_ttl() == 60);
  CHECK_FALSE(soa("4294967296"));
}

TEST_CASE("a NUL byte is none of a zone's") {
  const auto with_nul = [](std::string text) {
    std::replace(text.begin(), text.end(), '!', '\0');
    return refusal("\n" + text);
  };
  const std::string told = "zone:5: there is a NUL byte";
  CHECK(with_nul("a A 192.0.2.1!\n") == told);
  CHECK(with_nul("a A !192.0.2.1\n") == told);
  CHECK(with_nul("a!b A 192.0.2.1\n") == told);
  CHECK(with_nul("a A 192.0.2.1 ; !\n") == told);
  CHECK(with_nul("a TXT \\!\n") == told);
  CHECK(with_nul("a TXT \"!\"\n") == told);
  CHECK(with_nul("a TXT \"\\!\"\n") == told);
  CHECK(with_nul("!\n") == told);
  CHECK(refusal("a TXT \\000\n") == "");
}

TEST_CASE("a line that ends in CR and LF") {
  CHECK(refusal("a TXT x\r\nb TXT \"y\"\r\n") == "");
  CHECK(refusal("a TXT x\\\r\n") == "zone:4: a backslash stands before nothing");
  CHECK(records("a TXT x\r\n", "a.example", DnsType::txt) == Texts{"\1x"});
}

TEST_CASE("times with units") {
  uint32_t seconds = 0;
  const auto read = [&](std::string_view text) {
    return parse_ttl(text, &seconds) ? seconds : UINT32_MAX;
  };
  CHECK(read("0") == 0);
  CHECK(read("3600") == 3600);
  CHECK(read("1w2d3h4m5s") == 788'645);
  CHECK(read("1H30M") == 5400);
  CHECK(read("1h30") == UINT32_MAX);
  CHECK(read("2147483647") == 2'147'483'647);
  for (const std::string_view text :
       {"", "h", "1x", "1hh", "-1", "2147483648", "99999999999999999999", "4000w", "1 h"})
    CHECK(read(text) == UINT32_MAX);
}

TEST_CASE("a zone from a file") {
  char path[] = "/tmp/fce-zone-XXXXXX";
  const int fd = mkstemp(path);
  REQUIRE(fd >= 0);
  const std::string text = std::string(kHead) + "a A 192.0.2.1\n";
  REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  close(fd);
  std::shared_ptr<const Zone> zone;
  CHECK(load_zone_file(path, dns_name("example"), {}, &zone) == Status::ok);
  REQUIRE(zone);
  CHECK(records(*zone, "a.example", DnsType::a).size() == 1);
  std::remove(path);
  CHECK(load_zone_file(path, dns_name("example"), {}, &zone) == Status::not_found);
  CHECK(load_zone_file("/tmp", dns_name("example"), {}, &zone) == Status::invalid);
  // Nobody waits for who writes into a pipe.
  const std::string pipe = std::string(path) + ".pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(load_zone_file(pipe, dns_name("example"), {}, &zone) == Status::invalid);
  CHECK(unlink(pipe.c_str()) == 0);
}

}  // namespace fce
