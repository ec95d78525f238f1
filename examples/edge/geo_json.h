// SPDX-License-Identifier: Apache-2.0
//
// Who is sent where, and why, as JSON for programs and pages.
#ifndef FCEDGE_EXAMPLES_EDGE_GEO_JSON_H_
#define FCEDGE_EXAMPLES_EDGE_GEO_JSON_H_

#include <fcedge/geo.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace edge {

struct ExplanationDeleter {
  void operator()(fce_geo_explanation* explanation) const { fce_geo_explanation_free(explanation); }
};
using ExplanationPtr = std::unique_ptr<fce_geo_explanation, ExplanationDeleter>;

// "up", "draining", "down"; "prefix", "country", "continent", "distance"
const char* geo_state_name(uint32_t state);
const char* geo_rule_name(uint32_t rule);

// "IP Geolocation by DB-IP" and where that is to link to: what the licences of the free databases
// ask for to be shown. `database` is its type and the names of its files, since some do not say in
// the file whose they are. Empty for all others.
struct GeoCredit {
  std::string text, link;
};
GeoCredit geo_credit(const std::string& database);

nlohmann::ordered_json place_json(const fce_geo_place& place);
nlohmann::ordered_json explanation_json(const fce_geo_explanation& explanation);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_GEO_JSON_H_
