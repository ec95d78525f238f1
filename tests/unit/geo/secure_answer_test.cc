// SPDX-License-Identifier: Apache-2.0
// Answers of zones that are signed, through the responder (RFC 4035 section 3.1, RFC 9824).
#include "geo/secure_answer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "geo/responder_support.h"

namespace fce {
namespace {

using test::Answer;
using test::AnswerRecord;
using test::Ask;
using test::dns_name;
using test::from_hex;
using test::Server;
using Texts = std::vector<std::string>;

constexpr std::string_view kKey =
    "Algorithm: 13 (ECDSAP256SHA256)\n"
    "PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n";
constexpr uint16_t kDo = 0x8000, kCo = 0x4000;

std::shared_ptr<const DnssecKey> key() {
  std::shared_ptr<const DnssecKey> out;
  REQUIRE(DnssecKey::parse(kKey, dns_name("example"), &out) == Status::ok);
  return out;
}

// The zone "example" is signed, "second.example" is not.
class SignedServer : public Server {
 public:
  explicit SignedServer(const DnssecSigner::Options& options = {})
      : Server({}, "safe NS ns.other.\nsafe DS 1 13 2 0011\n") {
    auto made = std::make_unique<DnssecSigner>(options, std::vector{test_key});
    signer = made.get();
    responder.set_signer(std::move(made));
    from("203.0.113.7", DnsTransport::tcp);
  }
  Answer secure(std::string_view name, DnsType type = DnsType::a, uint16_t flags = kDo) {
    return ask(Ask(name, type).edns(1232, flags));
  }

  std::shared_ptr<const DnssecKey> test_key = key();
  DnssecSigner* signer = nullptr;
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
  CHECK(signatures(server.secure("example", DnsType::ns)) == 1);
  CHECK(signatures(server.secure("host.example", DnsType::any)) == 1);
  CHECK(signatures(server.secure("www.example")) == 1);
  CHECK(signatures(server.secure("www.example", DnsType::aaaa)) == 1);
  CHECK(signatures(server.secure("host.second.example")) == 0);
  // A wildcard's records, in the name that was asked for.
  const Answer wild = server.secure("x.y.wild.example");
  CHECK(signatures(wild) == 1);
  CHECK(static_cast<uint8_t>(wild.records.at(1).data.at(3)) == 4);
  CHECK(signatures(server.secure("*.wild.example")) == 1);
}

TEST_CASE("the zone's key") {
  SignedServer server;
  const Answer answer = server.secure("example", DnsType::dnskey);
  CHECK(signatures(answer) == 1);
  CHECK(answer.records.at(0).data == server.test_key->dnskey());
  CHECK(server.ask("example", DnsType::dnskey).records.size() == 1);
  CHECK(server.ask("host.example", DnsType::dnskey).answers.empty());
  CHECK(server.ask("second.example", DnsType::dnskey).answers.empty());
}

TEST_CASE("a name that is not there is told as one without data") {
  SignedServer server;
  const Answer answer = server.secure("nowhere.example");
  CHECK(answer.rcode == 0);
  CHECK(signatures(answer) == 2);
  CHECK(bitmap(answer) == from_hex("00 11 00 00 00 00 00 03 00 00 00 00 00 00 00 00 00 00 80"));
  CHECK(server.secure("nowhere.example", DnsType::a, kDo | kCo).rcode == 3);
  CHECK(server.ask("nowhere.example").rcode == 3);
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
  server.from("198.51.100.1", DnsTransport::tcp);
  CHECK(bitmap(server.secure("www.example", DnsType::aaaa)) == from_hex("00 06 40 00 00 00 00 03"));
}

TEST_CASE("delegations say whether they are signed") {
  SignedServer server;
  const Answer unsigned_one = server.secure("x.sub.example");
  CHECK(signatures(unsigned_one) == 1);
  CHECK(bitmap(unsigned_one) == from_hex("00 06 20 00 00 00 00 03"));  // NS RRSIG NSEC
  const Answer signed_one = server.secure("x.safe.example");
  CHECK(signatures(signed_one) == 1);
  CHECK(bitmap(signed_one) == "(none)");
  CHECK(signatures(server.secure("safe.example", DnsType::ds)) == 1);
  CHECK(server.ask("x.safe.example").authority == Texts{"safe.example. 300 NS ns.other."});
}

TEST_CASE("signatures are remembered, and only so many are made") {
  DnssecSigner::Options options;
  options.signatures_per_s = 1;
  SignedServer server(options);
  CHECK(signatures(server.secure("host.example")) == 1);
  for (int i = 0; i < 10; ++i) CHECK(signatures(server.secure("Host.Example")) == 1);
  CHECK(server.signer->made() == 1);
  // Some of these are too many, unless this takes as many seconds as there are.
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    const Answer answer = server.secure("n" + std::to_string(i) + ".example");
    if (answer.rcode != 2) continue;
    ++failed;
    CHECK(answer.records.empty());
  }
  CHECK(failed > 0);
  CHECK(server.ask("nowhere.example").rcode == 3);
}

}  // namespace fce
