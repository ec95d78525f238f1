// SPDX-License-Identifier: Apache-2.0
#include "geo_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

namespace edge {
namespace {

using nlohmann::ordered_json;

// The index knows places to a few kilometres; more digits would only look exact.
double rounded(double value, double steps) { return std::round(value * steps) / steps; }

ordered_json words_json(const char* words) {
  ordered_json list = ordered_json::array();
  std::istringstream stream(words);
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

ordered_json candidate_json(const fce_geo_candidate& candidate, bool placed) {
  ordered_json json;
  json["node"] = candidate.name;
  if (*candidate.region != '\0') json["region"] = candidate.region;
  if (placed) json["distance_km"] = std::lround(candidate.distance_km);
  json["load_percent"] = std::lround(candidate.load_percent);
  json["state"] = geo_state_name(candidate.state);
  json["spilled"] = candidate.spilled != 0;
  json["addresses"] = words_json(candidate.addresses);
  return json;
}

}  // namespace

const char* geo_state_name(uint32_t state) {
  constexpr const char* kNames[] = {"up", "draining", "down"};
  return state <= FCE_GEO_DOWN ? kNames[state] : "unknown";
}

const char* geo_rule_name(uint32_t rule) {
  constexpr const char* kNames[] = {"prefix", "country", "continent", "distance"};
  return rule <= FCE_GEO_BY_DISTANCE ? kNames[rule] : "unknown";
}

GeoCredit geo_credit(const std::string& database) {
  std::string lower;
  for (const char c : database)
    if (c != '-') lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (lower.find("geolite2") != std::string::npos)
    return {"This product includes GeoLite2 data created by MaxMind", "https://www.maxmind.com"};
  if (lower.find("dbip") != std::string::npos)
    return {"IP Geolocation by DB-IP", "https://db-ip.com"};
  return {};
}

ordered_json place_json(const fce_geo_place& place) {
  ordered_json json;
  json["known"] = place.known != 0;
  if (*place.prefix != '\0') json["prefix"] = place.prefix;
  if (place.known == 0) return json;
  json["country"] = place.country;
  json["continent"] = place.continent;
  json["eu"] = place.eu != 0;
  json["latitude"] = rounded(place.latitude, 100);
  json["longitude"] = rounded(place.longitude, 100);
  json["radius_km"] = place.radius_km;
  json["cell"] = place.cell;
  return json;
}

ordered_json explanation_json(const fce_geo_explanation& explanation) {
  ordered_json json;
  json["set"] = explanation.set;
  json["client"] = explanation.client;
  json["place"] = place_json(*explanation.place);
  json["rule"] = geo_rule_name(explanation.rule);
  json["matched"] = explanation.matched;
  json["candidates"] = ordered_json::array();
  for (size_t i = 0; i < explanation.candidate_count; ++i)
    json["candidates"].push_back(
        candidate_json(*explanation.candidates[i], explanation.place->known != 0));
  json["answer"] = ordered_json::array();
  for (size_t i = 0; i < explanation.answer_count; ++i)
    json["answer"].push_back(explanation.answer[i]->name);
  return json;
}

}  // namespace edge
