// SPDX-License-Identifier: Apache-2.0
#include "config_geo.h"

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "config_route.h"
#include "log.h"
#include "route_entry.h"

namespace edge {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// "DE" = "berlin paris": whose clients are sent to which nodes.
void read_overrides(Section& section, const char* key, uint32_t by, GeoSetSettings* settings) {
  Pairs pairs;
  const Place place = section.pairs(key, &pairs);
  for (auto& [value, nodes] : pairs) settings->overrides.push_back({by, value, nodes, place});
}

// What has no default: no node stands at 0 degrees because somebody forgot to say where it is.
double read_degrees(Section& section, const char* key, double max) {
  double degrees = std::numeric_limits<double>::quiet_NaN();
  section.decimal(key, &degrees, -max, max);
  if (std::isnan(degrees)) section.fail(section.place(), std::string("needs the key ") + key);
  return degrees;
}

bool is_region(const Config& config, const std::string& region) {
  for (const GeoNodeSettings& node : config.geo_nodes)
    if (node.region == region) return true;
  return false;
}

}  // namespace

GeoSettings read_geo(Section section) {
  GeoSettings settings;
  settings.place = section.place();
  settings.files_place = section.paths("files", &settings.files);
  section.finish();
  return settings;
}

GeoNodeSettings read_geo_node(Section& section) {
  GeoNodeSettings settings;
  settings.place = section.text("name", &settings.name);
  require(section, "name", settings.name);
  section.text("region", &settings.region);
  section.words("addresses", &settings.addresses);
  require(section, "addresses", settings.addresses);
  settings.latitude = read_degrees(section, "latitude", 90);
  settings.longitude = read_degrees(section, "longitude", 180);
  section.number("weight", &settings.weight, 1, 1'000'000);
  section.number("load_percent", &settings.load_percent, 0, 1000);
  size_t state = FCE_GEO_UP;
  section.choice("state", &state, {"up", "draining", "down"});
  settings.state = static_cast<uint32_t>(state);
  section.finish();
  return settings;
}

GeoSetSettings read_geo_set(Section& section) {
  GeoSetSettings settings;
  settings.place = section.text("name", &settings.name);
  require(section, "name", settings.name);
  settings.regions_place = section.words("regions", &settings.regions);
  section.number("answers_max", &settings.answers_max, 1, 8);
  size_t all_down = FCE_GEO_NEAREST;
  section.choice("all_down", &all_down, {"nearest", "all", "none"});
  settings.all_down = static_cast<uint32_t>(all_down);
  read_overrides(section, "prefixes", FCE_GEO_BY_PREFIX, &settings);
  read_overrides(section, "countries", FCE_GEO_BY_COUNTRY, &settings);
  read_overrides(section, "continents", FCE_GEO_BY_CONTINENT, &settings);
  section.finish();
  return settings;
}

RouteSettings read_geo_explain(Section& section) {
  RouteSettings route = read_route(section, "/geo/{set}/{client...}");
  for (const char* part : {"{set}", "{client...}"})
    if (route.path.find(part) == std::string::npos)
      section.fail(route.place, std::string("expected a path that contains ") + part);
  section.finish();
  return route;
}

void check_geo(const Config& config) {
  if (!config.geo_explains.empty() && config.geo_sets.empty())
    config.fail(config.geo_explains.front().place, "needs a [[geo_set]] to tell of");
  if (config.geo_sets.empty()) return;
  const Place& place = config.geo_sets.front().place;
  if (config.geo_nodes.empty()) config.fail(place, "needs a [[geo_node]] to send anybody to");
  if (config.dns_listens.empty()) config.fail(place, "needs a [[dns_listen]] to be asked at");
}

void warn_of_fences(const Config& config) {
  for (const GeoSetSettings& set : config.geo_sets) {
    std::istringstream regions(set.regions);
    for (std::string region; regions >> region;) {
      if (is_region(config, region)) continue;
      const std::string why = "no [[geo_node]] is of the region \"" + region + "\"";
      log_warn("a fence without nodes why=" + quoted(set.regions_place.sentence(config.file, why)));
    }
  }
}

void check_databases(const Config& config) {
  std::vector<const char*> files;
  for (const std::string& file : config.geo.files) files.push_back(file.c_str());
  if (files.empty()) return;
  fce_geo_index* index = nullptr;
  if (fce_geo_index_open(files.data(), files.size(), &index) != FCE_OK)
    config.fail(config.geo.files_place, fce_last_error());
  fce_geo_index_close(index);
}

void set_geo(fce_node* node, const Config& config, bool reads) {
  if (config.dns_listens.empty()) return;
  std::vector<const char*> files;
  if (reads)
    for (const std::string& file : config.geo.files) files.push_back(file.c_str());
  if (fce_node_set_geo(node, files.data(), files.size()) != FCE_OK)
    config.fail(config.geo.files_place, fce_last_error());
}

GeoMapView::GeoMapView(const Config& config) : overrides_(config.geo_sets.size()) {
  for (const GeoNodeSettings& settings : config.geo_nodes) {
    fce_geo_node& one = nodes_.emplace_back();
    fce_geo_node_init(&one);
    one.name = settings.name.c_str();
    one.region = or_null(settings.region);
    one.addresses = settings.addresses.c_str();
    one.latitude = settings.latitude;
    one.longitude = settings.longitude;
    one.weight = settings.weight;
    one.load_percent = settings.load_percent;
    one.state = settings.state;
  }
  for (const GeoSetSettings& settings : config.geo_sets) {
    auto& own = overrides_[sets_.size()];
    for (const GeoOverrideSettings& from : settings.overrides) {
      fce_geo_override& one = own.emplace_back();
      fce_geo_override_init(&one);
      one.by = from.by;
      one.value = from.value.c_str();
      one.nodes = from.nodes.c_str();
    }
    fce_geo_set& set = sets_.emplace_back();
    fce_geo_set_init(&set);
    set.name = settings.name.c_str();
    set.regions = or_null(settings.regions);
    set.answers_max = settings.answers_max;
    set.all_down = settings.all_down;
    set.overrides = own.data();
    set.override_count = own.size();
  }
}

// The sentence begins with whose it is: geo node "fra1": its latitude is ...; of a network, with
// its text: "192.0.2.1/24" is not a network ...
void GeoMapView::fail(const Config& config, const std::string& sentence) {
  bool second = sentence.ends_with("there are two of that name");
  const auto is_of = [&](const char* what, const std::string& name) {
    if (!sentence.starts_with(what + (" \"" + name) + "\"")) return false;
    return !std::exchange(second, false);
  };
  for (const GeoNodeSettings& node : config.geo_nodes)
    if (is_of("geo node", node.name)) config.fail(node.place, sentence);
  for (const GeoSetSettings& set : config.geo_sets)
    if (is_of("geo set", set.name)) config.fail(set.place, sentence);
  for (const GeoSetSettings& set : config.geo_sets)
    for (const GeoOverrideSettings& one : set.overrides)
      if (one.by == FCE_GEO_BY_PREFIX && sentence.starts_with("\"" + one.value + "\""))
        config.fail(one.place, sentence);
  config.fail(config.geo_sets.empty() ? config.geo.place : config.geo_sets.front().place, sentence);
}

void set_geo_map(fce_node* node, const Config& config) {
  if (config.dns_listens.empty()) return;
  const GeoMapView map(config);
  const int status = fce_node_set_geo_map(node, map.nodes().data(), map.nodes().size(),
                                          map.sets().data(), map.sets().size());
  if (status != FCE_OK) GeoMapView::fail(config, fce_last_error());
}

}  // namespace edge
