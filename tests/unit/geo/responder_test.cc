// SPDX-License-Identifier: Apache-2.0
#include "geo/responder.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "geo/responder_support.h"

namespace fce {
namespace {

using test::Answer;
using test::Ask;
using test::from_hex;
using test::Message;
using test::Server;
using Texts = std::vector<std::string>;

constexpr uint16_t kCookie = 10, kSubnet = 8, kNsid = 3;
constexpr DnsCookies::Secret kSecret = {1, 2, 3};

// The client subnet of an answer in hex.
std::string scope(Server& server, std::string_view name, std::string_view network,
                  DnsType type = DnsType::a) {
  const Answer answer = server.ask(Ask(name, type).subnet(network));
  CHECK(answer.broken == "");
  CHECK(answer.rcode == 0);
  const std::string* option = answer.option(kSubnet);
  return option ? *option : "(none)";
}

std::string many_addresses(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "many A 192.0.2." + std::to_string(i) + "\n";
  return out;
}

}  // namespace

TEST_CASE("messages that are refused") {
  Server server;
  CHECK(server.send({}).empty());
  CHECK(server.send(Ask("host.example").flags(0x8000)).empty());
  CHECK(server.send(Ask("host.example"), 511).empty());
  CHECK(server.figures.get(DnsFigure::silent) == 3);

  const Answer notify = server.ask(Ask("example", DnsType::soa).flags(4 << 11));
  CHECK(notify.rcode == 4);
  CHECK((notify.flags >> 11 & 15) == 4);
  CHECK(server.ask(Ask("example", DnsType::soa).flags(5 << 11)).rcode == 4);

  const Answer broken = server.ask(Ask("host.example").append("x"));
  CHECK(broken.rcode == 1);
  CHECK(broken.id == 0x1234);
  CHECK(broken.records.empty());

  for (const DnsType type : {DnsType::axfr, DnsType::ixfr}) {
    server.from("203.0.113.7", DnsTransport::tcp);
    CHECK(server.ask("example", type).rcode == 5);
  }
  CHECK(server.ask(Ask("version.bind", DnsType::txt, 3)).rcode == 5);  // CHAOS
  CHECK(server.ask(Ask("host.example", DnsType::a, 255)).rcode == 5);
  Responder empty({}, &server.figures);
  Message out(512);
  out.resize(empty.answer(server.client, Ask("host.example"), out));
  CHECK(test::read_answer(out).rcode == 5);
}

TEST_CASE("the flags of an answer") {
  Server server;
  CHECK(server.ask(Ask("host.example").flags(0x0100)).flags == 0x8500);
  // AD and CD are about checking, which is not done here (RFC 4035 section 3.1.6).
  CHECK(server.ask(Ask("host.example").flags(0x0030)).flags == 0x8400);
}

TEST_CASE("EDNS is answered when it is asked for") {
  Server server;
  CHECK_FALSE(server.ask("host.example").edns);
  const Answer answer = server.ask(Ask("host.example").edns(4096, 0x8000));
  CHECK(answer.edns);
  CHECK(answer.dnssec_ok);
  CHECK(answer.udp_bytes == 1232);
  CHECK(answer.options.empty());
  const Answer version = server.ask(Ask("host.example").edns(1232, 0, 1));
  CHECK(version.rcode == 16);
  CHECK(version.records.empty());
  CHECK(server.ask(Ask("www.other").edns()).edns);
  CHECK(server.ask(Ask("nowhere.example").edns()).edns);
}

TEST_CASE("the server's name") {
  Responder::Options options;
  options.nsid = "node-1";
  Server server(options);
  const Answer answer = server.ask(Ask("host.example").option(kNsid, ""));
  REQUIRE(answer.option(kNsid));
  CHECK(*answer.option(kNsid) == "node-1");
  CHECK_FALSE(server.ask(Ask("host.example").edns()).option(kNsid));
}

TEST_CASE("an answer keeps to what the client takes") {
  Server server({}, many_addresses(60));  // 16 bytes each
  const Answer plain = server.ask("many.example");
  CHECK(plain.truncated());
  CHECK(plain.records.empty());
  CHECK(server.ask(Ask("many.example").edns(512)).truncated());
  CHECK(server.ask(Ask("many.example").edns(100)).truncated());  // means 512
  CHECK(server.ask(Ask("many.example").edns(900)).truncated());
  CHECK(server.ask(Ask("many.example").edns(1232)).answers.size() == 60);
  CHECK(server.figures.get(DnsFigure::truncated) == 4);
  server.from("203.0.113.7", DnsTransport::tcp);
  CHECK(server.ask("many.example").answers.size() == 60);
}

TEST_CASE("a datagram is no larger than we send them") {
  Server server({}, many_addresses(100));
  CHECK(server.ask(Ask("many.example").edns(4096)).truncated());
  for (uint16_t size = 512; size <= 1300; size += 7)
    CHECK(server.send(Ask("many.example").edns(size)).size() <= size);
}

TEST_CASE("client subnets get honest scopes") {
  Server server;
  CHECK(scope(server, "www.example", "198.51.100.0/24") == from_hex("0001 18 10 c63364"));
  CHECK(scope(server, "www.example", "203.0.113.0/24") == from_hex("0001 18 08 cb0071"));
  CHECK(scope(server, "www.example", "2001:db8::/56", DnsType::aaaa) ==
        from_hex("0002 38 20 20010db8000000"));
  CHECK(scope(server, "geo.example", "198.51.100.0/24") == from_hex("0001 18 10 c63364"));
  // What all clients get.
  CHECK(scope(server, "host.example", "198.51.100.0/24") == from_hex("0001 18 00 c63364"));
  CHECK(scope(server, "b.example", "198.51.100.0/24") == from_hex("0001 18 00 c63364"));
  CHECK(server.ask(Ask("www.example").subnet("198.51.100.0/24")).answers ==
        Texts{"www.example. 300 A 192.0.2.12"});
  CHECK_FALSE(server.ask(Ask("www.example").edns()).option(kSubnet));
  CHECK(server.figures.get(DnsFigure::subnet) == 7);
}

TEST_CASE("who does not want to be told apart is looked up by his resolver") {
  Server server;
  server.from("198.51.100.1");
  const std::string empty = from_hex("0001 00 00");
  const Answer answer = server.ask(Ask("www.example").option(kSubnet, empty));
  CHECK(answer.answers == Texts{"www.example. 300 A 192.0.2.12"});
  CHECK(*answer.option(kSubnet) == empty);
  const std::string no_family = from_hex("0000 00 00");
  CHECK(*server.ask(Ask("www.example").option(kSubnet, no_family)).option(kSubnet) == no_family);
  CHECK(server.figures.get(DnsFigure::subnet) == 0);
}

TEST_CASE("subnets that are not well formed") {
  Server server;
  for (const std::string_view hex :
       {"", "0001", "0001 18 18 c63364", "0001 18 00 c633", "0003 0000", "0001 17 00 c63365"}) {
    const Answer answer = server.ask(Ask("www.example").option(kSubnet, from_hex(hex)));
    CHECK(answer.rcode == 1);
    CHECK(answer.edns);
    CHECK_FALSE(answer.option(kSubnet));
    CHECK(answer.question == "www.example.");
  }
}

TEST_CASE("where a client is, from its own address") {
  Server server;
  server.ask("www.example");
  CHECK(server.picker->asked.bits == 32);
  CHECK(server.picker->asked.ip[0] == 203);
  server.from("2001:db8::1");
  server.ask("www.example");
  CHECK(server.picker->asked.v6);
  CHECK(server.picker->asked.bits == 128);
  constexpr uint8_t kMapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 1};
  server.client.address = PeerAddress::from_v6(kMapped, 53);
  CHECK(server.ask("www.example").answers == Texts{"www.example. 300 A 192.0.2.12"});
  CHECK_FALSE(server.picker->asked.v6);
  server.client.address = {};
  server.ask("www.example");
  CHECK(server.picker->asked.bits == 0);
}

TEST_CASE("cookies") {
  Server server;
  server.responder.set_cookies(std::make_shared<DnsCookies>(kSecret));
  const Answer first = server.ask(Ask("host.example").option(kCookie, "clientco"));
  CHECK(first.rcode == 0);
  CHECK(first.answers.size() == 1);
  REQUIRE(first.option(kCookie));
  const std::string cookie = *first.option(kCookie);
  CHECK(cookie.size() == DnsCookies::kBytes);
  CHECK(cookie.substr(0, 8) == "clientco");
  CHECK(server.ask(Ask("host.example").option(kCookie, cookie)).rcode == 0);
  CHECK(server.figures.get(DnsFigure::cookie_good) == 1);
  CHECK(server.figures.get(DnsFigure::cookie_other) == 1);
  CHECK(server.ask(Ask("host.example").option(kCookie, "short")).rcode == 1);
  CHECK_FALSE(server.ask(Ask("host.example").edns()).option(kCookie));
}

TEST_CASE("cookies that are required") {
  Responder::Options options;
  options.require_cookies = true;
  Server server(options);
  server.responder.set_cookies(std::make_shared<DnsCookies>(kSecret));
  const Answer first = server.ask(Ask("host.example").option(kCookie, "clientco"));
  CHECK(first.rcode == 23);
  CHECK(first.records.empty());
  REQUIRE(first.option(kCookie));
  const std::string cookie = *first.option(kCookie);
  CHECK(server.ask(Ask("host.example").option(kCookie, cookie)).rcode == 0);
  server.from("203.0.113.8");
  CHECK(server.ask(Ask("host.example").option(kCookie, cookie)).rcode == 23);
  server.from("203.0.113.8", DnsTransport::tcp);
  CHECK(server.ask(Ask("host.example").option(kCookie, "clientco")).rcode == 0);
  CHECK(server.figures.get(DnsFigure::bad_cookie) == 2);
}

TEST_CASE("a cookie without a question") {
  Server server;
  server.responder.set_cookies(std::make_shared<DnsCookies>(kSecret));
  Message message = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const std::string opt = from_hex("00 0029 04d0 00000000 000c 000a 0008 0102030405060708");
  message.insert(message.end(), opt.begin(), opt.end());
  const Answer answer = server.ask(message);
  CHECK(answer.broken == "");
  CHECK(answer.rcode == 0);
  CHECK(answer.question == "");
  REQUIRE(answer.option(kCookie));
  CHECK(answer.option(kCookie)->size() == DnsCookies::kBytes);
}

TEST_CASE("the limit of responses is for datagrams whose sender is not proven") {
  ResponseRate::Options rate;
  rate.answers_per_s = 1;
  rate.slip = 2;
  const auto sent = [&](Server& server, Bytes query) {
    server.responder.set_rate(std::make_unique<ResponseRate>(rate));
    size_t whole = 0;
    for (int i = 0; i < 100; ++i) {
      const Message out = server.send(query);
      if (!out.empty() && !test::read_answer(out).truncated()) ++whole;
    }
    return whole;
  };
  Server server;
  server.responder.set_cookies(std::make_shared<DnsCookies>(kSecret));
  const Ask plain("host.example");
  CHECK(sent(server, plain) < 100);
  CHECK(server.figures.get(DnsFigure::rate_dropped) > 0);
  CHECK(server.figures.get(DnsFigure::rate_slipped) > 0);
  const Answer first = server.ask(Ask("alias.example").option(kCookie, "clientco"));
  REQUIRE(first.option(kCookie));
  CHECK(sent(server, Ask("host.example").option(kCookie, *first.option(kCookie))) == 100);
  server.from("203.0.113.7", DnsTransport::tcp);
  CHECK(sent(server, plain) == 100);
}

TEST_CASE("figures") {
  Server server;
  server.ask("host.example");
  server.ask("nowhere.example", DnsType::aaaa);
  server.from("203.0.113.7", DnsTransport::tls);
  server.ask("www.other", DnsType::srv);
  const auto get = [&](DnsFigure figure) { return server.figures.get(figure); };
  CHECK(get(DnsFigure::udp) == 2);
  CHECK(get(DnsFigure::tls) == 1);
  CHECK(get(DnsFigure::type_a) == 1);
  CHECK(get(DnsFigure::type_aaaa) == 1);
  CHECK(get(DnsFigure::type_other) == 1);
  CHECK(get(DnsFigure::no_error) == 1);
  CHECK(get(DnsFigure::name_error) == 1);
  CHECK(get(DnsFigure::refused) == 1);
  CHECK(server.figures.node(7) == 0);
  CHECK(std::string(dns_figure_info(DnsFigure::refused).name) ==
        "fcedge_dns_answers_refused_total");
}

}  // namespace fce
