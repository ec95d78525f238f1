// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_check.h"

#include <string>

#include "geo/dns_name.h"

namespace fce {
namespace {

std::string text_of(Bytes wire) {
  DnsName name;
  DnsName::from_wire(wire, &name);
  return name.text();
}

// Of a referral, which has no nodes of a set in it.
bool has_glue(const Zone& zone, const Zone::Node& node) {
  return zone.set(node, DnsType::a) || zone.set(node, DnsType::aaaa);
}

bool has_address(const Zone& zone, const Zone::Node& node) {
  return has_glue(zone, node) || zone.set(node, DnsType::geo);
}

Status check_target(const Zone& zone, const Zone::Node& owner, DnsType type, Bytes target) {
  if (!dns_name_within(target, zone.apex())) return Status::ok;
  const std::string what =
      text_of(zone.name(owner)) + ": " + dns_type_text(type) + " " + text_of(target);
  const DnsKey key(target);
  const Zone::Found found = zone.find(key, DnsType::a);
  if (found.match == Zone::Match::delegated) {
    // Only addresses of servers below their own delegation cannot be found without us.
    const Zone::Node* glue = zone.node(key, key.labels());
    const bool needed = type == DnsType::ns && found.node == &owner;
    if (!needed || (glue && has_glue(zone, *glue))) return Status::ok;
    return fail(Status::invalid, what + " needs an address here, too (glue)");
  }
  if (found.node && zone.set(*found.node, DnsType::cname))
    return fail(Status::invalid, what + " is an alias");
  if (!found.node || !has_address(zone, *found.node))
    return fail(Status::invalid, what + " has no address");
  return Status::ok;
}

Status check_targets(const Zone& zone, const Zone::Node& node, const RrSet& set) {
  constexpr size_t kPreference = 2;
  for (size_t i = 0; i < set.count; ++i) {
    Bytes target = zone.data(set, i);
    if (set.type == DnsType::mx) target = target.subspan(kPreference);
    // "MX 0 ." says that there is no mail (RFC 7505).
    if (set.type == DnsType::mx && target.size() == 1) continue;
    if (const Status status = check_target(zone, node, set.type, target); status != Status::ok)
      return status;
  }
  return Status::ok;
}

}  // namespace

Status check_zone(const Zone& zone) {
  for (const Zone::Node& node : zone.nodes()) {
    for (const RrSet& set : zone.sets(node)) {
      if (set.type == DnsType::ds && !zone.set(node, DnsType::ns))
        return fail(Status::invalid, text_of(zone.name(node)) + ": DS where nothing is delegated");
      if (set.type != DnsType::ns && set.type != DnsType::mx) continue;
      if (const Status status = check_targets(zone, node, set); status != Status::ok) return status;
    }
  }
  return Status::ok;
}

}  // namespace fce
