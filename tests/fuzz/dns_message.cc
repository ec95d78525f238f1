// SPDX-License-Identifier: Apache-2.0
// Messages as they come to a name server, and what it answers. The first byte of the input picks
// the transport, how the client is known and whether the zone is signed.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "geo/dns_message.h"
#include "geo/dns_name.h"
#include "geo/responder.h"
#include "geo/zone_file.h"

using namespace fce;

namespace {

constexpr std::string_view kZone = R"($TTL 300
@ SOA ns admin 1 1h 10m 1w 60
@ NS ns
@ MX 10 ns
ns A 192.0.2.53
ns AAAA 2001:db8::53
w GEO all
a CNAME w
b CNAME c
c CNAME b
* TXT "any"
s NS ns.s
ns.s A 192.0.2.54
x.y.z TXT "0123456789012345678901234567890123456789012345678901234567890123456789"
)";

void require(bool holds) {
  if (!holds) std::abort();
}

class Picker final : public GeoPicker {
 public:
  GeoPick pick(uint16_t set, const IpPrefix& client) const override {
    require(set == 0 && client.bits <= (client.v6 ? 128 : 32));
    static constexpr uint16_t kNodes[] = {0, 0};
    return {kNodes, client.bits};
  }
  NodeAddresses addresses(uint16_t) const override {
    static constexpr std::array<uint8_t, 4> kV4[] = {{192, 0, 2, 1}};
    static constexpr std::array<uint8_t, 16> kV6[] = {{0x20, 1}};
    return {kV4, kV6};
  }
};

struct Server {
  explicit Server(bool is_signed) : responder({1232, "fuzz", false, {}}, &figures) {
    DnsName apex;
    require(DnsName::parse("e", DnsName(), &apex) == Status::ok);
    const std::vector<std::string> sets = {"all"};
    std::shared_ptr<const Zone> zone;
    require(parse_zone(kZone, "zone", apex, sets, &zone) == Status::ok);
    std::shared_ptr<const ZoneSet> zones;
    ZoneKeys keys;
    constexpr std::string_view kKey =
        "Algorithm: 13\nPrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n";
    if (is_signed) require(DnssecKey::parse(kKey, "", apex, &keys.key) == Status::ok);
    require(ZoneSet::make({zone}, &zones, {keys}) == Status::ok);
    responder.set_zones(zones);
    responder.set_picker(std::make_shared<Picker>());
    responder.set_cookies(std::make_shared<DnsCookies>(DnsCookies::Secret{}));
  }
  DnsFigures figures;
  Responder responder;
};

// Passes over a name of an answer, whose pointers go backwards only.
size_t skip_name(Bytes message, size_t at) {
  size_t end = 0, before = at;
  for (;;) {
    require(at < message.size());
    const uint8_t length = message[at];
    if (length >= 0xc0) {
      require(at + 1 < message.size());
      if (end == 0) end = at + 2;
      at = read_u16(message.data() + at) & 0x3fff;
      require(at < before);
      before = at;
      continue;
    }
    require(length <= DnsName::kLabelMax);
    at += size_t{length} + 1;
    if (length == 0) return end ? end : at;
  }
}

// All counts are right, and nothing stands behind the last record.
void check_answer(Bytes answer) {
  require(answer.size() >= kDnsHeaderBytes && (answer[2] & 0x80) != 0);
  size_t at = kDnsHeaderBytes;
  const uint8_t* header = answer.data();
  require(read_u16(header + 4) <= 1);
  if (read_u16(header + 4) == 1) at = skip_name(answer, at) + 4;
  const size_t records =
      size_t{read_u16(header + 6)} + read_u16(header + 8) + read_u16(header + 10);
  for (size_t i = 0; i < records; ++i) {
    at = skip_name(answer, at);
    require(at + 10 <= answer.size());
    at += size_t{10} + read_u16(answer.data() + at + 8);
  }
  require(at == answer.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Server plain(false), secure(true);
  if (size == 0) return 0;
  const uint8_t kind = data[0];
  Server& server = kind & 8 ? secure : plain;
  const Bytes message(data + 1, size - 1);
  DnsQuery query;
  const DnsParse parse = parse_dns_query(message, &query);
  if (parse != DnsParse::silence && query.has_question)
    require(dns_name_size(query.name) == query.name.size());
  DnsClient client;
  static constexpr uint8_t kIp[16] = {0x20, 1, 0xd, 0xb8};
  if (kind & 1) client.address = PeerAddress::from_v4(kIp, 53);
  if (kind & 2) client.address = PeerAddress::from_v6(kIp, 53);
  client.transport = kind & 4 ? DnsTransport::tcp : DnsTransport::udp;
  std::vector<uint8_t> out(kind & 4 ? 65'535 : 512);
  const size_t answered = server.responder.answer(client, message, out);
  require((answered == 0) == (parse == DnsParse::silence));
  require(answered <= out.size());
  if (answered > 0) {
    check_answer(Bytes(out).first(answered));
    require(out[0] == message[0] && out[1] == message[1]);
  }
  return 0;
}
