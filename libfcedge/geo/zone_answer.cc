// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_answer.h"

#include <algorithm>
#include <optional>

#include "geo/dns_name.h"

namespace fce {
namespace {

using Kind = ResponseRate::Kind;

// What is said instead of all records of a name (RFC 8482 section 4.2): HINFO of two strings.
constexpr uint8_t kHinfo[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
constexpr uint32_t kHinfoTtl = 3600;

}  // namespace

ZoneAnswer::Outcome ZoneAnswer::answer(const DnsQuery& query, const DnsKey& key) {
  Bytes next = answer_name(query.name, key, query.type, true);
  for (int i = 0; i < kAliasesMax && !next.empty() && !writer_.truncated(); ++i)
    next = answer_name(next, DnsKey(next), query.type, false);
  return outcome_;
}

void ZoneAnswer::tell_rate(Kind kind, uint64_t name_hash) {
  if (told_) return;
  told_ = true;
  outcome_.kind = kind;
  outcome_.name_hash = name_hash;
}

Bytes ZoneAnswer::answer_name(Bytes name, const DnsKey& key, DnsType type, bool first) {
  const Zone* zone = zones_.find(key, type);
  if (!zone) {
    // An alias may well lead to where we know nothing.
    if (first) outcome_.rcode = DnsRcode::refused;
    tell_rate(Kind::error, 0);
    return {};
  }
  const Zone::Found found = zone->find(key, type);
  // The bit is about the name that was asked for, which is the first one of the answer.
  if (first) outcome_.authoritative = found.match != Zone::Match::delegated;
  switch (found.match) {
    case Zone::Match::delegated:
      tell_rate(Kind::referral, found.node->hash);
      refer(*zone, *found.node);
      return {};
    case Zone::Match::none:
      tell_rate(Kind::nxdomain, found.encloser->hash);
      outcome_.rcode = DnsRcode::name_error;
      deny(*zone, zone->negative_ttl());
      return {};
    case Zone::Match::exact:
    case Zone::Match::wildcard: return answer_node(*zone, *found.node, name, type);
  }
  return {};
}

Bytes ZoneAnswer::answer_node(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type) {
  const RrSet* alias = zone.set(node, DnsType::cname);
  if (alias && type != DnsType::any) {
    tell_rate(Kind::answer, node.hash);
    if (!add_set(Section::answer, zone, *alias, owner) || type == DnsType::cname) return {};
    return zone.data(*alias, 0);
  }
  if (type == DnsType::any && node.sets > 0) {
    tell_rate(Kind::answer, node.hash);
    answer_any(zone, node, owner);
    return {};
  }
  // A type of our own is never shown.
  const RrSet* set = type == DnsType::geo ? nullptr : zone.set(node, type);
  const bool address = type == DnsType::a || type == DnsType::aaaa;
  const RrSet* geo = address && !set ? zone.set(node, DnsType::geo) : nullptr;
  tell_rate(set || geo ? Kind::answer : Kind::nodata, node.hash);
  if (geo) {
    answer_geo(zone, *geo, owner, type);
  } else if (!set) {
    deny(zone, zone.negative_ttl());
  } else if (add_set(Section::answer, zone, *set, owner) && type == DnsType::ns) {
    add_addresses(zone, *set, nullptr);
  }
  return {};
}

void ZoneAnswer::answer_any(const Zone& zone, const Zone::Node& node, Bytes owner) {
  if (const RrSet* alias = zone.set(node, DnsType::cname)) {
    add_set(Section::answer, zone, *alias, owner);
    return;
  }
  if (!writer_.add(Section::answer, owner, DnsType::hinfo, kHinfoTtl, kHinfo)) writer_.truncate();
}

bool ZoneAnswer::add_node(const NodeAddresses& node, const RrSet& set, Bytes owner, DnsType type) {
  const auto add = [&](Bytes ip) {
    if (writer_.add(Section::answer, owner, type, set.ttl, ip)) return true;
    writer_.truncate();
    return false;
  };
  if (type == DnsType::a) return std::all_of(node.v4.begin(), node.v4.end(), add);
  return std::all_of(node.v6.begin(), node.v6.end(), add);
}

void ZoneAnswer::answer_geo(const Zone& zone, const RrSet& set, Bytes owner, DnsType type) {
  const GeoPick pick = picker_ ? picker_->pick(set.geo_set, client_) : GeoPick{{}, 0, false};
  if (!pick.known) {
    outcome_.rcode = DnsRcode::server_failure;
    outcome_.authoritative = false;
    return;
  }
  // Of several names, as aliases bring them, all have to be the same within the scope.
  const uint8_t bits_max = client_.v6 ? 128 : 32;
  outcome_.scope_bits = std::max(outcome_.scope_bits, std::min(pick.scope_bits, bits_max));
  bool any = false;
  for (const uint16_t number : pick.nodes) {
    const NodeAddresses node = picker_->addresses(number);
    const bool empty = type == DnsType::a ? node.v4.empty() : node.v6.empty();
    if (empty) continue;
    any = true;
    if (!add_node(node, set, owner, type)) return;
    figures_.add_node(number);
  }
  figures_.add(pick.nodes.empty() ? DnsFigure::geo_empty : DnsFigure::geo);
  // That there is no node lasts no longer than a node would.
  if (!any) deny(zone, std::min(set.ttl, zone.negative_ttl()));
}

void ZoneAnswer::refer(const Zone& zone, const Zone::Node& cut) {
  const RrSet& servers = *zone.set(cut, DnsType::ns);
  if (add_set(Section::authority, zone, servers, zone.name(cut)))
    add_addresses(zone, servers, &cut);
}

void ZoneAnswer::deny(const Zone& zone, uint32_t ttl) {
  const Bytes data = zone.data(zone.soa(), 0);
  if (!writer_.add(Section::authority, zone.apex(), DnsType::soa, ttl, data)) writer_.truncate();
}

bool ZoneAnswer::add_set(Section section, const Zone& zone, const RrSet& set, Bytes owner) {
  for (size_t i = 0; i < set.count; ++i) {
    if (writer_.add(section, owner, set.type, set.ttl, zone.data(set, i))) continue;
    writer_.truncate();
    return false;
  }
  return true;
}

void ZoneAnswer::add_addresses(const Zone& zone, const RrSet& servers, const Zone::Node* cut) {
  for (size_t i = 0; i < servers.count; ++i) {
    const Bytes server = zone.data(servers, i);
    if (!dns_name_within(server, zone.apex())) continue;
    const DnsKey key(server);
    const Zone::Node* node = zone.node(key, key.labels());
    if (!node) continue;
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
      const RrSet* set = zone.set(*node, type);
      for (size_t j = 0; set && j < set->count; ++j) {
        if (writer_.add(Section::additional, server, type, set->ttl, zone.data(*set, j))) continue;
        // Without glue below the delegation nobody gets there (RFC 9471); all else can be asked
        // for.
        if (cut && dns_name_within(server, zone.name(*cut))) writer_.set_truncated();
        return;
      }
    }
  }
}

}  // namespace fce
