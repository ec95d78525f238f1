// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_writer.h"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

#include "geo/dns_support.h"

namespace fce {
namespace {

using test::Answer;
using test::Ask;
using test::dns_name;
using Section = DnsWriter::Section;

constexpr std::array<uint8_t, 4> kAddress = {192, 0, 2, 1};

// An answer to one question in a buffer of a given size.
class Writing {
 public:
  explicit Writing(std::string_view name, size_t size = 512) : ask_(name), out_(size, 0xee) {
    REQUIRE(parse_dns_query(ask_, &query) == DnsParse::good);
    key_.emplace(query.name);
    writer.emplace(out_);
    writer->question(query, *key_);
  }
  bool add(std::string_view owner, DnsType type, Bytes data, Section section = Section::answer) {
    return writer->add(section, dns_name(owner).wire(), type, 300, data);
  }
  bool add_name(std::string_view owner, DnsType type, std::string_view name) {
    return add(owner, type, dns_name(name).wire());
  }
  Answer read(const DnsEdnsAnswer* edns = nullptr) {
    size = writer->finish(query, DnsRcode::no_error, true, edns);
    return test::read_answer(Bytes(out_).first(size));
  }

  DnsQuery query;
  std::optional<DnsWriter> writer;
  size_t size = 0;

 private:
  Ask ask_;
  test::Message out_;
  std::optional<DnsKey> key_;
};

}  // namespace

TEST_CASE("an answer to a plain question") {
  Writing writing("wWw.example");
  CHECK(writing.writer->add(Section::answer, writing.query.name, DnsType::a, 300, kAddress));
  const Answer answer = writing.read();
  CHECK(answer.broken == "");
  CHECK(answer.id == 0x1234);
  CHECK(answer.flags == 0x8400);
  CHECK(answer.question == "wWw.example.");
  REQUIRE(answer.answers.size() == 1);
  CHECK(answer.answers[0] == "wWw.example. 300 A 192.0.2.1");
  // 12 of the header, 17 of the question, and a record whose owner is a pointer.
  CHECK(writing.size == 12 + 17 + 16);
}

TEST_CASE("names are compressed against all that stand before them") {
  Writing writing("www.example");
  CHECK(writing.add_name("www.example", DnsType::cname, "host.other"));
  CHECK(writing.add("host.OTHER", DnsType::a, kAddress));
  CHECK(writing.add_name("example", DnsType::ns, "ns.example"));
  const Answer answer = writing.read();
  CHECK(answer.broken == "");
  REQUIRE(answer.answers.size() == 3);
  CHECK(answer.answers[0] == "www.example. 300 CNAME host.other.");
  CHECK(answer.answers[1] == "host.other. 300 A 192.0.2.1");
  CHECK(answer.answers[2] == "example. 300 NS ns.example.");
  CHECK(writing.size == 29 + (12 + 12) + (12 + 4) + (12 + 5));
}

TEST_CASE("names in the data of types that are younger are not compressed") {
  Writing writing("example");
  std::string srv = test::from_hex("0001 0002 0050");
  srv += as_text(dns_name("www.example").wire());
  CHECK(writing.add("example", DnsType::srv, as_bytes(srv)));
  CHECK(writing.read().records.at(0).data == srv);
  CHECK(writing.size == 12 + 13 + 12 + srv.size());
}

TEST_CASE("mail and the start of a zone") {
  Writing writing("example");
  std::string mx = test::from_hex("000a");
  mx += as_text(dns_name("mail.example").wire());
  std::string soa(as_text(dns_name("ns.example").wire()));
  soa += as_text(dns_name("admin.ns.example").wire());
  soa += std::string(20, '\7');
  CHECK(writing.add("example", DnsType::mx, as_bytes(mx)));
  CHECK(writing.add("example", DnsType::soa, as_bytes(soa), Section::authority));
  const Answer answer = writing.read();
  CHECK(answer.broken == "");
  CHECK(answer.records.at(0).data == mx);
  CHECK(answer.records.at(1).data == soa);
  CHECK(answer.authority.size() == 1);
}

TEST_CASE("what does not fit leaves nothing behind") {
  // Room for the question and one record, and for a part of the second.
  for (size_t size = DnsWriter::kLeast; size < DnsWriter::kLeast + 16; ++size) {
    Writing writing("example", size);
    size_t added = 0;
    while (writing.add_name("example", DnsType::ns, "n" + std::to_string(added) + ".other"))
      ++added;
    CHECK(added > 5);
    const Answer answer = writing.read();
    CHECK(answer.broken == "");
    CHECK(answer.answers.size() == added);
    CHECK(writing.size <= size);
  }
}

TEST_CASE("an answer that is cut short has its question and EDNS") {
  Writing writing("www.example");
  DnsEdnsAnswer edns;
  edns.udp_bytes = 1232;
  edns.nsid = as_bytes("node");
  edns.dnssec_ok = true;
  edns.rcode = DnsRcode::bad_cookie;
  writing.writer->reserve(dns_edns_size(edns));
  while (writing.add_name("www.example", DnsType::ptr, "there.example")) continue;
  writing.writer->truncate();
  const Answer answer = writing.read(&edns);
  CHECK(answer.broken == "");
  CHECK(answer.truncated());
  CHECK(answer.records.empty());
  CHECK(answer.question == "www.example.");
  CHECK(answer.udp_bytes == 1232);
  CHECK(answer.dnssec_ok);
  CHECK(answer.rcode == 16);  // the upper bits of 23; this test's header has the lower ones as 0
  REQUIRE(answer.option(3) != nullptr);
  CHECK(*answer.option(3) == "node");
}

TEST_CASE("a full message has room for what was reserved") {
  Writing writing("www.example");
  ClientSubnet subnet;
  subnet.family = 2;
  subnet.prefix.v6 = true;
  subnet.prefix.bits = 57;
  DnsEdnsAnswer edns;
  edns.cookie = as_bytes("123456781234567812345678");
  edns.subnet = &subnet;
  edns.scope_bits = 40;
  writing.writer->reserve(dns_edns_size(edns));
  while (writing.add("www.example", DnsType::a, kAddress)) continue;
  const Answer answer = writing.read(&edns);
  CHECK(answer.broken == "");
  CHECK(writing.size > 512 - 16);
  CHECK(writing.size <= 512);
  REQUIRE(answer.option(8) != nullptr);
  CHECK(*answer.option(8) == test::from_hex("0002 39 28 0000000000000000"));
  CHECK(answer.option(10)->size() == 24);
}

TEST_CASE("messages larger than a pointer reaches") {
  Writing writing("example", 65'535);
  size_t added = 0;
  while (writing.add_name("n" + std::to_string(added) + ".far.example", DnsType::ns,
                          "m" + std::to_string(added) + ".near.example"))
    ++added;
  const Answer answer = writing.read();
  CHECK(answer.broken == "");
  CHECK(answer.answers.size() == added);
  CHECK(answer.answers.back() == "n" + std::to_string(added - 1) + ".far.example. 300 NS m" +
                                     std::to_string(added - 1) + ".near.example.");
}

}  // namespace fce
