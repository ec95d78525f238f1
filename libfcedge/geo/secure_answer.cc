// SPDX-License-Identifier: Apache-2.0
#include "geo/secure_answer.h"

#include <algorithm>
#include <iterator>

namespace fce {
namespace {

// The types of a name that does not exist.
constexpr DnsType kNoName[] = {DnsType::rrsig, DnsType::nsec, DnsType::nxname};

}  // namespace

SecureAnswer::Result SecureAnswer::add_signature(Section section, const Zone& zone, DnssecSet set) {
  // Whatever is asked for, the zone's own name is not made up.
  set.made_up = made_up_ && !dns_names_equal(set.owner, zone.apex());
  std::string data;
  switch (signer_->sign(zones_.keys(zone).key, set, &data)) {
    case DnssecSigner::Result::made: figures_.add(DnsFigure::dnssec_made); break;
    case DnssecSigner::Result::remembered: figures_.add(DnsFigure::dnssec_remembered); break;
    case DnssecSigner::Result::refused:
      figures_.add(DnsFigure::dnssec_refused);
      return Result::refused;
  }
  const bool added = writer_.add(section, set.owner, DnsType::rrsig, set.ttl, as_bytes(data));
  return added ? Result::good : Result::full;
}

SecureAnswer::Result SecureAnswer::sign(Section section, const Zone& zone, const DnssecSet& set) {
  return wanted(zone) ? add_signature(section, zone, set) : Result::good;
}

SecureAnswer::Result SecureAnswer::sign(Section section, const Zone& zone, const RrSet& set,
                                        Bytes owner, uint32_t ttl) {
  if (!wanted(zone)) return Result::good;
  std::vector<Bytes> data;
  for (size_t i = 0; i < set.count; ++i) data.push_back(zone.data(set, i));
  return add_signature(section, zone, {owner, set.type, ttl, data});
}

SecureAnswer::Result SecureAnswer::add_nsec(const Zone& zone, Bytes owner, NsecNext next,
                                            std::span<const DnsType> types, uint32_t ttl) {
  const std::string nsec = compact_nsec(owner, next, types);
  const Bytes data = as_bytes(nsec);
  // Of some of the longest names nothing can be proven, and they are nobody's.
  if (data.empty()) return Result::good;
  if (!writer_.add(Section::authority, owner, DnsType::nsec, ttl, data)) return Result::full;
  return add_signature(Section::authority, zone, {owner, DnsType::nsec, ttl, {&data, 1}});
}

SecureAnswer::Result SecureAnswer::deny_name(const Zone& zone, Bytes owner, DnsRcode* rcode) {
  if (!wanted(zone)) return Result::good;
  if (!edns_.compact_ok) *rcode = DnsRcode::no_error;
  return add_nsec(zone, owner, NsecNext::below, kNoName, zone.negative_ttl());
}

std::vector<DnsType> SecureAnswer::types_of(const Zone& zone, const Zone::Node& node) {
  std::vector<DnsType> types = {DnsType::rrsig, DnsType::nsec};
  // Where another zone begins, addresses are glue.
  const bool cut = node.cut != Zone::Node::kNone;
  for (const RrSet& set : zone.sets(node)) {
    if (set.type == DnsType::geo) types.insert(types.end(), {DnsType::a, DnsType::aaaa});
    const bool ours = !cut || set.type == DnsType::ns || set.type == DnsType::ds;
    if (set.type != DnsType::geo && ours) types.push_back(set.type);
  }
  if (&node == &zone.apex_node()) types.push_back(DnsType::dnskey);
  std::sort(types.begin(), types.end());
  return types;
}

SecureAnswer::Result SecureAnswer::deny_type(const Zone& zone, const Zone::Node& node, Bytes owner,
                                             DnsType type, uint32_t ttl) {
  if (!wanted(zone)) return Result::good;
  std::vector<DnsType> types = types_of(zone, node);
  // What a set of nodes may have, it has not for this client.
  types.erase(std::remove(types.begin(), types.end(), type), types.end());
  const NsecNext next = node.cut == Zone::Node::kNone ? NsecNext::below : NsecNext::beside;
  return add_nsec(zone, owner, next, types, ttl);
}

SecureAnswer::Result SecureAnswer::answer_keys(const Zone& zone, Bytes owner) {
  constexpr uint32_t kTtl = 3600;
  const ZoneKeys& keys = zones_.keys(zone);
  std::vector<Bytes> data = {as_bytes(keys.key->dnskey())};
  if (keys.other) data.push_back(as_bytes(keys.other->dnskey()));
  for (const Bytes one : data)
    if (!writer_.add(Section::answer, owner, DnsType::dnskey, kTtl, one)) return Result::full;
  return sign(Section::answer, zone, {owner, DnsType::dnskey, kTtl, data});
}

SecureAnswer::Result SecureAnswer::answer(const Zone& zone, const Zone::Node* node, Bytes owner,
                                          DnsType type) {
  if (!signer_) return Result::good;
  const uint32_t ttl = zone.negative_ttl();
  std::vector<DnsType> types(std::begin(kNoName), std::end(kNoName));
  if (node) types = types_of(zone, *node);
  const std::string nsec = compact_nsec(owner, NsecNext::below, types);
  const Bytes data = as_bytes(nsec);
  if (data.empty()) return Result::refused;
  const DnssecSet set = {owner, DnsType::nsec, ttl, {&data, 1}};
  if (type == DnsType::rrsig) return add_signature(Section::answer, zone, set);
  if (!writer_.add(Section::answer, owner, DnsType::nsec, ttl, data)) return Result::full;
  return sign(Section::answer, zone, set);
}

}  // namespace fce
