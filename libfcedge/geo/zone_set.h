// SPDX-License-Identifier: Apache-2.0
// ZoneSet: all zones that a server answers for, immutable. One is swapped for the next as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "geo/zone.h"

namespace fce {

class ZoneSet {
 public:
  // FCE_EEXIST when two zones begin at the same name.
  static Status make(std::vector<std::shared_ptr<const Zone>> zones,
                     std::shared_ptr<const ZoneSet>* out);

  // The zone that the name belongs to, which is the one that begins closest above it; null if none
  // of ours does. DS of a zone's own name belongs to the zone above it, if that is ours, too.
  const Zone* find(const DnsKey& key, DnsType type) const;

  const std::vector<std::shared_ptr<const Zone>>& zones() const { return zones_; }

 private:
  explicit ZoneSet(std::vector<std::shared_ptr<const Zone>> zones);
  const Zone* at(const DnsKey& key, size_t labels) const;

  const std::vector<std::shared_ptr<const Zone>> zones_;
  std::vector<const Zone*> table_;  // by the hash of the apex, a power of two
  size_t labels_max_ = 0;
};

}  // namespace fce
