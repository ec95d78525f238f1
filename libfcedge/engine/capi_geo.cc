// SPDX-License-Identifier: Apache-2.0
// include/fcedge/geo.h: DNS of a node.
#include <fcedge/geo.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "engine/handles.h"
#include "engine/node_dns.h"
#include "engine/options.h"
#include "geo/zone_file.h"

using namespace fce;

namespace {

constexpr uint32_t kUdpBytesLeast = Responder::kUdpLeast;
constexpr uint32_t kUdpBytesMost = UdpSocket::kAnswerBytes;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Status read_secret(const char* text, DnsCookies::Secret* out) {
  if (!text) {
    random_bytes(*out);
    return Status::ok;
  }
  const std::string_view digits(text);
  bool valid = digits.size() == 2 * out->size();
  for (size_t i = 0; valid && i < out->size(); ++i) {
    const int high = digit_of(digits[2 * i]), low = digit_of(digits[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    (*out)[i] = static_cast<uint8_t>(high << 4 | low);
  }
  // The secret is not shown, not even a wrong one.
  return valid ? Status::ok : fail(Status::invalid, "cookie_secret is 32 hexadecimal digits");
}

Status read_dns(const fce_dns_options& known, NodeDnsOptions* out) {
  if (known.udp_bytes_max &&
      (known.udp_bytes_max < kUdpBytesLeast || known.udp_bytes_max > kUdpBytesMost))
    return fail(Status::invalid, "udp_bytes_max is 512 to 4096");
  out->responder.nsid = text_of(known.nsid);
  if (out->responder.nsid.size() > Responder::kNsidMax)
    return fail(Status::invalid, "nsid is longer than 64 bytes");
  if (known.udp_bytes_max)
    out->responder.udp_bytes_max = static_cast<uint16_t>(known.udp_bytes_max);
  out->responder.require_cookies = known.require_cookies != 0;
  if (known.connections_max) out->limits.connections_max = known.connections_max;
  if (known.idle_ms) out->limits.idle_ms = known.idle_ms;
  if (known.answers_per_s) out->rate.answers_per_s = known.answers_per_s;
  if (known.errors_per_s) out->rate.errors_per_s = known.errors_per_s;
  if (known.all_per_s) out->rate.all_per_s = known.all_per_s;
  if (known.slip) out->rate.slip = known.slip;
  out->has_rate = known.no_rate_limit == 0;
  if (known.signatures_per_s) out->responder.dnssec.signatures_per_s = known.signatures_per_s;
  return read_secret(known.cookie_secret, &out->cookie_secret);
}

// They stay null when the zone is not signed.
Status read_keys(const fce_dns_zone& known, const DnsName& apex, ZoneKeys* out) {
  if (!known.dnssec_key && known.dnssec_other_key)
    return fail(Status::invalid, "a zone that has another key has a key");
  Status status = Status::ok;
  if (known.dnssec_key) status = DnssecKey::load(known.dnssec_key, apex, &out->key);
  if (status == Status::ok && known.dnssec_other_key)
    status = DnssecKey::load(known.dnssec_other_key, apex, &out->other);
  if (status == Status::ok && out->other && out->other->dnskey() == out->key->dnskey())
    return fail(Status::invalid, std::string(known.dnssec_other_key) + ": it is the same key");
  return status;
}

// A name by itself, in which "@" and what separates words of a master file have no meaning.
Status read_apex(const char* text, DnsName* out) {
  const std::string_view name(text);
  if (name == "@" || name.find_first_of(" \t\r\n\"();") != std::string_view::npos)
    return fail(Status::invalid, "\"" + std::string(name) + "\" is no name of a zone");
  return DnsName::parse(name, DnsName(), out);
}

Status read_zone(const fce_dns_zone& given, std::span<const std::string> sets,
                 std::shared_ptr<const Zone>* out, ZoneKeys* keys) {
  fce_dns_zone known;
  Status status = take_options(&given, &known);
  if (status == Status::ok && (!known.name || (!known.file && !known.text)))
    status = fail(Status::invalid, "a zone has a name, and a file or a text");
  DnsName apex;
  if (status == Status::ok) status = read_apex(known.name, &apex);
  if (status == Status::ok) status = read_keys(known, apex, keys);
  if (status != Status::ok) return status;
  if (!known.text) return load_zone_file(known.file, apex, sets, out);
  return parse_zone(known.text, known.file ? known.file : known.name, apex, sets, out);
}

Status read_ds(const fce_dns_zone* given, std::string* out) {
  fce_dns_zone known;
  Status status = take_options(given, &known);
  if (status == Status::ok && (!known.name || !known.dnssec_key))
    status = fail(Status::invalid, "the zone has no name or no key");
  DnsName apex;
  std::shared_ptr<const DnssecKey> key;
  if (status == Status::ok) status = read_apex(known.name, &apex);
  if (status == Status::ok) status = DnssecKey::load(known.dnssec_key, apex, &key);
  if (status == Status::ok) *out = key->ds_text();
  return status;
}

}  // namespace

extern "C" {

void fce_dns_options_init(fce_dns_options* options) { init_options(options); }
void fce_dns_zone_init(fce_dns_zone* zone) { init_options(zone); }

int fce_node_set_dns(fce_node* node, const fce_dns_options* options) {
  fce_dns_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && !node) status = fail(Status::invalid, "the node is NULL");
  NodeDnsOptions dns;
  if (status == Status::ok) status = read_dns(known, &dns);
  if (status == Status::ok) status = node->node.set_dns(dns);
  return to_c(status);
}

int fce_node_listen_dns(fce_node* node, const char* address, uint32_t tls, uint16_t* port) {
  if (!node || !address) return to_c(fail(Status::invalid, "the node or the address is NULL"));
  ListenAddress parsed;
  const Status status = ListenAddress::parse(address, &parsed);
  return to_c(status == Status::ok ? node->node.listen_dns(parsed, tls != 0, port) : status);
}

int fce_node_set_dns_zones(fce_node* node, const fce_dns_zone* zones, size_t count) {
  if (!node || (!zones && count > 0))
    return to_c(fail(Status::invalid, "the node or the list of zones is NULL"));
  std::vector<std::shared_ptr<const Zone>> read(count);
  ZoneSet::Keys keys(count);
  const std::vector<std::string> sets = node->node.geo_sets();
  for (size_t i = 0; i < count; ++i)
    if (const Status status = read_zone(zones[i], sets, &read[i], &keys[i]); status != Status::ok)
      return to_c(status);
  std::shared_ptr<const ZoneSet> set;
  Status status = ZoneSet::make(std::move(read), &set, std::move(keys));
  if (status == Status::ok) status = node->node.set_dns_zones(std::move(set));
  return to_c(status);
}

int fce_dns_zone_ds(const fce_dns_zone* zone, char* out, size_t size) {
  if (!out) return to_c(fail(Status::invalid, "the buffer is NULL"));
  std::string text;
  const Status status = read_ds(zone, &text);
  if (status != Status::ok) return to_c(status);
  if (text.size() >= size) return to_c(fail(Status::too_big, "the buffer is too small for DS"));
  std::copy_n(text.c_str(), text.size() + 1, out);
  return to_c(status);
}

}  // extern "C"
