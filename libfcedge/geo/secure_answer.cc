// SPDX-License-Identifier: Apache-2.0
#include "geo/secure_answer.h"

#include <algorithm>
#include <string>
#include <vector>

namespace fce {

using Section = DnsWriter::Section;

SecureAnswer::Result SecureAnswer::sign(Section section, const Zone& zone, const DnssecSet& set) {
  if (!wanted(zone)) return Result::good;
  std::string data;
  if (!signer_->sign(*key(zone), set, &data)) return Result::no_signature;
  const bool added = writer_.add(section, set.owner, DnsType::rrsig, set.ttl, as_bytes(data));
  return added ? Result::good : Result::full;
}

SecureAnswer::Result SecureAnswer::sign(Section section, const Zone& zone, const RrSet& set,
                                        Bytes owner, uint32_t ttl) {
  if (!wanted(zone)) return Result::good;
  std::vector<Bytes> data;
  for (size_t i = 0; i < set.count; ++i) data.push_back(zone.data(set, i));
  return sign(section, zone, {owner, set.type, ttl, data});
}

SecureAnswer::Result SecureAnswer::add_nsec(const Zone& zone, Bytes owner,
                                            std::span<const DnsType> types) {
  const std::string nsec = compact_nsec(owner, types);
  const Bytes data = as_bytes(nsec);
  // Of the longest names there: nothing can be proven, and they are nobody's.
  if (data.empty()) return Result::good;
  const uint32_t ttl = zone.negative_ttl();
  if (!writer_.add(Section::authority, owner, DnsType::nsec, ttl, data)) return Result::full;
  return sign(Section::authority, zone, {owner, DnsType::nsec, ttl, {&data, 1}});
}

SecureAnswer::Result SecureAnswer::deny_name(const Zone& zone, Bytes owner, DnsRcode* rcode) {
  if (!wanted(zone)) return Result::good;
  if (!edns_.compact_ok) *rcode = DnsRcode::no_error;
  static constexpr DnsType kTypes[] = {DnsType::rrsig, DnsType::nsec, DnsType::nxname};
  return add_nsec(zone, owner, kTypes);
}

SecureAnswer::Result SecureAnswer::deny_type(const Zone& zone, const Zone::Node& node, Bytes owner,
                                             DnsType type) {
  if (!wanted(zone)) return Result::good;
  std::vector<DnsType> types = {DnsType::rrsig, DnsType::nsec};
  // Where another zone begins, addresses are glue.
  const bool cut = node.cut != Zone::Node::kNone;
  for (const RrSet& set : zone.sets(node)) {
    if (set.type == DnsType::geo) types.insert(types.end(), {DnsType::a, DnsType::aaaa});
    const bool ours = !cut || set.type == DnsType::ns || set.type == DnsType::ds;
    if (set.type != DnsType::geo && ours) types.push_back(set.type);
  }
  if (&node == &zone.apex_node()) types.push_back(DnsType::dnskey);
  types.erase(std::remove(types.begin(), types.end(), type), types.end());
  std::sort(types.begin(), types.end());
  return add_nsec(zone, owner, types);
}

}  // namespace fce
