// SPDX-License-Identifier: Apache-2.0
// An index of a grid of places all over the earth, and nodes to rank for them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "geo/geo_snapshot.h"
#include "mmdb_writer.h"

namespace fce {

// 10.R.C.0/24 is in row R and column C of a grid; countries go round with the columns.
inline std::shared_ptr<const GeoIndex> grid_index() {
  constexpr const char* kCountries[] = {"DE", "FR", "US", "BR", "JP", "AU"};
  MmdbWriter writer(false);
  for (int row = 0; row < 12; ++row)
    for (int column = 0; column < 36; ++column)
      writer.add("10." + std::to_string(row) + "." + std::to_string(column) + ".0/24",
                 mmdb::flat(kCountries[column % 6], static_cast<float>(row * 12 - 66),
                            static_cast<float>(column * 10 - 175)));
  const auto index = std::make_shared<GeoIndex>();
  REQUIRE(index->add(as_bytes(writer.finish())) == Status::ok);
  index->finish();
  return index;
}

inline IpPrefix grid_client(int row, int column) {
  return prefix_of("10." + std::to_string(row) + "." + std::to_string(column) + ".7");
}

template <class F>
void for_each_grid_client(F&& each) {
  for (int row = 0; row < 12; ++row)
    for (int column = 0; column < 36; ++column) each(grid_client(row, column));
}

inline GeoNode node_at(std::string name, double latitude, double longitude,
                       std::string region = "eu") {
  GeoNode node;
  node.name = std::move(name);
  node.region = std::move(region);
  node.latitude = latitude;
  node.longitude = longitude;
  return node;
}

inline GeoMap three_nodes() {
  GeoMap map;
  map.nodes = {node_at("fra", 50.1, 8.7), node_at("nyc", 40.7, -74, "us"),
               node_at("tyo", 35.7, 139.7, "asia")};
  map.sets.resize(1);
  map.sets[0].name = "all";
  return map;
}

inline GeoOverride override_by(GeoOverride::By by, std::string_view of, std::string node) {
  GeoOverride one;
  one.by = by;
  if (by == GeoOverride::By::prefix) {
    one.prefix = prefix_of(of);
  } else {
    one.code = of;
  }
  one.nodes = {std::move(node)};
  return one;
}

class Snapshot {
 public:
  explicit Snapshot(GeoMap map) : snapshot_(grid(), std::make_shared<GeoMap>(std::move(map))) {}

  // "fra nyc"
  std::string names(std::string_view client, uint16_t set = 0) const {
    return names(snapshot_.pick(set, prefix_of(client)).nodes);
  }
  std::string names(std::span<const uint16_t> nodes) const {
    std::string text;
    for (const uint16_t node : nodes)
      text += (text.empty() ? "" : " ") + snapshot_.map().nodes[node].name;
    return text;
  }
  const GeoSnapshot* operator->() const { return &snapshot_; }

 private:
  static const std::shared_ptr<const GeoIndex>& grid() {
    static const std::shared_ptr<const GeoIndex> index = grid_index();
    return index;
  }
  const GeoSnapshot snapshot_;
};

}  // namespace fce
