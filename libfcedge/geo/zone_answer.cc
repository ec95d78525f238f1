// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_answer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "geo/dns_name.h"

namespace fce {
namespace {

using Kind = ResponseRate::Kind;

// What is said instead of all records of a name (RFC 8482 section 4.2): HINFO of two strings.
constexpr uint8_t kHinfo[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
constexpr uint32_t kHinfoTtl = 3600;

}  // namespace

ZoneAnswer::Outcome ZoneAnswer::answer(const DnsQuery& query, const DnsKey& key) {
  std::array<Bytes, kAliasesMax + 1> seen;
  size_t count = 0;
  seen[count++] = query.name;
  Bytes next = answer_name(query.name, key, query.type, true);
  while (count < seen.size() && !next.empty() && !writer_.truncated() && !failed_) {
    const bool circle = std::any_of(seen.begin(), seen.begin() + count,
                                    [&](Bytes name) { return dns_names_equal(name, next); });
    if (circle) break;
    seen[count++] = next;
    next = answer_name(next, DnsKey(next), query.type, false);
  }
  return outcome_;
}

void ZoneAnswer::tell_rate(Kind kind, uint64_t name_hash) {
  if (told_) return;
  told_ = true;
  outcome_.kind = kind;
  outcome_.name_hash = name_hash;
  if (!judge_.goes_out(outcome_)) secure_.stop();
}

void ZoneAnswer::fail_answer() {
  writer_.clear();
  failed_ = true;
  outcome_.rcode = DnsRcode::server_failure;
  outcome_.authoritative = false;
}

bool ZoneAnswer::settle(SecureAnswer::Result result) {
  if (result == SecureAnswer::Result::good) return true;
  if (result == SecureAnswer::Result::full) {
    writer_.truncate();
    return false;
  }
  fail_answer();
  return false;
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
  if (first) outcome_.secure = secure_.wanted(*zone);
  secure_.set_made_up(found.match == Zone::Match::none || found.match == Zone::Match::wildcard);
  switch (found.match) {
    case Zone::Match::delegated:
      tell_rate(Kind::referral, found.node->hash);
      refer(*zone, *found.node);
      return {};
    case Zone::Match::none:
      tell_rate(Kind::nxdomain, found.encloser->hash);
      if (!answer_secure(*zone, nullptr, name, type)) deny_name(*zone, name);
      return {};
    case Zone::Match::exact:
    case Zone::Match::wildcard: return answer_node(*zone, *found.node, name, type);
  }
  return {};
}

Bytes ZoneAnswer::answer_node(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type) {
  if (answer_secure(zone, &node, owner, type)) return {};
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
    answer_geo(zone, node, *geo, owner, type);
  } else if (!set) {
    deny_type(zone, node, owner, type, zone.negative_ttl());
  } else if (add_set(Section::answer, zone, *set, owner) && type == DnsType::ns) {
    add_addresses(zone, *set, nullptr);
  }
  return {};
}

bool ZoneAnswer::answer_secure(const Zone& zone, const Zone::Node* node, Bytes owner,
                               DnsType type) {
  const bool keys = type == DnsType::dnskey && node == &zone.apex_node();
  if (!keys && type != DnsType::nsec && type != DnsType::rrsig) return false;
  if (!secure_.is_signed(zone)) return false;
  if (node) tell_rate(Kind::answer, node->hash);
  settle(keys ? secure_.answer_keys(zone, owner) : secure_.answer(zone, node, owner, type));
  return true;
}

void ZoneAnswer::answer_any(const Zone& zone, const Zone::Node& node, Bytes owner) {
  if (const RrSet* alias = zone.set(node, DnsType::cname)) {
    add_set(Section::answer, zone, *alias, owner);
    return;
  }
  const Bytes data(kHinfo);
  if (!writer_.add(Section::answer, owner, DnsType::hinfo, kHinfoTtl, data))
    return writer_.truncate();
  settle(secure_.sign(Section::answer, zone, {owner, DnsType::hinfo, kHinfoTtl, {&data, 1}}));
}

// Whether a node that comes before has the address, too.
bool ZoneAnswer::is_given(const GeoPick& pick, size_t before, Bytes ip) const {
  const auto same = [&](const auto& other) {
    return std::equal(ip.begin(), ip.end(), other.begin(), other.end());
  };
  for (const uint16_t number : pick.nodes.first(before)) {
    const NodeAddresses node = picker_->addresses(number);
    if (std::any_of(node.v4.begin(), node.v4.end(), same)) return true;
    if (std::any_of(node.v6.begin(), node.v6.end(), same)) return true;
  }
  return false;
}

// Calls `each` with the addresses of the nodes, each of them once (RFC 2181 section 5), as long as
// it returns true.
template <class F>
bool ZoneAnswer::each_address(const GeoPick& pick, DnsType type, F&& each) const {
  for (size_t i = 0; i < pick.nodes.size(); ++i) {
    const NodeAddresses node = picker_->addresses(pick.nodes[i]);
    const auto take = [&](Bytes ip) { return is_given(pick, i, ip) || each(ip); };
    const bool more = type == DnsType::a ? std::all_of(node.v4.begin(), node.v4.end(), take)
                                         : std::all_of(node.v6.begin(), node.v6.end(), take);
    if (!more) return false;
  }
  return true;
}

bool ZoneAnswer::sign_nodes(const Zone& zone, const GeoPick& pick, const RrSet& set, Bytes owner,
                            DnsType type) {
  if (!secure_.wanted(zone)) return true;
  std::vector<Bytes> data;
  each_address(pick, type, [&](Bytes ip) {
    data.push_back(ip);
    return true;
  });
  return settle(secure_.sign(Section::answer, zone, {owner, type, set.ttl, data}));
}

void ZoneAnswer::answer_geo(const Zone& zone, const Zone::Node& name, const RrSet& set, Bytes owner,
                            DnsType type) {
  const GeoPick pick = picker_ ? picker_->pick(set.geo_set, client_) : GeoPick{{}, 0, false};
  if (!pick.known) return fail_answer();
  // Of several names, as aliases bring them, all have to be the same within the scope.
  const uint8_t bits_max = client_.v6 ? 128 : 32;
  outcome_.scope_bits = std::max(outcome_.scope_bits, std::min(pick.scope_bits, bits_max));
  figures_.add(pick.nodes.empty() ? DnsFigure::geo_empty : DnsFigure::geo);
  bool any = false;
  const bool fits = each_address(pick, type, [&](Bytes ip) {
    any = true;
    return writer_.add(Section::answer, owner, type, set.ttl, ip);
  });
  if (!fits) return writer_.truncate();
  for (const uint16_t number : pick.nodes) {
    const NodeAddresses node = picker_->addresses(number);
    if (!(type == DnsType::a ? node.v4.empty() : node.v6.empty())) figures_.add_node(number);
  }
  if (any) {
    sign_nodes(zone, pick, set, owner, type);
    return;
  }
  // That there is no node lasts no longer than a node would.
  deny_type(zone, name, owner, type, std::min(set.ttl, zone.negative_ttl()));
}

void ZoneAnswer::refer(const Zone& zone, const Zone::Node& cut) {
  const RrSet& servers = *zone.set(cut, DnsType::ns);
  const Bytes owner = zone.name(cut);
  if (!add_records(Section::authority, zone, servers, owner)) return;
  // Whether what is below is signed, too, is for us to say.
  const RrSet* ds = zone.set(cut, DnsType::ds);
  if (ds && secure_.wanted(zone) && !add_set(Section::authority, zone, *ds, owner)) return;
  if (!ds && !settle(secure_.deny_type(zone, cut, owner, DnsType::ds, zone.negative_ttl()))) return;
  add_addresses(zone, servers, &cut);
}

bool ZoneAnswer::add_soa(const Zone& zone, uint32_t ttl) {
  const RrSet& soa = zone.soa();
  if (writer_.add(Section::authority, zone.apex(), DnsType::soa, ttl, zone.data(soa, 0)))
    return settle(secure_.sign(Section::authority, zone, soa, zone.apex(), ttl));
  writer_.truncate();
  return false;
}

void ZoneAnswer::deny_name(const Zone& zone, Bytes owner) {
  outcome_.rcode = DnsRcode::name_error;
  if (add_soa(zone, zone.negative_ttl())) settle(secure_.deny_name(zone, owner, &outcome_.rcode));
}

void ZoneAnswer::deny_type(const Zone& zone, const Zone::Node& node, Bytes owner, DnsType type,
                           uint32_t ttl) {
  if (add_soa(zone, ttl)) settle(secure_.deny_type(zone, node, owner, type, ttl));
}

bool ZoneAnswer::add_records(Section section, const Zone& zone, const RrSet& set, Bytes owner) {
  for (size_t i = 0; i < set.count; ++i) {
    if (writer_.add(section, owner, set.type, set.ttl, zone.data(set, i))) continue;
    writer_.truncate();
    return false;
  }
  return true;
}

bool ZoneAnswer::add_set(Section section, const Zone& zone, const RrSet& set, Bytes owner) {
  return add_records(section, zone, set, owner) &&
         settle(secure_.sign(section, zone, set, owner, set.ttl));
}

// Whole or not at all (RFC 2181 section 9).
bool ZoneAnswer::add_address(const Zone& zone, const Zone::Node& node, const RrSet& set,
                             Bytes server) {
  const DnsWriter::Mark before = writer_.mark();
  for (size_t i = 0; i < set.count; ++i)
    if (!writer_.add(Section::additional, server, set.type, set.ttl, zone.data(set, i))) {
      writer_.rewind(before);
      return false;
    }
  // Glue is not ours to sign. All else goes without a signature that there is no room for, but not
  // without one that could not be made (RFC 4035 section 3.1.1).
  if (node.cut == Zone::Node::kNone && secure_.sign(Section::additional, zone, set, server,
                                                    set.ttl) == SecureAnswer::Result::refused)
    writer_.rewind(before);
  return true;
}

bool ZoneAnswer::add_addresses_of(const Zone& zone, Bytes server) {
  const DnsKey key(server);
  const Zone::Node* node = zone.node(key, key.labels());
  if (!node) return true;
  bool fits = true;
  for (const DnsType type : {DnsType::a, DnsType::aaaa})
    if (const RrSet* set = zone.set(*node, type))
      fits = add_address(zone, *node, *set, server) && fits;
  return fits;
}

void ZoneAnswer::add_addresses(const Zone& zone, const RrSet& servers, const Zone::Node* cut) {
  const auto below = [&](Bytes server) { return cut && dns_name_within(server, zone.name(*cut)); };
  // Without glue below the delegation nobody gets there (RFC 9471), so that goes first; all else
  // can be asked for.
  for (size_t i = 0; i < servers.count; ++i) {
    const Bytes server = zone.data(servers, i);
    if (below(server) && !add_addresses_of(zone, server)) writer_.set_truncated();
  }
  for (size_t i = 0; i < servers.count; ++i) {
    const Bytes server = zone.data(servers, i);
    if (!below(server) && dns_name_within(server, zone.apex())) add_addresses_of(zone, server);
  }
}

}  // namespace fce
