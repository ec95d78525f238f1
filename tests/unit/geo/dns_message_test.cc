// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_message.h"

#include <doctest/doctest.h>

#include <string>

#include "geo/dns_name.h"
#include "geo/dns_support.h"

namespace fce {
namespace {

using test::Ask;
using test::from_hex;
using test::Message;

DnsParse parse(Bytes message) {
  DnsQuery query;
  return parse_dns_query(message, &query);
}

std::string name_text(const DnsQuery& query) {
  DnsName name;
  REQUIRE(DnsName::from_wire(query.name, &name));
  return name.text();
}

}  // namespace

TEST_CASE("a plain query") {
  DnsQuery query;
  const Ask ask = Ask("Www.Example.com", DnsType::aaaa).flags(0x0110);
  REQUIRE(parse_dns_query(ask, &query) == DnsParse::good);
  CHECK(query.id == 0x1234);
  CHECK(query.opcode == 0);
  CHECK(query.recursion_desired);
  CHECK(name_text(query) == "Www.Example.com.");
  CHECK(query.type == DnsType::aaaa);
  CHECK(query.qclass == 1);
  CHECK_FALSE(query.edns.present);
}

TEST_CASE("a query with all that EDNS has") {
  DnsQuery query;
  Ask ask("example");
  ask.edns(4096, 0xc000).option(3, "").option(10, "12345678").subnet("192.0.2.0/23");
  ask.option(65001, "whatever");
  REQUIRE(parse_dns_query(ask, &query) == DnsParse::good);
  CHECK(query.edns.present);
  CHECK(query.edns.udp_bytes == 4096);
  CHECK(query.edns.dnssec_ok);
  CHECK(query.edns.compact_ok);
  CHECK(query.edns.wants_nsid);
  CHECK(query.edns.has_cookie);
  CHECK(as_text(query.edns.cookie) == "12345678");
  CHECK(query.edns.has_subnet);
  CHECK(query.edns.subnet.family == 1);
  CHECK(query.edns.subnet.prefix.bits == 23);
  CHECK(query.edns.subnet.prefix.ip[2] == 2);
}

TEST_CASE("what is not answered") {
  CHECK(parse({}) == DnsParse::silence);
  const Message whole = Ask("example").message();
  CHECK(parse(Bytes(whole).first(11)) == DnsParse::silence);
  CHECK(parse(Ask("example").flags(0x8000)) == DnsParse::silence);
}

TEST_CASE("operations other than a query") {
  for (const int opcode : {1, 2, 4, 5, 6, 15}) {
    const auto flags = static_cast<uint16_t>(opcode << 11);
    CHECK(parse(Ask("example").flags(flags)) == DnsParse::not_implemented);
  }
}

TEST_CASE("each query that is cut off is malformed") {
  Ask ask("www.example.com");
  ask.edns().option(10, "12345678").subnet("2001:db8::/56");
  const Bytes whole = ask;
  REQUIRE(parse(whole) == DnsParse::good);
  for (size_t size = kDnsHeaderBytes; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(parse(whole.first(size)) == DnsParse::format_error);
  }
  Ask more = ask;
  CHECK(parse(more.append("x")) == DnsParse::format_error);
}

TEST_CASE("counts that lie") {
  const auto with_count = [](size_t at, uint8_t count) {
    Message message = Ask("example").message();
    message[at + 1] = count;
    return parse(message);
  };
  CHECK(with_count(4, 0) == DnsParse::format_error);
  CHECK(with_count(4, 2) == DnsParse::format_error);
  CHECK(with_count(6, 1) == DnsParse::format_error);
  CHECK(with_count(8, 1) == DnsParse::format_error);
  CHECK(with_count(10, 255) == DnsParse::format_error);
}

TEST_CASE("pointers in a question") {
  const auto question = [](std::string_view hex) {
    const std::string wire = from_hex("0001 0000 0001 0000 0000 0000") + from_hex(hex);
    return parse(as_bytes(wire));
  };
  CHECK(question("01 61 00 0001 0001") == DnsParse::good);
  CHECK(question("c0 0c 0001 0001") == DnsParse::format_error);        // to itself
  CHECK(question("01 61 c0 0c 0001 0001") == DnsParse::format_error);  // in a circle
  CHECK(question("c0 00 0001 0001") == DnsParse::format_error);        // into the header
  CHECK(question("c0 ff 0001 0001") == DnsParse::format_error);        // behind the end
  CHECK(question("41 61 00 0001 0001") == DnsParse::format_error);     // a reserved kind of label
  CHECK(question("3f 61 00 0001 0001") == DnsParse::format_error);     // longer than all there is
  CHECK(question("00 0029 0001") == DnsParse::format_error);           // OPT is no question
  CHECK(question("00 0080 0001") == DnsParse::format_error);           // nor is NXNAME
}

TEST_CASE("records that a query has no use for") {
  const std::string tsig = from_hex("01 6b 00 00fa 00ff 00000000 0003 010203");
  CHECK(parse(Ask("example").edns().record(tsig)) == DnsParse::good);
  const std::string soa = from_hex("c0 0c 0006 0001 00000000 0001 00");
  CHECK(parse(Ask("example", DnsType::ixfr).record(soa, 8)) == DnsParse::good);
  // Their names are passed over, wherever they point.
  const std::string loop = from_hex("c0 19 0001 0001 00000000 0000");
  CHECK(parse(Ask("example").record(loop)) == DnsParse::good);
  const std::string liar = from_hex("00 0001 0001 00000000 0005 01020304");
  CHECK(parse(Ask("example").record(liar)) == DnsParse::format_error);
}

TEST_CASE("OPT records that are not well formed") {
  const std::string opt = from_hex("00 0029 04d0 00000000 0000");
  CHECK(parse(Ask("example").record(opt)) == DnsParse::good);
  CHECK(parse(Ask("example").record(opt).record(opt)) == DnsParse::format_error);
  CHECK(parse(Ask("example").record(opt, 8)) == DnsParse::format_error);
  const std::string owned = from_hex("01 61 00 0029 04d0 00000000 0000");
  CHECK(parse(Ask("example").record(owned)) == DnsParse::format_error);
  const std::string half = from_hex("00 0029 04d0 00000000 0003 000300");
  CHECK(parse(Ask("example").record(half)) == DnsParse::format_error);
  const std::string liar = from_hex("00 0029 04d0 00000000 0005 0003 0002 00");
  CHECK(parse(Ask("example").record(liar)) == DnsParse::format_error);
}

TEST_CASE("another version of EDNS") {
  DnsQuery query;
  Ask ask("example");
  ask.edns(1232, 0, 1).option(8, "not what version 0 has there");
  CHECK(parse_dns_query(ask, &query) == DnsParse::bad_version);
  CHECK(query.edns.present);
  CHECK(query.has_question);
}

TEST_CASE("what is refused for another reason has its EDNS read all the same") {
  const std::string head = "0001 0000 0001 0000 0000 0001", name = "03777777 00";
  const std::string opt = "00 0029 04d0 00000000 0000", newer = "00 0029 04d0 00010000 0000";
  const auto parse = [](const std::string& hex, DnsQuery* query) {
    const std::string wire = from_hex(hex);
    return parse_dns_query(as_bytes(wire), query);
  };
  DnsQuery query;
  for (const char* type : {"0029", "0080"}) {
    CHECK(parse(head + name + type + "0001" + opt, &query) == DnsParse::format_error);
    CHECK(query.edns.present);
    CHECK(parse(head + name + type + "0001" + newer, &query) == DnsParse::bad_version);
  }
  const std::string notify = "0001 2000 0001 0000 0000 0001";
  CHECK(parse(notify + name + "0006 0001" + opt, &query) == DnsParse::not_implemented);
  CHECK(query.edns.present);
  CHECK(query.has_question);
  CHECK(parse(notify + name + "0006", &query) == DnsParse::not_implemented);
  CHECK_FALSE(query.has_question);
  CHECK(parse("0001 2800 0003 0001 0000 0001", &query) == DnsParse::not_implemented);
}

TEST_CASE("client subnets") {
  ClientSubnet subnet;
  const auto good = [&](std::string_view hex) {
    const std::string wire = from_hex(hex);
    return parse_client_subnet(as_bytes(wire), &subnet);
  };
  CHECK(good("0001 18 00 c00002"));
  CHECK(subnet.prefix.bits == 24);
  CHECK_FALSE(subnet.prefix.v6);
  CHECK(good("0002 38 00 20010db8000000"));
  CHECK(subnet.prefix.v6);
  CHECK(good("0001 00 00"));
  CHECK(good("0002 00 00"));
  CHECK(good("0000 00 00"));
  CHECK(good("0001 20 00 c0000201"));
  CHECK_FALSE(good(""));
  CHECK_FALSE(good("0001 18"));
  CHECK_FALSE(good("0001 18 00 c000"));      // too short
  CHECK_FALSE(good("0001 18 00 c0000200"));  // too long
  CHECK_FALSE(good("0001 17 00 c00003"));    // a bit behind its end
  CHECK_FALSE(good("0001 21 00 c000020180"));
  CHECK_FALSE(good("0002 81 00 20010db800000000000000000000000080"));
  CHECK_FALSE(good("0001 18 18 c00002"));  // queries have no scope
  CHECK_FALSE(good("0003 08 00 01"));
  CHECK_FALSE(good("0000 08 00 01"));
}

TEST_CASE("a query for a cookie has no question") {
  Message message = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const std::string opt = from_hex("00 0029 04d0 00000000 000c 000a 0008 0102030405060708");
  message.insert(message.end(), opt.begin(), opt.end());
  DnsQuery query;
  CHECK(parse_dns_query(message, &query) == DnsParse::good);
  CHECK_FALSE(query.has_question);
  CHECK(query.edns.cookie.size() == 8);
}

}  // namespace fce
