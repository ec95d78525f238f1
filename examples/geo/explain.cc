// SPDX-License-Identifier: Apache-2.0
#include "explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "routing.h"

namespace geo {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as what stands in them; those in `right` end at the same place.
void print_table(const std::vector<Row>& rows, const std::vector<bool>& right) {
  std::vector<size_t> widths(right.size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "  " : "   ") + (right[i] ? pad + row[i] : row[i] + pad);
    }
    std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

// "50.1 N", "8.7 E"
std::string degrees(double value, const char* positive, const char* negative) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", std::fabs(value), value < 0 ? negative : positive);
  return text;
}

const char* continent_name(const std::string& code) {
  constexpr const char* kNames[][2] = {
      {"AF", "Africa"},        {"AN", "Antarctica"}, {"AS", "Asia"},         {"EU", "Europe"},
      {"NA", "North America"}, {"OC", "Oceania"},    {"SA", "South America"}};
  for (const auto& [of, name] : kNames)
    if (code == of) return name;
  return "of no continent";
}

void print_place(const fce_geo_place& place) {
  std::cout << "place     ";
  if (place.known == 0) {
    std::cout << "not known\n";
  } else {
    std::cout << place.country << ", " << continent_name(place.continent)
              << (place.eu ? ", in the EU" : "") << ", " << degrees(place.latitude, "N", "S") << ' '
              << degrees(place.longitude, "E", "W");
    if (place.radius_km != 0) std::cout << ", within " << place.radius_km << " km";
    std::cout << "\ncell      " << place.cell << '\n';
  }
  std::cout << "prefix    " << place.prefix << "  (all of it is in this place)\n";
}

Row row_of(const fce_geo_explanation& why, const fce_geo_candidate& candidate) {
  std::string rank;
  for (size_t i = 0; i < why.answer_count; ++i)
    if (why.answer[i] == &candidate) rank = std::to_string(i + 1);
  const double km = std::round(candidate.distance_km);
  return {
      rank,
      candidate.name,
      *candidate.region != '\0' ? candidate.region : "-",
      why.place->known ? std::to_string(static_cast<long>(km)) + " km" : "-",
      std::to_string(std::lround(candidate.load_percent)) + " %",
      std::string(edge::geo_state_name(candidate.state)) + (candidate.spilled ? ", too full" : ""),
      candidate.addresses};
}

const char* rule_sentence(uint32_t rule) {
  switch (rule) {
    case FCE_GEO_BY_PREFIX: return "an override of the client's prefix";
    case FCE_GEO_BY_COUNTRY: return "an override of the country";
    case FCE_GEO_BY_CONTINENT: return "an override of the continent";
    default: return "distance, and then load and weight";
  }
}

void print_explanation(const fce_geo_explanation& why) {
  std::cout << "\nset       " << why.set << "\nrule      " << rule_sentence(why.rule)
            << "\nmatched   " << why.matched << "  (all of it gets this answer)\n";
  std::vector<Row> rows = {{"#", "node", "region", "distance", "load", "state", "addresses"}};
  for (size_t i = 0; i < why.candidate_count; ++i) rows.push_back(row_of(why, *why.candidates[i]));
  print_table(rows, {true, false, false, true, true, false, false});
  std::cout << "answer    ";
  if (why.answer_count == 0) std::cout << "none: no node may be answered";
  for (size_t i = 0; i < why.answer_count; ++i)
    std::cout << (i == 0 ? "" : ", ") << why.answer[i]->name;
  std::cout << '\n';
}

edge::ExplanationPtr explain_set(const Routing& routing, const Options& options,
                                 const std::string& set) {
  fce_geo_explanation* made = nullptr;
  const char* subnet = options.subnet.empty() ? nullptr : options.subnet.c_str();
  if (fce_geo_ranking_explain(routing.ranking(), set.c_str(), options.address.c_str(), subnet,
                              &made) != FCE_OK) {
    throw edge::ConfigError(std::string("fcedge-geo: ") + fce_last_error());
  }
  return edge::ExplanationPtr(made);
}

// Of an address alone, without a map. A subnet's place is that of its first address.
fce_geo_place look_up(const Routing& routing, const Options& options) {
  fce_geo_place place;
  fce_geo_place_init(&place);
  const std::string& client = options.subnet.empty() ? options.address : options.subnet;
  const std::string address = client.substr(0, client.find('/'));
  if (fce_geo_index_lookup(routing.index(), address.c_str(), &place) != FCE_OK)
    throw edge::ConfigError(std::string("fcedge-geo: ") + fce_last_error());
  return place;
}

void print_json(const Routing& routing, const std::vector<edge::ExplanationPtr>& sets,
                const fce_geo_place& place, const Options& options) {
  nlohmann::ordered_json json;
  json["address"] = options.address;
  if (!options.subnet.empty()) json["subnet"] = options.subnet;
  if (!routing.database().empty()) json["database"] = routing.database();
  json["place"] = edge::place_json(place);
  json["sets"] = nlohmann::ordered_json::array();
  for (const edge::ExplanationPtr& why : sets) json["sets"].push_back(edge::explanation_json(*why));
  std::cout << json.dump(2) << '\n';
}

}  // namespace

void explain(const Options& options) {
  const Routing routing(options);
  if (!routing.index() && !routing.ranking())
    throw edge::ConfigError("fcedge-geo: explain needs --mmdb or --config; see --help");
  std::vector<edge::ExplanationPtr> sets;
  for (const std::string& set : routing.sets()) sets.push_back(explain_set(routing, options, set));
  const fce_geo_place place = sets.empty() ? look_up(routing, options) : *sets.front()->place;
  if (options.json) return print_json(routing, sets, place, options);
  std::cout << "client    " << options.address;
  if (!options.subnet.empty()) std::cout << ", which asks for one of " << options.subnet;
  std::cout << '\n';
  print_place(place);
  for (const edge::ExplanationPtr& why : sets) print_explanation(*why);
  const edge::GeoCredit& credit = routing.credit();
  if (!credit.text.empty()) std::cout << '\n' << credit.text << ", " << credit.link << '\n';
}

}  // namespace geo
