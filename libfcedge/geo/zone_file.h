// SPDX-License-Identifier: Apache-2.0
// Zones from master files (RFC 1035 section 5): $ORIGIN, $TTL, parentheses, quoted strings, \DDD,
// relative names, TTLs with units. $INCLUDE and $GENERATE are refused: a zone is one file.
//
// A name that is answered with the nodes of a set has a record of a type of ours:
//
//     www  30  IN  GEO  "eu"
//
// which other tools read in the form of unknown types (RFC 3597), with the set's name as its bytes:
//
//     www  30  IN  TYPE65280  \# 2 6575
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "geo/dns_name.h"
#include "geo/zone.h"

namespace fce {

constexpr size_t kZoneFileBytesMax = size_t{64} << 20;

// `file` is the name that errors begin with: "FILE:LINE: SENTENCE". `apex` is the zone's name and
// the first $ORIGIN; `geo_sets` are the names of the sets of nodes, by their numbers.
Status parse_zone(std::string_view text, const std::string& file, const DnsName& apex,
                  std::span<const std::string> geo_sets, std::shared_ptr<const Zone>* out);

// Reads the file at once, so by a worker. FCE_ETOOBIG when it is larger than a zone may be.
Status load_zone_file(const std::string& path, const DnsName& apex,
                      std::span<const std::string> geo_sets, std::shared_ptr<const Zone>* out);

}  // namespace fce
