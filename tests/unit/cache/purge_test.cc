// SPDX-License-Identifier: Apache-2.0
#include "cache/purge.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/log.h"
#include "cache/purge_log.h"

using namespace fce;

namespace {

constexpr uint64_t kNow = 1'700'000'000'000;

PurgeVerdict check(const PurgeTable& table, Generation fetched, std::string_view tenant,
                   std::string_view key, std::vector<std::string_view> tags = {}) {
  return table.check(fetched, tenant, key, tags);
}

void make(PurgeTable& table, PurgeKind kind, std::string_view tenant, std::string_view text,
          bool soft = false) {
  table.apply({kind, soft, tenant, text, table.next(kNow)});
}

// A directory that goes with the test.
struct Place {
  Place() {
    log_set(LogLevel::off, nullptr, nullptr, nullptr);
    char name[] = "/tmp/fce-purge-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Place() {
    std::filesystem::remove_all(path);
    log_set(LogLevel::info, nullptr, nullptr, nullptr);
  }
  std::string file() const { return path + "/purges"; }
  std::string path;
};

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void set_content(const std::string& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace

TEST_CASE("a purge is about what was fetched before it, and about one tenant") {
  PurgeTable table;
  const Generation before = table.now(kNow);
  make(table, PurgeKind::key, "acme", "a.example/x");
  const Generation after = table.now(kNow);
  CHECK(check(table, before, "acme", "a.example/x") == PurgeVerdict::gone);
  CHECK(check(table, after, "acme", "a.example/x") == PurgeVerdict::valid);
  CHECK(check(table, before, "acme", "a.example/xy") == PurgeVerdict::valid);
  CHECK(check(table, before, "other", "a.example/x") == PurgeVerdict::valid);
}

TEST_CASE("prefixes and tags") {
  PurgeTable table;
  const Generation before = table.now(kNow);
  make(table, PurgeKind::prefix, "acme", "a.example/img/");
  make(table, PurgeKind::tag, "acme", "thread-7");
  CHECK(check(table, before, "acme", "a.example/img/1.png") == PurgeVerdict::gone);
  CHECK(check(table, before, "acme", "a.example/img") == PurgeVerdict::valid);
  CHECK(check(table, before, "acme", "a.example/css/1") == PurgeVerdict::valid);
  CHECK(check(table, before, "acme", "x", {"other", "thread-7"}) == PurgeVerdict::gone);
  CHECK(check(table, before, "acme", "x", {"thread-77"}) == PurgeVerdict::valid);
  CHECK(check(table, before, "acme", "thread-7") == PurgeVerdict::valid);
  make(table, PurgeKind::prefix, "acme", "");
  CHECK(check(table, before, "acme", "anything") == PurgeVerdict::gone);
  CHECK(check(table, before, "other", "anything") == PurgeVerdict::valid);
}

TEST_CASE("a soft purge makes stale, a hard one wins, whichever comes first") {
  PurgeTable table;
  const Generation first = table.now(kNow);
  make(table, PurgeKind::tag, "acme", "t", true);
  CHECK(check(table, first, "acme", "x", {"t"}) == PurgeVerdict::stale);
  const Generation second = table.now(kNow);
  CHECK(check(table, second, "acme", "x", {"t"}) == PurgeVerdict::valid);
  make(table, PurgeKind::tag, "acme", "t");
  CHECK(check(table, second, "acme", "x", {"t"}) == PurgeVerdict::gone);
  make(table, PurgeKind::tag, "acme", "t", true);
  CHECK(check(table, second, "acme", "x", {"t"}) == PurgeVerdict::gone);
}

TEST_CASE("generations stand neither still nor go back when the wall clock does") {
  PurgeTable table;
  const Generation fetched = table.now(kNow);
  const Generation purged = table.next(kNow - 5000);
  CHECK(fetched < purged);
  table.apply({PurgeKind::key, false, "acme", "x", purged});
  CHECK(check(table, fetched, "acme", "x") == PurgeVerdict::gone);
  CHECK(table.now(kNow - 5000) >= purged);
  CHECK(check(table, table.now(kNow - 5000), "acme", "x") == PurgeVerdict::valid);
  // What an earlier life of the node has fetched by a clock that was ahead.
  CHECK(check(table, kNow + 100'000, "acme", "y") == PurgeVerdict::gone);
}

TEST_CASE("what other nodes have purged merges by the later one") {
  PurgeTable table;
  table.apply({PurgeKind::tag, false, "acme", "t", kNow + 10});
  table.apply({PurgeKind::tag, false, "acme", "t", kNow + 5});
  CHECK(check(table, kNow + 9, "acme", "x", {"t"}) == PurgeVerdict::gone);
  CHECK(check(table, kNow + 10, "acme", "x", {"t"}) == PurgeVerdict::valid);
  CHECK(table.next(kNow) > kNow + 10);
  CHECK(table.entries() == 1);
}

TEST_CASE("the table is bounded: the tenant with most pays, and purges more than it asked for") {
  PurgeTable table(100);
  const Generation before = table.now(kNow);
  make(table, PurgeKind::key, "small", "mine");
  for (int i = 0; i < 1000; ++i) make(table, PurgeKind::key, "big", "k" + std::to_string(i));
  CHECK(table.entries() <= 101);
  for (int i = 0; i < 1000; ++i)
    CHECK(check(table, before, "big", "k" + std::to_string(i)) == PurgeVerdict::gone);
  CHECK(check(table, before, "big", "never named") == PurgeVerdict::gone);
  CHECK(check(table, before, "small", "mine") == PurgeVerdict::gone);
  CHECK(check(table, before, "small", "never named") == PurgeVerdict::valid);
}

TEST_CASE("the log brings purges over a restart") {
  Place place;
  Generation fetched;
  {
    PurgeTable table;
    PurgeLog log(table);
    REQUIRE(log.open(place.path, kNow) == Status::ok);
    fetched = table.now(kNow + 1);
    CHECK(check(table, kNow, "acme", "stored earlier") == PurgeVerdict::gone);  // no log: a doubt
    CHECK(check(table, fetched, "acme", "x") == PurgeVerdict::valid);
    REQUIRE(log.add({PurgeKind::key, false, "acme", "x"}, kNow, true) == Status::ok);
    REQUIRE(log.add({PurgeKind::tag, true, "acme", "t"}, kNow, false) == Status::ok);
    REQUIRE(log.add({PurgeKind::prefix, false, "zoo", std::string(1000, 'p')}, kNow, false) ==
            Status::ok);
  }
  for (int life = 0; life < 3; ++life) {
    PurgeTable table;
    PurgeLog log(table);
    REQUIRE(log.open(place.path, kNow + 1000) == Status::ok);
    CHECK(check(table, fetched, "acme", "x") == PurgeVerdict::gone);
    CHECK(check(table, fetched, "acme", "y") == PurgeVerdict::valid);
    CHECK(check(table, fetched, "acme", "y", {"t"}) == PurgeVerdict::stale);
    CHECK(check(table, fetched, "zoo", std::string(1001, 'p')) == PurgeVerdict::gone);
    CHECK(check(table, kNow, "acme", "y") == PurgeVerdict::gone);
    CHECK(table.entries() == 3);
  }
}

TEST_CASE("a log that is cut or changed anywhere leaves nothing valid that was fetched before") {
  Place place;
  {
    PurgeTable table;
    PurgeLog log(table);
    REQUIRE(log.open(place.path, kNow) == Status::ok);
    REQUIRE(log.add({PurgeKind::key, false, "acme", "x"}, kNow, false) == Status::ok);
    REQUIRE(log.add({PurgeKind::key, false, "acme", "y"}, kNow, false) == Status::ok);
  }
  const std::string good = content_of(place.file());
  const Generation fetched = kNow + 2;  // after the floor of the first start
  const auto reopen = [&](const std::string& content) {
    set_content(place.file(), content);
    PurgeTable table;
    PurgeLog log(table);
    REQUIRE(log.open(place.path, kNow + 1000) == Status::ok);
    return check(table, fetched, "acme", "z");
  };
  CHECK(reopen(good) == PurgeVerdict::valid);
  for (size_t i = 0; i < good.size(); ++i) {
    CAPTURE(i);
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    CHECK(reopen(bad) == PurgeVerdict::gone);
    // A cut between two records cannot be seen, and cannot come from a write that was torn.
    const PurgeVerdict cut = reopen(good.substr(0, i));
    if (cut == PurgeVerdict::valid) CHECK(i > 8);
  }
  CHECK(reopen(good + "x") == PurgeVerdict::gone);
}

TEST_CASE("the log is written anew when most of it is out of date") {
  Place place;
  PurgeTable table;
  PurgeLog log(table);
  REQUIRE(log.open(place.path, kNow) == Status::ok);
  const std::string text(4000, 'x');
  for (int i = 0; i < 2000; ++i)
    REQUIRE(log.add({PurgeKind::key, false, "acme", text}, kNow, false) == Status::ok);
  CHECK(std::filesystem::file_size(place.file()) < 2 * 1024 * 1024);
  CHECK(log.add({PurgeKind::key, false, "acme", std::string(70'000, 'x')}, kNow, false) ==
        Status::invalid);
}

TEST_CASE("a log that cannot be opened is an error that names it") {
  PurgeTable table;
  PurgeLog log(table);
  CHECK(log.open("/nonexistent/place", kNow) == Status::not_found);
  CHECK(std::string(last_error()).find("/nonexistent/place/purges") != std::string::npos);
}
