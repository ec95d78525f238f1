// SPDX-License-Identifier: Apache-2.0
// A responder with zones of tests, and a picker that a test tells what to pick.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "geo/dns_support.h"
#include "geo/responder.h"
#include "geo/zone_support.h"

namespace fce::test {

// Three nodes: the last one has no IPv6. Clients of 198.51.0.0/16 are sent to node 2, and those of
// 2001:db8::/32 to node 1; all others to 0 and then 1. Of the set 1 there is none.
class FixedPicker final : public GeoPicker {
 public:
  GeoPick pick(uint16_t set, const IpPrefix& client) const override {
    asked = client;
    if (set == 1) return {{}, 0};
    static constexpr uint16_t kFar[] = {2}, kV6[] = {1}, kNear[] = {0, 1};
    if (!client.v6 && client.ip[0] == 198 && client.ip[1] == 51 && client.bits >= 16)
      return {kFar, 16};
    if (client.v6 && client.ip[0] == 0x20 && client.bits >= 32) return {kV6, 32};
    return {kNear, 8};
  }
  NodeAddresses addresses(uint16_t node) const override {
    static constexpr std::array<uint8_t, 4> kV4[] = {
        {192, 0, 2, 10}, {192, 0, 2, 11}, {192, 0, 2, 12}};
    static constexpr std::array<uint8_t, 16> kV6[] = {
        {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
        {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    NodeAddresses out;
    out.v4 = std::span(kV4).subspan(node, 1);
    if (node < 2) out.v6 = std::span(kV6).subspan(node, 1);
    return out;
  }
  mutable IpPrefix asked;
};

constexpr std::string_view kResponderZone = R"($TTL 300
@       SOA  ns admin 1 1h 10m 1w 60
@       NS   ns
@       NS   ns.other.
ns      A    192.0.2.53
ns      AAAA 2001:db8::53
www     GEO  all
short   30 GEO all
none    20 GEO eu
host    A    192.0.2.1
host    TXT  "some text"
mixed   GEO  all
mixed   TXT  "beside"
alias   CNAME host
far     CNAME www.other.
gone    CNAME nowhere
geo     CNAME www
loop    CNAME pool
pool    CNAME loop
out     CNAME x.sub
cross   CNAME host.second.example.
*.wild  A    192.0.2.80
a.b     TXT  deep
sub     NS   ns.sub
sub     NS   ns.other.
ns.sub  A    192.0.2.54
big     TXT  "0123456789012345678901234567890123456789012345678901234567890123456789"
)";

class Server {
 public:
  // `key`: that "example" is signed with.
  explicit Server(const Responder::Options& options = {}, std::string_view more = "",
                  std::shared_ptr<const DnssecKey> key = nullptr)
      : figures(3), responder(options, &figures) {
    zones = zone_set({zone("example", std::string(kResponderZone) + std::string(more)),
                      zone("second.example",
                           "$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.\n"
                           "host A 192.0.2.2\n")},
                     {{std::move(key), nullptr}, {}});
    responder.set_zones(zones);
    responder.set_picker(picker);
    from("203.0.113.7");
  }

  void from(std::string_view address, DnsTransport transport = DnsTransport::udp) {
    Network network;
    if (Network::parse(address, &network) == Status::ok) client.address = network.first;
    client.transport = transport;
  }
  // The message that comes back; empty for silence.
  Message send(Bytes query, size_t room = 65'535) {
    Message out(room);
    out.resize(responder.answer(client, query, out));
    return out;
  }
  Answer ask(Bytes query) { return read_answer(send(query)); }
  Answer ask(std::string_view name, DnsType type = DnsType::a) { return ask(Ask(name, type)); }

  DnsFigures figures;
  std::shared_ptr<const ZoneSet> zones;
  std::shared_ptr<FixedPicker> picker = std::make_shared<FixedPicker>();
  Responder responder;
  DnsClient client;
};

}  // namespace fce::test
