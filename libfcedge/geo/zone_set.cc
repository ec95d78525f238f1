// SPDX-License-Identifier: Apache-2.0
#include "geo/zone_set.h"

#include <algorithm>
#include <bit>

#include "geo/dns_name.h"

namespace fce {

ZoneSet::ZoneSet(std::vector<std::shared_ptr<const Zone>> zones) : zones_(std::move(zones)) {
  table_.resize(std::bit_ceil(2 * zones_.size() + 1));
  for (const auto& zone : zones_) {
    const Zone::Node& apex = zone->apex_node();
    size_t slot = apex.hash & (table_.size() - 1);
    while (table_[slot]) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = zone.get();
    labels_max_ = std::max<size_t>(labels_max_, apex.labels);
  }
}

Status ZoneSet::make(std::vector<std::shared_ptr<const Zone>> zones,
                     std::shared_ptr<const ZoneSet>* out) {
  std::shared_ptr<const ZoneSet> set(new ZoneSet(std::move(zones)));
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
  for (size_t slot = hash & mask; table_[slot]; slot = (slot + 1) & mask)
    if (table_[slot]->apex_node().hash == hash &&
        dns_names_equal(table_[slot]->apex(), key.suffix(labels)))
      return table_[slot];
  return nullptr;
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
