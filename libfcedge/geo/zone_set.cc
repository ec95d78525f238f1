// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_set.h"

#include <algorithm>
#include <bit>

#include "geo/dns_name.h"

namespace fce {

ZoneSet::ZoneSet(std::vector<std::shared_ptr<const Zone>> zones, Keys keys)
    : zones_(std::move(zones)), keys_(std::move(keys)) {
  table_.assign(std::bit_ceil(2 * zones_.size() + 1), kNone);
  for (uint32_t i = 0; i < zones_.size(); ++i) {
    const Zone::Node& apex = zones_[i]->apex_node();
    size_t slot = apex.hash & (table_.size() - 1);
    while (table_[slot] != kNone) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = i;
    labels_max_ = std::max<size_t>(labels_max_, apex.labels);
  }
}

Status ZoneSet::make(std::vector<std::shared_ptr<const Zone>> zones,
                     std::shared_ptr<const ZoneSet>* out, Keys keys) {
  std::shared_ptr<const ZoneSet> set(new ZoneSet(std::move(zones), std::move(keys)));
  for (const auto& zone : set->zones_) {
    const DnsKey key(zone->apex());
    if (set->at(key, key.labels()) == zone.get()) continue;
    DnsName name;
    DnsName::from_wire(zone->apex(), &name);
    return fail(Status::exists, "there are two zones " + name.text());
  }
  *out = std::move(set);
  return Status::ok;
}

const Zone* ZoneSet::at(const DnsKey& key, size_t labels) const {
  const uint64_t hash = key.hash(labels);
  const size_t mask = table_.size() - 1;
  for (size_t slot = hash & mask; table_[slot] != kNone; slot = (slot + 1) & mask) {
    const Zone* zone = zones_[table_[slot]].get();
    if (zone->apex_node().hash == hash && dns_names_equal(zone->apex(), key.suffix(labels)))
      return zone;
  }
  return nullptr;
}

bool ZoneSet::has_keys() const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [](const ZoneKeys& keys) { return keys.key != nullptr; });
}

const ZoneKeys& ZoneSet::keys(const Zone& zone) const {
  static const ZoneKeys kUnsigned;
  const size_t mask = table_.size() - 1;
  size_t slot = zone.apex_node().hash & mask;
  while (table_[slot] != kNone && zones_[table_[slot]].get() != &zone) slot = (slot + 1) & mask;
  return keys_.empty() || table_[slot] == kNone ? kUnsigned : keys_[table_[slot]];
}

const Zone* ZoneSet::find(const DnsKey& key, DnsType type) const {
  const Zone* own = nullptr;
  for (size_t labels = std::min(key.labels(), labels_max_);; --labels) {
    if (const Zone* zone = at(key, labels)) {
      if (type != DnsType::ds || labels < key.labels()) return zone;
      own = zone;
    }
    if (labels == 0) return own;
  }
}

}  // namespace fce
