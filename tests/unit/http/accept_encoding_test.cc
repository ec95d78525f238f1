// SPDX-License-Identifier: Apache-2.0
#include "http/accept_encoding.h"

#include <doctest/doctest.h>

namespace fce {
namespace {

ContentCoding choose(std::string_view value, bool gzip = true, bool br = true) {
  return AcceptEncoding::parse(value).choose(gzip, br);
}

}  // namespace

TEST_CASE("without the field nothing is compressed") {
  CHECK(AcceptEncoding().choose(true, true) == ContentCoding::identity);
  CHECK(choose("") == ContentCoding::identity);
}

TEST_CASE("the highest quality wins, the smaller coding where they are equal") {
  CHECK(choose("gzip, deflate, br, zstd") == ContentCoding::br);
  CHECK(choose("gzip, deflate, br", true, false) == ContentCoding::gzip);
  CHECK(choose("gzip;q=1.0, br;q=0.9") == ContentCoding::gzip);
  CHECK(choose("GZIP;Q=0.2") == ContentCoding::gzip);
  CHECK(choose("x-gzip") == ContentCoding::gzip);
  CHECK(choose("gzip ; q=0.001 ,\tbr;q=0.000") == ContentCoding::gzip);
}

TEST_CASE("what the client excludes is not sent") {
  CHECK(choose("gzip;q=0, br;q=0") == ContentCoding::identity);
  CHECK(choose("br", true, false) == ContentCoding::identity);
  CHECK(choose("identity, gzip;q=0.5") == ContentCoding::identity);
  CHECK(choose("*") == ContentCoding::br);
  CHECK(choose("br;q=0, *") == ContentCoding::gzip);
  CHECK(choose("*;q=0, gzip") == ContentCoding::gzip);
}

TEST_CASE("of equal ones the first that there is") {
  constexpr ContentCoding kHave[] = {ContentCoding::zstd, ContentCoding::gzip, ContentCoding::br};
  const auto of = [&](std::string_view value) {
    return AcceptEncoding::parse(value).choose(kHave);
  };
  CHECK(of("gzip, deflate, br, zstd") == ContentCoding::zstd);
  CHECK(of("br, gzip") == ContentCoding::gzip);
  CHECK(of("br, gzip;q=0.9, zstd;q=0.9") == ContentCoding::br);
  CHECK(of("*") == ContentCoding::zstd);
  CHECK(of("ZSTD;q=0, *;q=0.5") == ContentCoding::gzip);
  CHECK(of("ZSTD;q=0, *;q=0.5, identity") == ContentCoding::identity);
  CHECK(of("ZSTD;q=0, *;q=0.5, identity;q=0.1") == ContentCoding::gzip);
  CHECK(of("zstd, identity") == ContentCoding::zstd);
  CHECK(of("deflate") == ContentCoding::identity);
  CHECK(AcceptEncoding::parse("zstd").choose({}) == ContentCoding::identity);
  for (const ContentCoding coding : kHave) CHECK(of(coding_name(coding)) == coding);
}

TEST_CASE("malformed members are skipped") {
  CHECK(choose("br;q=2, gzip") == ContentCoding::gzip);
  CHECK(choose("br;q=1.001, gzip;q=0.1") == ContentCoding::gzip);
  CHECK(choose("br;q=, br;q=0., gzip;q=0.1234, ;;, ,") == ContentCoding::identity);
  CHECK(choose("br;x=1") == ContentCoding::identity);
}

}  // namespace fce
