// SPDX-License-Identifier: Apache-2.0
#include "geo/index_file.h"

#include <doctest/doctest.h>

#include <string>

#include "auth/temp_files.h"
#include "mmdb_writer.h"

using namespace fce;

namespace {

std::string database(std::string_view country) {
  MmdbWriter writer(false);
  writer.add("192.0.2.0/24", mmdb::flat(country, 50, 10));
  return writer.finish();
}

std::string country_in(const IndexFile& file) {
  const std::shared_ptr<const GeoIndex> index = file.current();
  if (!index) return "none";
  return std::string(index->place(index->find(prefix_of("192.0.2.1")).cell).country_code());
}

}  // namespace

TEST_CASE("index file: what is renamed into its place is read, again and again") {
  const TempFiles files;
  IndexFile file({files.at("city.mmdb")});
  CHECK_FALSE(file.refresh());
  CHECK(country_in(file) == "none");
  CHECK(file.last_error().find("city.mmdb") != std::string::npos);
  for (const char* country : {"DE", "FR", "IT"}) {
    files.replace("city.mmdb", database(country));
    CHECK(file.refresh());
    CHECK(country_in(file) == country);
    CHECK(file.last_error() == "");
  }
  CHECK(file.figures().loads == 3);
}

TEST_CASE("index file: what is broken, cut or gone leaves the index as it was") {
  const TempFiles files;
  IndexFile file({files.at("city.mmdb")});
  files.write("city.mmdb", database("DE"));
  CHECK(file.refresh());
  const std::shared_ptr<const GeoIndex> before = file.current();
  const std::string good = database("FR");
  files.replace("city.mmdb", good.substr(0, good.size() / 2));
  CHECK_FALSE(file.refresh());
  CHECK(file.current() == before);
  CHECK(file.last_error() != "");
  CHECK(std::filesystem::remove(files.at("city.mmdb")));
  CHECK_FALSE(file.refresh());
  CHECK(file.current() == before);
  CHECK(file.figures().failures == 2);
  files.replace("city.mmdb", good);
  CHECK(file.refresh());
  CHECK(country_in(file) == "FR");
  CHECK(file.last_error() == "");
  // Who has the old one keeps it.
  CHECK(before->find(prefix_of("192.0.2.1")).cell != 0);
}

TEST_CASE("index file: one of two that is missing is no index") {
  const TempFiles files;
  files.write("v4.mmdb", database("DE"));
  IndexFile file({files.at("v4.mmdb"), files.at("v6.mmdb")});
  CHECK_FALSE(file.refresh());
  CHECK(file.last_error().find("v6.mmdb") != std::string::npos);
  MmdbWriter writer(true);
  writer.add("2001:db8::/32", mmdb::flat("JP", 35.7f, 139.7f));
  files.write("v6.mmdb", writer.finish());
  CHECK(file.refresh());
  CHECK(country_in(file) == "DE");
  CHECK(file.current()->find(prefix_of("2001:db8::1")).bits == 32);
}
