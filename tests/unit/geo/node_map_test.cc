// SPDX-License-Identifier: Apache-2.0
#include "geo/node_map.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>

#include "snapshot_setup.h"

using namespace fce;

using By = GeoOverride::By;

TEST_CASE("node map: what is wrong with it is said by name") {
  const auto refused = [](std::string_view words, const std::function<void(GeoMap&)>& spoil) {
    GeoMap map = three_nodes();
    REQUIRE(map.check() == Status::ok);
    spoil(map);
    CHECK(map.check() == Status::invalid);
    CAPTURE(last_error());
    CHECK(std::string(last_error()).find(words) != std::string::npos);
  };
  refused("no name", [](GeoMap& map) { map.nodes[1].name = ""; });
  refused("\"nyc\"", [](GeoMap& map) { map.nodes[1].latitude = 91; });
  refused("\"nyc\"", [](GeoMap& map) { map.nodes[1].longitude = NAN; });
  refused("\"nyc\"", [](GeoMap& map) { map.nodes[1].load = -1; });
  refused("two of that name", [](GeoMap& map) { map.nodes[1].name = "fra"; });
  refused("1 to 8 answers", [](GeoMap& map) { map.sets[0].answers_max = 9; });
  refused("two of that name", [](GeoMap& map) { map.sets.push_back(map.sets[0]); });
  const auto add = [](By by, const char* of, const char* node) {
    return [=](GeoMap& map) { map.sets[0].overrides = {override_by(by, of, node)}; };
  };
  refused("no country", add(By::country, "XX", "fra"));
  refused("no continent", add(By::continent, "DE", "fra"));
  refused("names no node that is: ber", add(By::country, "DE", "ber"));
  refused("leave the fence: fra", [&](GeoMap& map) {
    map.sets[0].regions = {"us"};
    add(By::country, "DE", "fra")(map);
  });
}
