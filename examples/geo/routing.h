// SPDX-License-Identifier: Apache-2.0
//
// The databases and the map of a configuration, to be looked at without a server.
#ifndef FCEDGE_EXAMPLES_GEO_ROUTING_H_
#define FCEDGE_EXAMPLES_GEO_ROUTING_H_

#include <fcedge/geo.h>

#include <memory>
#include <string>
#include <vector>

#include "config.h"
#include "geo_json.h"
#include "options.h"

namespace geo {

class Routing {
 public:
  // Reads the configuration, if there is one, and the databases. Throws edge::ConfigError.
  explicit Routing(const Options& options);

  const edge::Config& config() const { return config_; }
  // Null: there are no databases.
  const fce_geo_index* index() const { return index_.get(); }
  // Null: there is no configuration.
  const fce_geo_ranking* ranking() const { return ranking_.get(); }
  // The type of the databases; "": there are none.
  const std::string& database() const { return database_; }
  // What their licence asks for to be shown.
  const edge::GeoCredit& credit() const { return credit_; }
  // Those that were asked for.
  const std::vector<std::string>& sets() const { return sets_; }

 private:
  struct IndexDeleter {
    void operator()(fce_geo_index* index) const { fce_geo_index_close(index); }
  };
  struct RankingDeleter {
    void operator()(fce_geo_ranking* ranking) const { fce_geo_ranking_destroy(ranking); }
  };
  void read_databases(const Options& options);
  void rank(const Options& options);

  edge::Config config_;
  std::unique_ptr<fce_geo_index, IndexDeleter> index_;
  std::unique_ptr<fce_geo_ranking, RankingDeleter> ranking_;
  std::string database_;
  edge::GeoCredit credit_;
  std::vector<std::string> sets_;
};

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_ROUTING_H_
