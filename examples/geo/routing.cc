// SPDX-License-Identifier: Apache-2.0
#include "routing.h"

#include <filesystem>

#include "config_geo.h"

namespace geo {

Routing::Routing(const Options& options) {
  if (!options.config_file.empty()) {
    config_ = edge::load_config(options.config_file, options.node_name, edge::Purpose::kRanking);
  }
  read_databases(options);
  if (!options.config_file.empty()) rank(options);
}

void Routing::read_databases(const Options& options) {
  const bool given = !options.databases.empty();
  std::vector<const char*> files;
  for (const std::string& file : given ? options.databases : config_.geo.files)
    files.push_back(file.c_str());
  if (files.empty()) return;
  fce_geo_index* index = nullptr;
  if (fce_geo_index_open(files.data(), files.size(), &index) != FCE_OK) {
    // The sentence names the file.
    if (given) throw edge::ConfigError(fce_last_error());
    config_.fail(config_.geo.files_place, fce_last_error());
  }
  index_.reset(index);
  fce_geo_index_info info;
  fce_geo_index_info_init(&info);
  if (fce_geo_index_get_info(index, &info) == FCE_OK) database_ = info.type;
  std::string whose = database_;
  for (const char* file : files) whose += " " + std::filesystem::path(file).filename().string();
  credit_ = edge::geo_credit(whose);
}

void Routing::rank(const Options& options) {
  for (const edge::GeoSetSettings& set : config_.geo_sets)
    if (options.set.empty() || options.set == set.name) sets_.push_back(set.name);
  if (sets_.empty()) config_.fail({}, "has no [[geo_set]] of the name \"" + options.set + "\"");
  const edge::GeoMapView map(config_);
  fce_geo_ranking* ranking = nullptr;
  const int status = fce_geo_ranking_create(index_.get(), map.nodes().data(), map.nodes().size(),
                                            map.sets().data(), map.sets().size(), &ranking);
  if (status != FCE_OK) edge::GeoMapView::fail(config_, fce_last_error());
  ranking_.reset(ranking);
}

}  // namespace geo
