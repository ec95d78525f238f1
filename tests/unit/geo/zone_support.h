// SPDX-License-Identifier: Apache-2.0
// Zones of tests, from text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "geo/dns_support.h"
#include "geo/zone_file.h"
#include "geo/zone_set.h"

namespace fce::test {

inline const std::vector<std::string>& geo_sets() {
  static const std::vector<std::string> kSets = {"all", "eu"};
  return kSets;
}

// Null, and the sentence in `last_error`, when it is refused.
inline std::shared_ptr<const Zone> zone(std::string_view apex, std::string_view text) {
  std::shared_ptr<const Zone> out;
  if (parse_zone(text, "zone", dns_name(apex), geo_sets(), &out) != Status::ok) return nullptr;
  return out;
}

inline std::shared_ptr<const ZoneSet> zone_set(std::vector<std::shared_ptr<const Zone>> zones,
                                               ZoneSet::Keys keys = {}) {
  std::shared_ptr<const ZoneSet> out;
  if (ZoneSet::make(std::move(zones), &out, std::move(keys)) != Status::ok) return nullptr;
  return out;
}

// RFC 4592 section 2.2.1, whose servers are out of the zone.
constexpr std::string_view kWildcards = R"($TTL 3600
$ORIGIN example.
@                 SOA   ns.example.com. admin.example.com. 1 7200 3600 1w 5m
@                 NS    ns.example.com.
@                 NS    ns.example.net.
*                 TXT   "this is a wildcard"
*                 MX    10 host1
sub.*             TXT   "this is not a wildcard"
host1             A     192.0.2.1
_ssh._tcp.host1   SRV   0 0 22 host1
_ssh._tcp.host2   SRV   0 0 22 host1
subdel            NS    ns.example.com.
subdel            NS    ns.example.net.
)";

}  // namespace fce::test
