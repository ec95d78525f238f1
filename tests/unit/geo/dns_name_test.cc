// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_name.h"

#include <doctest/doctest.h>

#include <string>

#include "geo/dns_key.h"
#include "geo/dns_support.h"

namespace fce {
namespace {

using test::dns_name;

std::string parse(std::string_view text, std::string_view origin = "example.com.") {
  DnsName out;
  if (DnsName::parse(text, dns_name(origin), &out) != Status::ok) return "(none)";
  return out.text();
}

std::string repeat(std::string_view what, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += what;
  return out;
}

}  // namespace

TEST_CASE("a name's text") {
  CHECK(parse("www") == "www.example.com.");
  CHECK(parse("www.") == "www.");
  CHECK(parse("@") == "example.com.");
  CHECK(parse(".") == ".");
  CHECK(parse("a.b") == "a.b.example.com.");
  CHECK(parse("WwW.Example.") == "WwW.Example.");
  CHECK(parse("_sip._tcp") == "_sip._tcp.example.com.");
  CHECK(parse("*") == "*.example.com.");
  CHECK(parse(R"(a\.b.)") == R"(a\.b.)");
  CHECK(parse(R"(a\046b.)") == R"(a\.b.)");
  CHECK(parse(R"(\000\255.)") == R"(\000\255.)");
  CHECK(parse(R"(\@.)") == R"(\@.)");
  for (const std::string_view text :
       {"", "..", ".a", "a..b", "a..", "a\\", "\\25", "\\256.", "\\2a3."})
    CHECK(parse(text) == "(none)");
}

TEST_CASE("the limits of a name") {
  const std::string label(63, 'a');
  CHECK(parse(label + ".") == label + ".");
  CHECK(parse(label + "a.") == "(none)");
  // Three of 64 bytes, one of 62, and the root's: 255.
  const std::string longest = repeat(label + ".", 3) + std::string(61, 'b') + ".";
  CHECK(dns_name(longest).wire().size() == 255);
  CHECK(parse(repeat(label + ".", 3) + std::string(62, 'b') + ".") == "(none)");
  CHECK(parse(repeat("a.", 127)) == repeat("a.", 127));
  CHECK(dns_label_count(dns_name(repeat("a.", 127)).wire()) == DnsName::kLabelsMax);
  CHECK(parse(repeat("a.", 128)) == "(none)");
  CHECK(parse(repeat("a.", 120) + "a") == repeat("a.", 121) + "example.com.");
  CHECK(parse(repeat("a.", 121) + "a") == "(none)");
}

TEST_CASE("a name on the wire") {
  const auto size = [](std::string_view hex) {
    const std::string wire = test::from_hex(hex);
    return dns_name_size(as_bytes(wire));
  };
  CHECK(size("00") == 1);
  CHECK(size("01 61 00 ff") == 3);
  CHECK(size("") == 0);
  CHECK(size("01 61") == 0);
  CHECK(size("02 61 00") == 0);
  CHECK(size("40 61 00") == 0);  // two reserved bits
  CHECK(size("c0 00") == 0);
  CHECK(size("01 61 c0 00") == 0);
  CHECK(dns_name_size(as_bytes(repeat("\1a", 127) + std::string(1, '\0'))) == 255);
  CHECK(dns_name_size(as_bytes(repeat("\1a", 128) + std::string(1, '\0'))) == 0);
  DnsName out;
  CHECK_FALSE(DnsName::from_wire(as_bytes(std::string_view("\1a\0x", 4)), &out));
  CHECK_FALSE(DnsName::from_wire({}, &out));
}

TEST_CASE("names are compared without case") {
  const DnsName a = dns_name("WWW.example"), b = dns_name("www.EXAMPLE"),
                c = dns_name("wwx.example");
  CHECK(dns_names_equal(a.wire(), b.wire()));
  CHECK_FALSE(dns_names_equal(a.wire(), c.wire()));
  CHECK(dns_name_within(a.wire(), dns_name("Example").wire()));
  CHECK(dns_name_within(a.wire(), DnsName().wire()));
  CHECK(dns_name_within(a.wire(), b.wire()));
  CHECK_FALSE(dns_name_within(dns_name("example").wire(), a.wire()));
  CHECK_FALSE(dns_name_within(dns_name("xexample").wire(), dns_name("example").wire()));
  // A label's end is no letter's: "[" follows "Z".
  CHECK_FALSE(dns_names_equal(dns_name("[").wire(), dns_name("{").wire()));
}

TEST_CASE("a key is of a name and of all above it") {
  const DnsName name = dns_name("A.b.Example");
  const DnsKey key(name.wire());
  CHECK(key.labels() == 3);
  CHECK(as_text(key.suffix(3)) == as_text(dns_name("a.b.example").wire()));
  CHECK(as_text(key.suffix(1)) == as_text(dns_name("example").wire()));
  CHECK(as_text(key.suffix(0)) == as_text(DnsName().wire()));
  const DnsName upper = dns_name("B.EXAMPLE"), other = dns_name("example.b");
  CHECK(DnsKey(upper.wire()).hash(2) == key.hash(2));
  CHECK(DnsKey(other.wire()).hash(2) != key.hash(2));
  const DnsName longest = dns_name(repeat("a.", 127));
  CHECK(DnsKey(longest.wire()).labels() == 127);
}

}  // namespace fce
