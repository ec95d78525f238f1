// SPDX-License-Identifier: Apache-2.0
// ZoneSet: all zones that a server answers for, immutable. One is swapped for the next as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "geo/dnssec_key.h"
#include "geo/zone.h"

namespace fce {

// What a zone is signed with: null for one that is not.
struct ZoneKeys {
  std::shared_ptr<const DnssecKey> key;
  std::shared_ptr<const DnssecKey> other;  // shown beside it while one follows the other; or null
};

class ZoneSet {
 public:
  using Keys = std::vector<ZoneKeys>;

  // `keys` is as long as `zones`, or empty when none is signed.
  // FCE_EEXIST when two zones begin at the same name.
  static Status make(std::vector<std::shared_ptr<const Zone>> zones,
                     std::shared_ptr<const ZoneSet>* out, Keys keys = {});

  // The zone that the name belongs to, which is the one that begins closest above it; null if none
  // of ours does. DS of a zone's own name belongs to the zone above it, if that is ours, too.
  const Zone* find(const DnsKey& key, DnsType type) const;

  const ZoneKeys& keys(const Zone& zone) const;  // of one of its zones

  bool has_keys() const;

  const std::vector<std::shared_ptr<const Zone>>& zones() const { return zones_; }

 private:
  ZoneSet(std::vector<std::shared_ptr<const Zone>> zones, Keys keys);
  const Zone* at(const DnsKey& key, size_t labels) const;

  static constexpr uint32_t kNone = UINT32_MAX;
  const std::vector<std::shared_ptr<const Zone>> zones_;
  const Keys keys_;
  std::vector<uint32_t> table_;  // of zones by the hash of the apex, a power of two
  size_t labels_max_ = 0;
};

}  // namespace fce
