// SPDX-License-Identifier: Apache-2.0
#include "cache/index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "index_support.h"

using namespace fce;
using namespace fce::test;

TEST_CASE("units round up, and hold sizes beyond 32 bits") {
  CHECK(units_of_bytes(0) == 0);
  CHECK(units_of_bytes(1) == 1);
  CHECK(units_of_bytes(16) == 1);
  CHECK(units_of_bytes(17) == 2);
  CHECK(bytes_of_units(units_of_bytes(60ull << 30)) == 60ull << 30);
}

TEST_CASE("find counts hits up to three, peek counts none") {
  Index index;
  index.insert(numbered_entry(1, {5, 6}));
  CHECK(frequency_of(index.peek(numbered_key(1))) == 0);
  for (const uint32_t expected : {1, 2, 3, 3, 3})
    CHECK(frequency_of(index.find(numbered_key(1))) == expected);
  CHECK(frequency_of(index.peek(numbered_key(1))) == 3);
  CHECK_FALSE(index.find(numbered_key(2)));
  CHECK(index.size() == 1);
}

TEST_CASE("what takes another's place returns it and inherits its hits, nothing else") {
  Index index;
  IndexEntry entry = numbered_entry(1, {5, 6}, 100);
  entry.tenant = 7;
  CHECK_FALSE(index.insert(entry));
  index.find(entry.key);
  CHECK(index.mark(entry.key, {5, 6}, IndexMark::verified, true));
  CHECK(index.mark(entry.key, {5, 6}, IndexMark::soft_purged, true));
  const auto replaced = index.insert(numbered_entry(1, {8, 9}, 200));
  REQUIRE(replaced);
  CHECK(replaced->at == Location{5, 6});
  CHECK(replaced->bytes() == 112);
  CHECK(uint32_t{replaced->tenant} == 7);
  const auto found = index.peek(entry.key);
  CHECK(found->at == Location{8, 9});
  CHECK(frequency_of(found) == 1);
  CHECK(uint32_t{found->verified} == 0);
  CHECK(uint32_t{found->soft_purged} == 0);
  CHECK(index.size() == 1);
}

TEST_CASE("the recovery does not undo what is stored meanwhile") {
  Index index;
  CHECK_FALSE(index.insert_new(numbered_entry(1, {1, 1})));
  const auto stays = index.insert_new(numbered_entry(1, {2, 2}));
  REQUIRE(stays);
  CHECK(stays->at == Location{1, 1});
  CHECK(index.peek(numbered_key(1))->at == Location{1, 1});
  CHECK_FALSE(index.insert_over(numbered_entry(1, {2, 2}), {9, 9}));
  CHECK_FALSE(index.insert_over(numbered_entry(2, {2, 2}), {9, 9}));
  CHECK(index.insert_over(numbered_entry(1, {2, 2}), {1, 1}));
  CHECK(index.peek(numbered_key(1))->at == Location{2, 2});
  CHECK(index.size() == 1);
}

TEST_CASE("who saw another location changes nothing") {
  Index index;
  const ObjectKey key = numbered_key(1);
  index.insert(numbered_entry(1, {5, 6}));
  CHECK_FALSE(index.move(key, {5, 7}, {1, 1}, 3));
  CHECK_FALSE(index.mark(key, {4, 6}, IndexMark::in_memory, true));
  CHECK_FALSE(index.erase_if(key, {6, 5}));
  CHECK_FALSE(index.move(numbered_key(2), {5, 6}, {1, 1}, 3));
  const auto same = index.peek(key);
  REQUIRE(same);
  CHECK(same->at == Location{5, 6});
  CHECK(frequency_of(same) == 0);
  CHECK(uint32_t{same->in_memory} == 0);
  CHECK(index.move(key, {5, 6}, {1, 1}, 2));
  CHECK(frequency_of(index.peek(key)) == 2);
  CHECK_FALSE(index.erase_if(key, {5, 6}));
  CHECK(index.erase_if(key, {1, 1})->at == Location{1, 1});
  CHECK_FALSE(index.erase(key));
  CHECK(index.size() == 0);
}

TEST_CASE("marks are set and taken back one by one") {
  Index index;
  const ObjectKey key = numbered_key(1);
  index.insert(numbered_entry(1, {1, 1}));
  for (const IndexMark mark : {IndexMark::verified, IndexMark::in_memory, IndexMark::soft_purged})
    CHECK(index.mark(key, {1, 1}, mark, true));
  CHECK(index.mark(key, {1, 1}, IndexMark::in_memory, false));
  const auto entry = index.peek(key);
  CHECK(uint32_t{entry->verified} == 1);
  CHECK(uint32_t{entry->in_memory} == 0);
  CHECK(uint32_t{entry->soft_purged} == 1);
}

TEST_CASE("a sweep sees one tenant's and lowers their frequency") {
  Index index;
  for (uint64_t i = 0; i < 5000; ++i) {
    IndexEntry entry = numbered_entry(i, {1, static_cast<uint32_t>(i)});
    entry.tenant = i % 5 == 0 ? 3 : 4;
    entry.frequency = 2;
    index.insert(entry);
  }
  std::vector<IndexEntry> found;
  for (size_t stripe = 0; stripe < Index::kStripes; ++stripe) index.sweep(stripe, 3, &found);
  CHECK(found.size() == 1000);
  for (const IndexEntry& entry : found) {
    REQUIRE(uint32_t{entry.tenant} == 3);
    REQUIRE(uint32_t{entry.frequency} == 2);
  }
  CHECK(frequency_of(index.peek(numbered_key(5))) == 1);
  CHECK(frequency_of(index.peek(numbered_key(6))) == 2);
}

TEST_CASE("an object costs at most 64 bytes of index, at any size of a large one") {
  Index index;
  size_t worst = 0;
  uint64_t count = 0;
  for (uint64_t goal = 100'000; goal <= 1'000'000; goal += 20'000) {
    for (; count < goal; ++count) index.insert(numbered_entry(count, {1, 1}));
    worst = std::max(worst, index.memory_bytes() * 1000 / index.size());
  }
  MESSAGE("bytes per object: at worst ", worst / 1000.0, ", at 1,000,000 ",
          static_cast<double>(index.memory_bytes()) / 1e6);
  CHECK(index.size() == 1'000'000);
  CHECK(worst <= 64'000);
  // And when most are gone again.
  for (; count > 100'000; --count) index.erase(numbered_key(count - 1));
  CHECK(index.memory_bytes() <= index.size() * 64);
}
