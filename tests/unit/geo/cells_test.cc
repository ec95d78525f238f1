// SPDX-License-Identifier: Apache-2.0
#include "geo/cells.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fce;

namespace {

Place place(const char* country, float latitude, float longitude, uint16_t radius_km = 0) {
  Place place;
  place.country = {country[0], country[1]};
  place.latitude = latitude;
  place.longitude = longitude;
  place.radius_km = radius_km;
  return place;
}

}  // namespace

TEST_CASE("cells: nothing lies further from the middle of its cell than is said") {
  CellMaker maker;
  for (float latitude = -90; latitude <= 90; latitude += 7.3f)
    for (float longitude = -180; longitude <= 180; longitude += 3.7f)
      maker.cell_of(place("AQ", latitude, longitude));
  CellMaker again;
  for (float latitude : {-90.f, -33.87f, 0.f, 50.11f, 90.f}) {
    for (float longitude : {-180.f, -0.01f, 0.f, 8.68f, 180.f}) {
      const uint32_t cell = again.cell_of(place("AQ", latitude, longitude));
      CellMaker copy = again;
      const Cells cells = copy.take();
      CHECK(std::abs(cells.at(cell).latitude - latitude) <= 0.1001);
      CHECK(std::abs(cells.at(cell).longitude - longitude) <= 0.1001);
    }
  }
  CHECK(maker.take().size() > 2000);
}

TEST_CASE("cells: neighbours share one, countries do not") {
  CellMaker maker;
  const uint32_t cell = maker.cell_of(place("DE", 50.11f, 8.68f));
  CHECK(cell != Cells::kUnknown);
  CHECK(maker.cell_of(place("DE", 50.12f, 8.69f, 200)) == cell);
  const uint32_t other = maker.cell_of(place("FR", 50.11f, 8.68f));
  CHECK(other != cell);
  CHECK(maker.cell_of(Place()) == Cells::kUnknown);
  const Cells cells = maker.take();
  CHECK(cells.size() == 3);
  CHECK(cells.at(cell).country_code() == "DE");
  CHECK(cells.at(cell).radius_km == 200);  // of the least certain in it
  CHECK(cells.at(other).radius_km == Cells::kRadiusKm);
  CHECK_FALSE(cells.at(Cells::kUnknown).known());
}
