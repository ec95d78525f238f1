// SPDX-License-Identifier: Apache-2.0
#include "geo/mmdb_place.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "geo/country.h"

namespace fce {
namespace {

// GeoIP2-City's have about 300.
constexpr uint32_t kValuesMax = 4096;
// How well the position of a country says where somebody in it is.
constexpr uint16_t kCountryRadiusKm = 500;

struct Found {
  std::string_view country, registered_country, continent;
  bool eu = false;
  double latitude = NAN, longitude = NAN, radius_km = 0;
};

class Reader {
 public:
  explicit Reader(const MmdbData& data) : data_(data) {}

  bool read(size_t at, Found* found) {
    MmdbValue record;
    if (!data_.read(&at, &record, &budget_)) return false;
    bool unused = false;
    return each(record, [&](std::string_view key, const MmdbValue& value) {
      if (key == "country") read_country(value, &found->country, &found->eu);
      if (key == "registered_country") read_country(value, &found->registered_country, &unused);
      if (key == "continent") read_code(value, "code", &found->continent);
      if (key == "location") read_location(value, found);
      read_flat(key, value, found);
    });
  }

 private:
  using Type = MmdbValue::Type;

  // What should be a map and is none says nothing.
  template <class F>
  bool each(const MmdbValue& map, F&& act) {
    if (map.type != Type::map) return true;
    good_ = data_.for_each(map, &budget_, act) && good_;
    return good_;
  }

  void read_country(const MmdbValue& map, std::string_view* code, bool* eu) {
    each(map, [&](std::string_view key, const MmdbValue& value) {
      if (key == "iso_code") *code = data_.text(value);
      if (key == "is_in_european_union") *eu = MmdbData::boolean(value);
    });
  }

  void read_code(const MmdbValue& map, std::string_view name, std::string_view* code) {
    each(map, [&](std::string_view key, const MmdbValue& value) {
      if (key == name) *code = data_.text(value);
    });
  }

  void read_location(const MmdbValue& map, Found* found) {
    each(map, [&](std::string_view key, const MmdbValue& value) {
      read_position(key, value, found);
      if (key == "accuracy_radius") found->radius_km = data_.number(value, 0);
    });
  }

  void read_flat(std::string_view key, const MmdbValue& value, Found* found) {
    if (key == "country_code") found->country = data_.text(value);
    read_position(key, value, found);
  }

  void read_position(std::string_view key, const MmdbValue& value, Found* found) {
    if (key == "latitude") found->latitude = data_.number(value, NAN);
    if (key == "longitude") found->longitude = data_.number(value, NAN);
  }

  const MmdbData& data_;
  MmdbBudget budget_{kValuesMax};
  bool good_ = true;
};

bool is_code(std::string_view code) {
  return code.size() == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

}  // namespace

bool read_place(const MmdbData& data, size_t at, Place* place) {
  *place = Place();
  Found found;
  if (!Reader(data).read(at, &found)) return false;
  if (!is_code(found.country)) found.country = found.registered_country;
  if (!is_code(found.country)) return true;
  const Country* country = find_country(found.country);
  const bool has_position =
      std::abs(found.latitude) <= 90 && std::abs(found.longitude) <= 180;  // not of NAN
  if (!country && !has_position) return true;
  std::copy_n(found.country.data(), 2, place->country.data());
  if (!is_continent(found.continent))
    found.continent = country ? std::string_view(country->continent, 2) : std::string_view();
  if (!found.continent.empty()) std::copy_n(found.continent.data(), 2, place->continent.data());
  place->eu = found.eu || (country && country->eu);
  place->latitude = has_position ? static_cast<float>(found.latitude) : country->latitude;
  place->longitude = has_position ? static_cast<float>(found.longitude) : country->longitude;
  place->radius_km = kCountryRadiusKm;
  if (has_position)
    place->radius_km =
        static_cast<uint16_t>(found.radius_km > 0 ? std::min(found.radius_km, 5e3) : 0);
  return true;
}

}  // namespace fce
