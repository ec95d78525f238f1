// SPDX-License-Identifier: Apache-2.0
// Answers of zones that are signed, through the responder (RFC 4035 section 3.1, RFC 9824).
#include "geo/secure_answer.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "geo/responder_support.h"

namespace fce {
namespace {

using test::Answer;
using test::AnswerRecord;
using test::Ask;
using test::dns_name;
using test::from_hex;
using test::read_answer;
using test::Server;
using Texts = std::vector<std::string>;

constexpr std::string_view kKey =
    "Algorithm: 13 (ECDSAP256SHA256)\n"
    "PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n";
constexpr uint16_t kDo = 0x8000, kCo = 0x4000;

std::shared_ptr<const DnssecKey> key() {
  std::shared_ptr<const DnssecKey> out;
  REQUIRE(DnssecKey::parse(kKey, "", dns_name("example"), &out) == Status::ok);
  return out;
}

int64_t now_s = 1'700'000'000;
int64_t clock_of_test() { return now_s; }

Responder::Options signing(uint32_t signatures_per_s) {
  Responder::Options options;
  options.dnssec.signatures_per_s = signatures_per_s;
  options.dnssec.clock = clock_of_test;
  return options;
}

// The zone "example" is signed, "second.example" is not.
class SignedServer : public Server {
 public:
  explicit SignedServer(uint32_t signatures_per_s = 100'000)
      : Server(signing(signatures_per_s),
               "safe NS ns.other.\nsafe DS 1 13 1 00112233445566778899aabbccddeeff00112233\n",
               key()) {
    from("203.0.113.7", DnsTransport::tcp);
  }
  Answer secure(std::string_view name, DnsType type = DnsType::a, uint16_t flags = kDo) {
    return ask(Ask(name, type).edns(1232, flags));
  }
  uint64_t made() const { return figures.get(DnsFigure::dnssec_made); }
};

bool verifies(const AnswerRecord& rrsig, const Answer& answer) {
  constexpr size_t kNumbers = 18;
  const auto covered = static_cast<DnsType>(read_u16(as_bytes(rrsig.data).data()));
  std::vector<Bytes> data;
  for (const AnswerRecord& record : answer.records)
    if (record.type == covered && record.owner == rrsig.owner)
      data.push_back(as_bytes(record.data));
  if (data.empty()) return false;
  const DnsName owner = dns_name(rrsig.owner);
  const DnssecSet set = {owner.wire(), covered, rrsig.ttl, data};
  const size_t head = kNumbers + dns_name("example").wire().size();
  const std::string message = signed_data(rrsig.data.substr(0, head), set);
  const auto public_key = key();
  const Bytes point = as_bytes(public_key->dnskey().substr(4));
  return p256_verify(point.first(32), point.subspan(32), message,
                     as_bytes(rrsig.data).subspan(head));
}

// How many signatures an answer has; each is good, or this is -1.
int signatures(const Answer& answer) {
  CHECK(answer.broken == "");
  int count = 0;
  for (const AnswerRecord& record : answer.records) {
    if (record.type != DnsType::rrsig) continue;
    if (!verifies(record, answer)) return -1;
    ++count;
  }
  return count;
}

// The types in the bitmap of the answer's NSEC, in hex.
std::string bitmap(const Answer& answer) {
  for (const AnswerRecord& record : answer.records)
    if (record.type == DnsType::nsec)
      return record.data.substr(dns_name_size(as_bytes(record.data)));
  return "(none)";
}

}  // namespace

TEST_CASE("records are signed for who asks for it") {
  SignedServer server;
  CHECK(signatures(server.ask("host.example")) == 0);
  CHECK(signatures(server.ask(Ask("host.example").edns())) == 0);
  const Answer answer = server.secure("HOST.example");
  CHECK(answer.answers.size() == 2);
  CHECK(answer.dnssec_ok);
  CHECK(signatures(answer) == 1);
  CHECK(signatures(server.secure("alias.example")) == 2);
  CHECK(signatures(server.secure("example", DnsType::soa)) == 1);
  // Of NS, and of the addresses of the one that is ours.
  CHECK(signatures(server.secure("example", DnsType::ns)) == 3);
  CHECK(signatures(server.secure("host.example", DnsType::any)) == 1);
  CHECK(signatures(server.secure("www.example")) == 1);
  CHECK(signatures(server.secure("www.example", DnsType::aaaa)) == 1);
  CHECK(signatures(server.secure("host.second.example")) == 0);
  // Who verifies does so for himself.
  CHECK((server.ask(Ask("host.example").flags(0x0030).edns(1232, kDo)).flags & 0x0030) == 0);
}

TEST_CASE("a wildcard's records are signed in the name that was asked for") {
  SignedServer server;
  const Answer wild = server.secure("x.Y.wild.example");
  CHECK(signatures(wild) == 1);
  CHECK(static_cast<uint8_t>(wild.records.at(1).data.at(3)) == 4);  // labels
  CHECK(wild.authority.empty());
  const Answer star = server.secure("*.wild.example");
  CHECK(signatures(star) == 1);
  CHECK(static_cast<uint8_t>(star.records.at(1).data.at(3)) == 2);
  CHECK(bitmap(server.secure("x.wild.example", DnsType::mx)) ==
        from_hex("00 06 40 00 00 00 00 03"));
}

TEST_CASE("an alias may lead out of what is signed, or to nothing") {
  SignedServer server;
  const Answer out = server.secure("cross.example");
  CHECK(out.answers.size() == 3);
  CHECK(signatures(out) == 1);
  const Answer gone = server.secure("gone.example");
  CHECK(gone.rcode == 0);
  CHECK(signatures(gone) == 3);  // of CNAME, SOA and NSEC
  CHECK(server.secure("gone.example", DnsType::a, kDo | kCo).rcode == 3);
  CHECK(signatures(server.secure("geo.example")) == 2);
}

TEST_CASE("the zone's key") {
  SignedServer server;
  const Answer answer = server.secure("example", DnsType::dnskey);
  CHECK(signatures(answer) == 1);
  CHECK(answer.records.at(0).data == key()->dnskey());
  CHECK(server.ask("example", DnsType::dnskey).records.size() == 1);
  CHECK(server.ask("host.example", DnsType::dnskey).answers.empty());
  CHECK(server.ask("second.example", DnsType::dnskey).answers.empty());
}

TEST_CASE("a name that is not there is told as one without data") {
  SignedServer server;
  const Answer answer = server.secure("nowhere.example");
  CHECK(answer.rcode == 0);
  CHECK_FALSE(answer.compact_ok);
  CHECK(signatures(answer) == 2);
  CHECK(bitmap(answer) == from_hex("00 11 00 00 00 00 00 03 00 00 00 00 00 00 00 00 00 00 80"));
  CHECK(server.ask("nowhere.example").rcode == 3);
  CHECK(server.ask("example", DnsType::nxname).rcode == 1);
}

TEST_CASE("who knows of compact denial is told that a name is not there") {
  SignedServer server;
  const Answer answer = server.secure("nowhere.example", DnsType::a, kDo | kCo);
  CHECK(answer.rcode == 3);
  CHECK(answer.compact_ok);
  CHECK(signatures(answer) == 2);
  CHECK(server.secure("host.example", DnsType::a, kDo | kCo).compact_ok);
  CHECK_FALSE(server.secure("host.example", DnsType::a, kCo).compact_ok);
  CHECK_FALSE(server.secure("host.second.example", DnsType::a, kDo | kCo).compact_ok);
}

TEST_CASE("a name that has nothing of a type") {
  SignedServer server;
  const Answer host = server.secure("host.example", DnsType::mx);
  CHECK(host.rcode == 0);
  CHECK(signatures(host) == 2);
  CHECK(bitmap(host) == from_hex("00 06 40 00 80 00 00 03"));  // A TXT RRSIG NSEC
  CHECK(bitmap(server.secure("b.example")) == from_hex("00 06 00 00 00 00 00 03"));
  CHECK(bitmap(server.secure("www.example", DnsType::mx)) ==
        from_hex("00 06 40 00 00 08 00 03"));  // A AAAA RRSIG NSEC
  CHECK(bitmap(server.secure("example", DnsType::mx)) ==
        from_hex("00 07 22 00 00 00 00 03 80"));  // NS SOA RRSIG NSEC DNSKEY
}

TEST_CASE("nodes of which none has the address") {
  SignedServer server;
  server.from("198.51.100.1", DnsTransport::tcp);
  const Answer answer = server.secure("short.example", DnsType::aaaa);
  CHECK(signatures(answer) == 2);
  CHECK(bitmap(answer) == from_hex("00 06 40 00 00 00 00 03"));
  for (const AnswerRecord& record : answer.records) CHECK(record.ttl == 30);
}

TEST_CASE("NSEC and RRSIG can be asked for") {
  SignedServer server;
  const Answer nsec = server.secure("host.example", DnsType::nsec);
  CHECK(nsec.answers.size() == 2);
  CHECK(signatures(nsec) == 1);
  CHECK(bitmap(nsec) == from_hex("00 06 40 00 80 00 00 03"));
  CHECK(server.secure("alias.example", DnsType::nsec).answers.size() == 2);  // not that of `host`
  const Answer rrsig = server.ask("host.example", DnsType::rrsig);
  REQUIRE(rrsig.records.size() == 1);
  CHECK(rrsig.records[0].type == DnsType::rrsig);
  CHECK(server.ask("host.second.example", DnsType::nsec).answers.empty());
  const Answer nothing = server.secure("nowhere.example", DnsType::nsec);
  CHECK(nothing.answers.size() == 2);
  CHECK(signatures(nothing) == 1);
  CHECK(bitmap(nothing) == from_hex("00 11 00 00 00 00 00 03 00 00 00 00 00 00 00 00 00 00 80"));
}

TEST_CASE("delegations say whether they are signed") {
  SignedServer server;
  const Answer unsigned_one = server.secure("x.sub.example");
  CHECK(signatures(unsigned_one) == 1);
  CHECK(bitmap(unsigned_one) == from_hex("00 06 20 00 00 00 00 03"));  // NS RRSIG NSEC
  for (const AnswerRecord& record : unsigned_one.records) {
    if (record.type != DnsType::nsec) continue;
    CHECK(record.owner == "sub.example.");
    CHECK(record.data.substr(0, 5) == from_hex("04737562 00"));  // behind all that is below it
  }
  const Answer signed_one = server.secure("x.safe.example");
  CHECK(signatures(signed_one) == 1);
  CHECK(bitmap(signed_one) == "(none)");
  CHECK(signatures(server.secure("safe.example", DnsType::ds)) == 1);
  CHECK(signatures(server.secure("sub.example", DnsType::ds)) == 2);
  CHECK(server.ask("x.safe.example").authority == Texts{"safe.example. 300 NS ns.other."});
}

TEST_CASE("signatures are remembered for a day, and are good for more") {
  SignedServer server;
  const auto span_of = [](const Answer& answer) {
    const uint8_t* numbers = as_bytes(answer.records.at(1).data).data();
    return std::pair(read_u32(numbers + 12), read_u32(numbers + 8));
  };
  const auto span = span_of(server.secure("host.example", DnsType::txt));
  const uint32_t inception = span.first;
  CHECK(inception + 86'400 <= now_s);
  CHECK(span.second == inception + 8 * 86'400);
  for (int i = 0; i < 10; ++i) CHECK(signatures(server.secure("Host.Example", DnsType::txt)) == 1);
  CHECK(server.made() == 1);
  CHECK(server.figures.get(DnsFigure::dnssec_remembered) == 10);
  const int64_t before = now_s;
  now_s = inception + 2 * 86'400 - 1;
  CHECK(span_of(server.secure("host.example", DnsType::txt)).first == inception);
  CHECK(server.made() == 1);
  ++now_s;
  CHECK(span_of(server.secure("host.example", DnsType::txt)).first == inception + 86'400);
  CHECK(server.made() == 2);
  now_s = before;
}

TEST_CASE("only so many signatures are made, and those of the zone's names go first") {
  SignedServer server(40);
  CHECK(signatures(server.secure("nowhere.example")) == 2);
  // Some of these are too many, unless this takes as many seconds as there are.
  int failed = 0;
  for (int i = 0; i < 1000; ++i) {
    const Answer answer = server.secure("n" + std::to_string(i) + ".example");
    if (answer.rcode != 2) continue;
    ++failed;
    CHECK(answer.records.empty());
    CHECK_FALSE(answer.authoritative());
  }
  CHECK(failed > 0);
  CHECK(server.figures.get(DnsFigure::dnssec_refused) == static_cast<uint64_t>(failed));
  CHECK(server.ask("nowhere.example").rcode == 3);
  // One that is remembered, and new ones.
  CHECK(signatures(server.secure("example", DnsType::soa)) == 1);
  CHECK(signatures(server.secure("alias.example")) == 2);
}

TEST_CASE("what a limit of responses holds back is not signed") {
  SignedServer server;
  ResponseRate::Options rate;
  rate.errors_per_s = 1;
  server.responder.set_rate(std::make_unique<ResponseRate>(rate));
  server.from("203.0.113.7", DnsTransport::udp);
  int sent = 0;
  for (int i = 0; i < 200; ++i) {
    const Answer answer =
        read_answer(server.send(Ask("n" + std::to_string(i) + ".example").edns(1232, kDo)));
    sent += answer.broken.empty() && !answer.truncated() ? 1 : 0;
  }
  CHECK(sent > 0);
  CHECK(sent < 200);
  CHECK(server.made() == static_cast<uint64_t>(sent) + 1);  // and SOA
}

TEST_CASE("what does not fit with its signature comes by TCP") {
  SignedServer server;
  server.from("203.0.113.7", DnsTransport::udp);
  const Answer answer = read_answer(server.send(Ask("nowhere.example").edns(512, kDo)));
  CHECK(answer.broken == "");
  CHECK_FALSE(answer.truncated());
  CHECK(signatures(answer) == 2);
  const std::string label(60, 'x');
  const std::string longer = label + "." + label + "." + label + ".example";
  const Answer large = read_answer(server.send(Ask(longer).edns(512, kDo)));
  CHECK(large.truncated());
  CHECK(large.records.empty());
}

TEST_CASE("one key follows the other") {
  SignedServer server;
  std::shared_ptr<const DnssecKey> other;
  REQUIRE(DnssecKey::parse("Algorithm: 13\n"
                           "PrivateKey: HU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n",
                           "", dns_name("example"), &other) == Status::ok);
  server.zones = test::zone_set(server.zones->zones(), {{key(), other}, {}});
  server.responder.set_zones(server.zones);
  const Answer answer = server.secure("example", DnsType::dnskey);
  CHECK(answer.records.size() == 3);
  CHECK(answer.records.at(1).data == other->dnskey());
  CHECK(signatures(answer) == 1);  // of the first one, for both
  CHECK(signatures(server.secure("host.example")) == 1);
  server.zones = test::zone_set(server.zones->zones(), {{other, key()}, {}});
  server.responder.set_zones(server.zones);
  CHECK(signatures(server.secure("host.example")) == -1);  // of the other one now
}

TEST_CASE("keys come and go with the zones") {
  SignedServer server;
  CHECK(signatures(server.secure("host.example")) == 1);
  server.zones = test::zone_set(server.zones->zones());
  server.responder.set_zones(server.zones);
  CHECK(signatures(server.secure("host.example")) == 0);
  CHECK(server.secure("nowhere.example").rcode == 3);
  server.zones = test::zone_set(server.zones->zones(), {{key(), nullptr}, {}});
  server.responder.set_zones(server.zones);
  CHECK(signatures(server.secure("host.example")) == 1);
  CHECK(server.made() == 1);
}

}  // namespace fce
