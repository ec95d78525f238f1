// SPDX-License-Identifier: Apache-2.0
// Explanations and places as the C ABI hands them out: plain structs, and what they point to.
#pragma once

#include <fcedge/geo.h>

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "geo/geo_snapshot.h"

namespace fce {

// "192.0.2.0/24", "2001:db8::/32"
std::string prefix_text(const IpPrefix& prefix);

// `cell` is what the index says of `client`; null: nobody was asked for.
fce_geo_place place_out(const GeoIndex& index, uint32_t cell, const IpPrefix* client);

// Owns all that its plain struct points to, so it stays where it was made.
class GeoExplained {
 public:
  static Status make(const GeoSnapshot& snapshot, const char* set, const char* address,
                     const char* subnet, fce_geo_explanation** out);
  static void free(fce_geo_explanation* explanation);

  GeoExplained(const GeoExplained&) = delete;
  GeoExplained& operator=(const GeoExplained&) = delete;

 private:
  GeoExplained(const GeoSnapshot& snapshot, uint16_t set, const IpPrefix& client,
               const GeoExplanation& explanation);
  void add(const GeoSnapshot& snapshot, const GeoExplanation& explanation);

  fce_geo_explanation plain_;  // first: it is what the caller has
  fce_geo_place place_;
  std::string set_, client_, matched_;
  std::vector<std::string> texts_;
  std::vector<fce_geo_candidate> candidates_;
  std::vector<const fce_geo_candidate*> listed_, answer_;
};

// -1: there is no set of that name.
int find_set(const GeoMap& map, std::string_view name);

}  // namespace fce
