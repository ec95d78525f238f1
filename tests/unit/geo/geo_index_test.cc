// SPDX-License-Identifier: Apache-2.0
// From the bytes of a database to what is said of an address.
#include "geo/geo_index.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "mmdb_writer.h"

using namespace fce;

namespace {

struct Answer {
  std::string country;
  Place place;
  uint8_t bits = 0;
};

Answer ask(const GeoIndex& index, std::string_view ip) {
  const PrefixMatch match = index.find(prefix_of(ip));
  const Place& place = index.place(match.cell);
  return {std::string(place.country_code()), place, match.bits};
}

GeoIndex index_of(std::initializer_list<std::string> files) {
  GeoIndex index;
  for (const std::string& file : files) REQUIRE(index.add(as_bytes(file)) == Status::ok);
  index.finish();
  return index;
}

}  // namespace

TEST_CASE("geo index: a City database, whatever its records' size") {
  for (const uint32_t record_bits : {24u, 28u, 32u}) {
    CAPTURE(record_bits);
    MmdbWriter writer(false, record_bits);
    writer.add("192.0.2.0/24", mmdb::city("DE", 50.1, 8.7));
    writer.add("192.0.3.0/24", mmdb::city("DE", 50.12, 8.69));
    writer.add("198.51.100.0/25", mmdb::city("NZ", -36.8, 174.7));
    const GeoIndex index = index_of({writer.finish()});
    const Answer de = ask(index, "192.0.2.77");
    CHECK(de.country == "DE");
    CHECK(de.bits == 23);  // both are in one cell
    CHECK(de.place.continent_code() == "EU");
    CHECK(de.place.eu);
    CHECK(de.place.radius_km == 100);
    CHECK(std::abs(de.place.latitude - 50.1) < 0.11);
    const Answer nz = ask(index, "198.51.100.1");
    CHECK(nz.country == "NZ");
    CHECK_FALSE(nz.place.eu);
    CHECK(nz.bits == 25);
    CHECK(ask(index, "198.51.100.200").country == "");
    CHECK(ask(index, "2001:db8::1").country == "");
    CHECK(index.type() == "Test-City");
    CHECK(index.built_s() == 1'700'000'000);
  }
}

TEST_CASE("geo index: the flat form, a file for each family") {
  MmdbWriter v4(false), v6(true);
  v4.add("192.0.2.0/24", mmdb::flat("FR", 48.9f, 2.3f));
  v6.add("2001:db8::/32", mmdb::flat("JP", 35.7f, 139.7f));
  const GeoIndex index = index_of({v4.finish(), v6.finish()});
  CHECK(ask(index, "192.0.2.1").country == "FR");
  CHECK(ask(index, "192.0.2.1").place.eu);
  CHECK(ask(index, "2001:db8::1").country == "JP");
  CHECK(ask(index, "2001:db8::1").bits == 32);
}

TEST_CASE("geo index: databases of countries have positions, too") {
  MmdbWriter writer(false);
  writer.add("192.0.2.0/24", mmdb::map({{"country", mmdb::map({{"iso_code", mmdb::text("IT")}})}}));
  writer.add("198.51.100.0/24",
             mmdb::map({{"registered_country", mmdb::map({{"iso_code", mmdb::text("US")}})}}));
  writer.add("203.0.113.0/24", mmdb::map({{"country_code", mmdb::text("ZZ")}}));
  const GeoIndex index = index_of({writer.finish()});
  CHECK(std::abs(ask(index, "192.0.2.1").place.latitude - 41.9) < 0.2);
  CHECK(ask(index, "192.0.2.1").place.radius_km == 500);
  CHECK(ask(index, "198.51.100.1").country == "US");
  CHECK(ask(index, "203.0.113.1").country == "");
}

TEST_CASE("geo index: IPv4 in a tree for IPv6, and its aliases") {
  MmdbWriter writer(true, 28);
  writer.add("192.0.2.0/24", mmdb::city("DE", 50.1, 8.7));
  writer.add("2001:db8::/32", mmdb::city("JP", 35.7, 139.7));
  writer.alias("2002::/16", "::/96");
  writer.alias("::ffff:0:0/96", "::/96");
  writer.alias("2001::/32", "::/96");
  const GeoIndex index = index_of({writer.finish()});
  CHECK(ask(index, "192.0.2.9").country == "DE");
  CHECK(ask(index, "192.0.2.9").bits == 24);
  CHECK(ask(index, "2002:c000:0201::1").country == "DE");
  CHECK(ask(index, "2002:c000:0201::1").bits == 40);
  CHECK(ask(index, "64:ff9b::c000:0201").country == "DE");
  CHECK(ask(index, "64:ff9b::c000:0201").bits == 120);
  // The server's address is not the client's.
  CHECK(ask(index, "2001:0:c000:0201::3fff:fdfe").country == "DE");
  CHECK(ask(index, "2001:0:c000:0201::3fff:fdfe").bits == 120);
  CHECK(ask(index, "2001:0:c000:0201::1").country == "");
  CHECK(ask(index, "2001:db8::1").country == "JP");
  CHECK(ask(index, "2001:db9::1").country == "");
  CHECK(index.ranges() < 70'000);  // the aliases were not walked
}

TEST_CASE("geo index: what is broken is refused with a sentence") {
  MmdbWriter good(false);
  good.add("192.0.2.0/24", mmdb::city("DE", 50.1, 8.7));
  const auto refused = [](const std::string& file, std::string_view words) {
    GeoIndex index;
    CHECK(index.add(as_bytes(file)) == Status::invalid);
    CHECK(std::string(last_error()).find(words) != std::string::npos);
  };
  const std::string file = good.finish();
  for (size_t size = 0; size < file.size(); ++size) {
    GeoIndex index;
    CHECK(index.add(as_bytes(std::string_view(file).substr(0, size))) == Status::invalid);
  }
  refused("", "not a MaxMind database");
  refused(file.substr(150), "shorter than its tree");

  MmdbWriter loop(false);
  loop.add("192.0.2.0/24", mmdb::city("DE", 50.1, 8.7));
  loop.alias("0.0.0.0/1", "128.0.0.0/1");
  loop.alias("192.0.0.0/3", "128.0.0.0/1");
  refused(loop.finish(), "the database's tree");

  MmdbWriter beyond(false);
  beyond.lead_beyond("192.0.2.0/24", 100'000);
  refused(beyond.finish(), "leads nowhere");
  MmdbWriter separator(false);
  separator.lead_beyond("192.0.2.0/24", 7);
  refused(separator.finish(), "leads nowhere");

  // Pointers to pointers, values outside of the file.
  for (const std::string& record : {mmdb::pointer(0), mmdb::pointer(60'000), std::string("\x5c"),
                                    mmdb::map({{"a", mmdb::pointer(60'000)}})}) {
    MmdbWriter writer(false);
    writer.add("192.0.2.0/24", record);
    refused(writer.finish(), "a record that cannot be read");
  }
}

TEST_CASE("geo index: a record within itself, which nobody follows, is a place not known") {
  MmdbWriter writer(false);
  writer.add("192.0.2.0/24", mmdb::map({{"country", mmdb::pointer(0)}}));
  CHECK(ask(index_of({writer.finish()}), "192.0.2.1").country == "");
}
