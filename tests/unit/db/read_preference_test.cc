// SPDX-License-Identifier: Apache-2.0
#include "db/read_preference.h"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

namespace fce {
namespace {

static_assert(!std::is_default_constructible_v<ReadPreference>);
static_assert(!std::is_convertible_v<ReadMode, ReadPreference>);
static_assert(!std::is_constructible_v<ReadPreference, std::nullptr_t>);
static_assert(!std::is_default_constructible_v<LocalReads>);
static_assert(!std::is_constructible_v<LocalReads, ReadPreference>);
static_assert(!std::is_constructible_v<LocalReads, ReadMode>);

const TagSet kNewYork1 = {{"dc", "ny"}, {"rack", "1"}};
const TagSet kNewYork = {{"dc", "ny"}};

ReadPreference made(ReadMode mode, std::vector<TagSet> sets, int64_t staleness_s = -1) {
  std::optional<ReadPreference> preference;
  REQUIRE(ReadPreference::make(mode, std::move(sets), staleness_s, &preference) == Status::ok);
  return *preference;
}

Status status_of(ReadMode mode, std::vector<TagSet> sets, int64_t staleness_s = -1) {
  std::optional<ReadPreference> preference;
  const Status status = ReadPreference::make(mode, std::move(sets), staleness_s, &preference);
  CHECK(preference.has_value() == (status == Status::ok));
  return status;
}

// The text form of what a query says, or the sentence that refuses it.
std::string read(const std::string& query) {
  std::optional<ReadPreference> preference;
  const Status status = ReadPreference::parse_query(query, &preference);
  CHECK(preference.has_value() == (status == Status::ok));
  return preference ? preference->text() : last_error();
}

Status query_status(const std::string& query) {
  std::optional<ReadPreference> preference;
  return ReadPreference::parse_query(query, &preference);
}

}  // namespace

TEST_CASE("read preference: the modes have the names of the specification") {
  const std::pair<ReadMode, const char*> modes[] = {
      {ReadMode::primary, "primary"},     {ReadMode::primary_preferred, "primaryPreferred"},
      {ReadMode::secondary, "secondary"}, {ReadMode::secondary_preferred, "secondaryPreferred"},
      {ReadMode::nearest, "nearest"},
  };
  for (const auto& mode : modes) {
    CHECK(std::string(read_mode_name(mode.first)) == mode.second);
    CHECK(ReadPreference(mode.first).text() == mode.second);
    CHECK(read(std::string("readPreference=") + mode.second) == mode.second);
    std::optional<ReadPreference> preference;
    REQUIRE(ReadPreference::parse(mode.second, &preference) == Status::ok);
    CHECK(preference->mode() == mode.first);
    CHECK(preference->query() == std::string("readPreference=") + mode.second);
  }
  ReadMode mode;
  CHECK(parse_read_mode("NEAREST", &mode));
  CHECK(mode == ReadMode::nearest);
  for (const char* wrong : {"", "near", "nearest ", "primary_preferred", "default", "5"})
    CHECK_FALSE(parse_read_mode(wrong, &mode));
}

TEST_CASE("read preference: primary goes with neither tags nor staleness") {
  CHECK(status_of(ReadMode::primary, {}) == Status::ok);
  CHECK(status_of(ReadMode::primary, {TagSet()}) == Status::ok);
  CHECK(status_of(ReadMode::primary, {kNewYork}) == Status::invalid);
  CHECK(status_of(ReadMode::primary, {}, 120) == Status::invalid);
  CHECK(status_of(ReadMode::primary, {}, -1) == Status::ok);
  for (const ReadMode mode : {ReadMode::primary_preferred, ReadMode::secondary,
                              ReadMode::secondary_preferred, ReadMode::nearest})
    CHECK(status_of(mode, {kNewYork1, kNewYork, {}}, 120) == Status::ok);
}

TEST_CASE("read preference: staleness is none or positive, and replica sets have a floor") {
  CHECK(status_of(ReadMode::nearest, {}, 0) == Status::invalid);
  CHECK(status_of(ReadMode::nearest, {}, -2) == Status::invalid);
  CHECK(status_of(ReadMode::nearest, {}, int64_t{INT32_MAX} + 1) == Status::invalid);
  CHECK(status_of(ReadMode::nearest, {}, INT32_MAX) == Status::ok);
  // As drivers do: a client may be made with it, a replica set then refuses it.
  const ReadPreference small = made(ReadMode::nearest, {}, 1);
  CHECK(small.check_floor(500) == Status::invalid);
  CHECK(made(ReadMode::nearest, {}, 89).check_floor(500) == Status::invalid);
  CHECK(made(ReadMode::nearest, {}, 90).check_floor(500) == Status::ok);
  // A heartbeat of 80 s and an idle write period are 90 s, and no more.
  CHECK(made(ReadMode::nearest, {}, 90).check_floor(80'000) == Status::ok);
  CHECK(made(ReadMode::nearest, {}, 90).check_floor(80'001) == Status::invalid);
  CHECK(std::string(last_error()) ==
        "maxStalenessSeconds is 90; with a heartbeat of 80001 ms it is 90001 ms at least");
  CHECK(made(ReadMode::secondary, {}).check_floor(1'000'000) == Status::ok);
  CHECK(ReadPreference(ReadMode::primary).check_floor(1'000'000) == Status::ok);
}

TEST_CASE("read preference: tags are bounded, plain, and none stands twice in a set") {
  const ReadMode mode = ReadMode::nearest;
  CHECK(status_of(mode, {{{"dc", ""}}}) == Status::ok);
  CHECK(status_of(mode, {{{"data center", "a=b&c;d%2B\"'"}}}) == Status::ok);
  CHECK(status_of(mode, {{{"", "ny"}}}) == Status::invalid);
  CHECK(status_of(mode, {{{"dc", "ny"}, {"dc", "ny"}}}) == Status::invalid);
  for (const char* wrong : {"a,b", "a:b", " a", "a ", "a\nb", "a\x7f", "\xc3\xbc"}) {
    CHECK(status_of(mode, {{{"dc", wrong}}}) == Status::invalid);
    CHECK(status_of(mode, {{{wrong, "ny"}}}) == Status::invalid);
  }
  const std::string longest(ReadPreference::kTagBytesMax, 'x');
  CHECK(status_of(mode, {{{longest, longest}}}) == Status::ok);
  CHECK(status_of(mode, {{{longest + "x", "ny"}}}) == Status::too_big);
  CHECK(status_of(mode, {{{"dc", longest + "x"}}}) == Status::too_big);
  CHECK(status_of(mode, std::vector<TagSet>(ReadPreference::kTagSetsMax, kNewYork)) == Status::ok);
  CHECK(status_of(mode, std::vector<TagSet>(ReadPreference::kTagSetsMax + 1, kNewYork)) ==
        Status::too_big);
  TagSet many;
  for (size_t i = 0; i < ReadPreference::kTagsMax; ++i) many.push_back({std::to_string(i), "v"});
  CHECK(status_of(mode, {many}) == Status::ok);
  many.push_back({"more", "v"});
  CHECK(status_of(mode, {many}) == Status::too_big);
}

TEST_CASE("read preference: a first set that fits all is no restriction") {
  CHECK(made(ReadMode::nearest, {{}}) == ReadPreference(ReadMode::nearest));
  CHECK(made(ReadMode::nearest, {{}, kNewYork}).tag_sets().empty());
  CHECK(made(ReadMode::nearest, {kNewYork, {}}).tag_sets().size() == 2);
  CHECK_FALSE(made(ReadMode::nearest, {kNewYork}) == made(ReadMode::nearest, {kNewYork, {}}));
}

TEST_CASE("read preference: the parameters of connection strings are read") {
  std::optional<ReadPreference> preference;
  REQUIRE(ReadPreference::parse_query(
              "w=1&readPreference=primaryPreferred&readPreferenceTags=dc:ny,rack:1"
              "&maxStalenessSeconds=120&readPreferenceTags=dc:ny&readPreferenceTags=&tls=true",
              &preference) == Status::ok);
  CHECK(*preference == made(ReadMode::primary_preferred, {kNewYork1, kNewYork, {}}, 120));
  CHECK(read("readPreference=secondary&maxStalenessSeconds=-1") == "secondary");
  CHECK(read("readPreference=primary&maxStalenessSeconds=-1") == "primary");
  CHECK(read("readPreference=secondary&maxStalenessSeconds=1") ==
        "secondary?maxStalenessSeconds=1");
  CHECK(read("READPREFERENCE=Nearest&readpreferencetags=dc:ny") ==
        "nearest?readPreferenceTags=dc:ny");
  CHECK(read("readPreference=nearest&readPreferenceTags=%20dc%20:%20ny%20%2Cr:1") ==
        "nearest?readPreferenceTags=dc:ny,r:1");
  CHECK(read("readPreference=nearest&readPreferenceTags=dc%3any%2Cname:a%20b") ==
        "nearest?readPreferenceTags=dc:ny,name:a%20b");
  CHECK(read("read%50reference=nearest") == "nearest");
  CHECK(read("readPreference=neares%74") == "nearest");
  CHECK(read("&&readPreference=nearest&%zz=1&=&x") == "nearest");
}

TEST_CASE("read preference: what a query does not say is not made up") {
  for (const char* query : {"", "page=2", "readpreferences=nearest", "readPreference%=nearest"})
    CHECK(query_status(query) == Status::not_found);
  // As in a connection string without a mode, which means primary there.
  CHECK(query_status("maxStalenessSeconds=120") == Status::invalid);
  CHECK(query_status("maxStalenessSeconds=-1") == Status::invalid);
  CHECK(query_status("readPreferenceTags=dc:ny") == Status::invalid);
  CHECK(query_status("readPreferenceTags=") == Status::invalid);
}

TEST_CASE("read preference: what is ambiguous or wrong is refused") {
  const char* const wrong[] = {
      "readPreference",
      "readPreference=",
      "readPreference=fastest",
      "readPreference=nearest&readPreference=nearest",
      "readPreference=nearest&readPreference=primary",
      "readPreference=primary&maxStalenessSeconds=120",
      "readPreference=primary&readPreferenceTags=dc:ny",
      "readPreference=nearest&maxStalenessSeconds=",
      "readPreference=nearest&maxStalenessSeconds=invalid",
      "readPreference=nearest&maxStalenessSeconds=120s",
      "readPreference=nearest&maxStalenessSeconds=%20120",
      "readPreference=nearest&maxStalenessSeconds=+120",
      "readPreference=nearest&maxStalenessSeconds=11.1",
      "readPreference=nearest&maxStalenessSeconds=0",
      "readPreference=nearest&maxStalenessSeconds=-2",
      "readPreference=nearest&maxStalenessSeconds=99999999999999999999",
      "readPreference=nearest&maxStalenessSeconds=120&maxStalenessSeconds=120",
      "readPreference=nearest&readPreferenceTags=invalid",
      "readPreference=nearest&readPreferenceTags=dc:ny,",
      "readPreference=nearest&readPreferenceTags=,dc:ny",
      "readPreference=nearest&readPreferenceTags=dc:ny:1",
      "readPreference=nearest&readPreferenceTags=:ny",
      "readPreference=nearest&readPreferenceTags=dc:ny,dc:sf",
      "readPreference=nearest&readPreferenceTags=dc:n+y",
      "readPreference=nearest&readPreferenceTags=dc:%",
      "readPreference=nearest&readPreferenceTags=dc:%4",
      "readPreference=nearest&readPreferenceTags=dc:%4g",
      "readPreference=nearest&readPreferenceTags=dc:%00",
  };
  for (const std::string query : wrong) {
    CAPTURE(query);
    CHECK(query_status(query) == Status::invalid);
    CHECK(query_status(query + "&x=y") == Status::invalid);
  }
  CHECK(query_status("readPreference=nearest&x=" + std::string(40'000, 'x')) == Status::too_big);
}

TEST_CASE("read preference: what is printed is read back in both forms") {
  const ReadPreference preferences[] = {
      ReadPreference(ReadMode::primary),
      made(ReadMode::nearest, {}, 90),
      made(ReadMode::secondary, {kNewYork}),
      made(ReadMode::primary_preferred, {kNewYork1, kNewYork, {}}, 120),
      made(ReadMode::nearest, {{{"a b", "=&?%+;#/\\\"'"}, {"empty", ""}}}, INT32_MAX),
      made(ReadMode::nearest, std::vector<TagSet>(8, {{std::string(64, '%'), "x"}})),
  };
  for (const ReadPreference& preference : preferences) {
    std::optional<ReadPreference> again;
    REQUIRE(ReadPreference::parse_query(preference.query(), &again) == Status::ok);
    CHECK(*again == preference);
    REQUIRE(ReadPreference::parse(preference.text(), &again) == Status::ok);
    CHECK(*again == preference);
  }
  CHECK(preferences[3].query() ==
        "readPreference=primaryPreferred&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=dc:ny"
        "&readPreferenceTags=&maxStalenessSeconds=120");
  CHECK(preferences[3].text() ==
        "primaryPreferred?readPreferenceTags=dc:ny,rack:1&readPreferenceTags=dc:ny"
        "&readPreferenceTags=&maxStalenessSeconds=120");
  CHECK(preferences[4].text() ==
        "nearest?readPreferenceTags=a%20b:%3D%26%3F%25%2B%3B%23%2F%5C%22%27,empty:"
        "&maxStalenessSeconds=2147483647");
}

TEST_CASE("read preference: as a text it names its mode first and once") {
  std::optional<ReadPreference> preference;
  CHECK(ReadPreference::parse("", &preference) == Status::invalid);
  CHECK(ReadPreference::parse("?readPreference=nearest", &preference) == Status::invalid);
  CHECK(ReadPreference::parse("nearest?readPreference=nearest", &preference) == Status::invalid);
  CHECK(ReadPreference::parse("primary?maxStalenessSeconds=90", &preference) == Status::invalid);
  CHECK(ReadPreference::parse("nearest&x=y", &preference) == Status::invalid);
  CHECK_FALSE(preference);
  CHECK(ReadPreference::parse("nearest?", &preference) == Status::ok);
  CHECK(*preference == ReadPreference(ReadMode::nearest));
}

TEST_CASE("local reads: primary modes are refused at run time, too") {
  std::optional<LocalReads> local;
  for (const ReadMode mode : {ReadMode::primary, ReadMode::primary_preferred}) {
    CHECK(LocalReads::make(ReadPreference(mode), &local) == Status::invalid);
    CHECK_FALSE(local);
  }
  CHECK(std::string(last_error()) == "read preference primaryPreferred is not for public routes");
  const ReadPreference preference = made(ReadMode::nearest, {kNewYork}, 90);
  REQUIRE(LocalReads::make(preference, &local) == Status::ok);
  CHECK(local->preference() == preference);
  CHECK(LocalReads::of<ReadMode::secondary>().preference().mode() == ReadMode::secondary);
  CHECK(LocalReads::of<ReadMode::nearest>().preference() == ReadPreference(ReadMode::nearest));
}

}  // namespace fce
