// SPDX-License-Identifier: Apache-2.0
#include "cache/eviction.h"

#include <doctest/doctest.h>

#include <vector>

#include "index_support.h"

using namespace fce;
using namespace fce::test;

namespace {

EvictionOptions options(uint64_t bytes_max = 10'000, uint64_t segment_bytes = 1000) {
  EvictionOptions options;
  options.bytes_max = bytes_max;
  options.segment_bytes = segment_bytes;
  options.small_percent = 10;
  options.promote_frequency = 1;
  options.dead_percent = 75;
  options.survivors_percent_max = 75;
  return options;
}

// A sealed segment of ten records of 100 bytes.
void add_segment(Eviction& eviction, uint32_t number, SegmentQueue queue) {
  eviction.open(number, queue);
  for (int i = 0; i < 10; ++i) eviction.append(number, 100);
  eviction.seal(number);
}

std::vector<Resident> residents_of(uint32_t segment, std::vector<uint32_t> frequencies) {
  std::vector<Resident> residents;
  for (const uint32_t frequency : frequencies)
    residents.push_back({numbered_key(segment * 100 + residents.size()), 100, frequency, false});
  return residents;
}

std::vector<bool> stays_of(const std::vector<Resident>& residents) {
  std::vector<bool> stays;
  for (const Resident& resident : residents) stays.push_back(resident.stays);
  return stays;
}

}  // namespace

TEST_CASE("nothing goes before it is sealed") {
  Eviction eviction(options());
  CHECK_FALSE(eviction.next());
  eviction.open(1, SegmentQueue::small);
  eviction.append(1, 100);
  CHECK_FALSE(eviction.next());
  eviction.seal(1);
  REQUIRE(eviction.next());
  CHECK(eviction.next()->segment == 1);
  eviction.remove(1);
  CHECK_FALSE(eviction.next());
  CHECK(eviction.bytes() == 0);
}

TEST_CASE("the small queue gives when it has more than its part, else the main one") {
  Eviction eviction(options());
  for (uint32_t i = 1; i <= 4; ++i) add_segment(eviction, i, SegmentQueue::main);
  add_segment(eviction, 5, SegmentQueue::small);
  CHECK(eviction.next()->segment == 1);
  CHECK(eviction.next()->from == SegmentQueue::main);
  add_segment(eviction, 6, SegmentQueue::small);
  CHECK(eviction.next()->segment == 5);
  CHECK(eviction.next()->from == SegmentQueue::small);
  CHECK(eviction.next()->to == SegmentQueue::main);
  eviction.remove(5);
  CHECK(eviction.next()->segment == 1);
  for (uint32_t i = 1; i <= 4; ++i) eviction.remove(i);
  CHECK(eviction.next()->segment == 6);
}

TEST_CASE("the order is that of opening, whichever was sealed first") {
  Eviction eviction(options());
  eviction.open(1, SegmentQueue::small);
  eviction.open(2, SegmentQueue::small);
  eviction.append(1, 100);
  eviction.append(2, 100);
  eviction.seal(2);
  CHECK(eviction.next()->segment == 2);
  eviction.seal(1);
  CHECK(eviction.next()->segment == 1);
}

TEST_CASE("what was hit in the small queue is promoted, the rest leaves a ghost") {
  Eviction eviction(options());
  // The window of ghosts is as long as the main queue.
  add_segment(eviction, 1, SegmentQueue::main);
  add_segment(eviction, 2, SegmentQueue::small);
  add_segment(eviction, 3, SegmentQueue::small);
  const auto victim = eviction.next();
  REQUIRE(victim->segment == 2);
  auto residents = residents_of(2, {0, 1, 0, 3});
  eviction.plan(*victim, residents);
  CHECK(stays_of(residents) == std::vector<bool>{false, true, false, true});
  CHECK(residents[1].frequency == 0);
  CHECK(residents[3].frequency == 0);
  CHECK(eviction.place(residents[0].key) == SegmentQueue::main);
  CHECK(eviction.place(residents[0].key) == SegmentQueue::small);
  CHECK(eviction.place(residents[1].key) == SegmentQueue::small);
  const EvictionStats stats = eviction.stats();
  CHECK(stats.dropped_objects == 2);
  CHECK(stats.dropped_bytes == 200);
  CHECK(stats.cut_objects == 0);
  CHECK(stats.ghost_hits == 1);
  CHECK(stats.segments_aged == 1);
}

TEST_CASE("in the main queue a hit is spent for each pass, and who has none leaves no ghost") {
  Eviction eviction(options());
  add_segment(eviction, 1, SegmentQueue::main);
  auto residents = residents_of(1, {0, 1, 2, 3});
  eviction.plan(*eviction.next(), residents);
  CHECK(stays_of(residents) == std::vector<bool>{false, true, true, true});
  CHECK(residents[1].frequency == 0);
  CHECK(residents[3].frequency == 2);
  CHECK(eviction.place(residents[0].key) == SegmentQueue::small);
}

TEST_CASE("two hits may be asked for") {
  EvictionOptions two = options();
  two.promote_frequency = 2;
  Eviction eviction(two);
  add_segment(eviction, 1, SegmentQueue::small);
  auto residents = residents_of(1, {0, 1, 2, 3});
  eviction.plan(*eviction.next(), residents);
  CHECK(stays_of(residents) == std::vector<bool>{false, false, true, true});
}

TEST_CASE("when all were hit, the most hit stay and some must go") {
  Eviction eviction(options());
  add_segment(eviction, 1, SegmentQueue::main);
  auto residents = residents_of(1, {1, 2, 3, 1, 2, 3, 1, 2, 3, 1});
  eviction.plan(*eviction.next(), residents);
  // 750 of 1000 bytes may stay: all of 3 and 2, and the first of 1.
  CHECK(stays_of(residents) ==
        std::vector<bool>{true, true, true, false, true, true, false, true, true, false});
  CHECK(eviction.stats().cut_objects == 3);
  auto hot = residents_of(1, std::vector<uint32_t>(10, 3));
  eviction.plan(*eviction.next(), hot);
  CHECK(stays_of(hot) ==
        std::vector<bool>{true, true, true, true, true, true, true, false, false, false});
}

TEST_CASE("a segment that is mostly dead goes first, and all that lives in it stays") {
  Eviction eviction(options());
  for (uint32_t i = 1; i <= 3; ++i) add_segment(eviction, i, SegmentQueue::main);
  for (int i = 0; i < 7; ++i) eviction.kill(2, 100);
  CHECK(eviction.next()->segment == 1);
  eviction.kill(2, 100);
  const auto victim = eviction.next();
  REQUIRE(victim->segment == 2);
  CHECK(victim->reason == VictimReason::dead);
  CHECK(victim->to == SegmentQueue::main);
  auto residents = residents_of(2, {0, 2});
  eviction.plan(*victim, residents);
  CHECK(stays_of(residents) == std::vector<bool>{true, true});
  CHECK(residents[0].frequency == 0);
  CHECK(residents[1].frequency == 2);
  CHECK(eviction.live_bytes() == 2200);
  CHECK(eviction.live_objects() == 22);
  eviction.remove(2);
  CHECK(eviction.next()->segment == 1);
  CHECK(eviction.stats().segments_dead == 1);
}

TEST_CASE("a replacement goes where its predecessor stood, or better if that was hit") {
  Eviction eviction(options());
  add_segment(eviction, 1, SegmentQueue::main);
  add_segment(eviction, 2, SegmentQueue::small);
  IndexEntry before = numbered_entry(7, {1, 0});
  CHECK(eviction.place(before.key, before) == SegmentQueue::main);
  before.at.segment = 2;
  CHECK(eviction.place(before.key, before) == SegmentQueue::small);
  before.frequency = 1;
  CHECK(eviction.place(before.key, before) == SegmentQueue::main);
  before = numbered_entry(7, {99, 0});
  CHECK(eviction.place(before.key, before) == SegmentQueue::small);
}

TEST_CASE("there is room up to the limit, less a segment for survivors") {
  Eviction eviction(options(10'000, 1000));
  add_segment(eviction, 1, SegmentQueue::main);
  CHECK(eviction.room_for(8000));
  CHECK_FALSE(eviction.room_for(8001));
  CHECK(eviction.room_for_survivor(9000));
  CHECK_FALSE(eviction.room_for_survivor(9001));
  eviction.open(2, SegmentQueue::main, false, 8500);
  CHECK_FALSE(eviction.room_for(0));
  CHECK(eviction.room_for_survivor(500));
  eviction.grow(2, 500);
  CHECK_FALSE(eviction.room_for_survivor(1));
  CHECK(eviction.bytes() == 10'000);
  CHECK(eviction.live_bytes() == 1000);
  CHECK_FALSE(eviction.room_for(UINT64_MAX));
  CHECK_FALSE(eviction.room_for_survivor(UINT64_MAX));
}

TEST_CASE("a large file counts as it grows, is one object at its end, and stays without a write") {
  Eviction eviction(options());
  eviction.open(1, SegmentQueue::small, true, 100);
  eviction.grow(1, 3000);
  CHECK(eviction.bytes() == 3100);
  CHECK(eviction.live_objects() == 0);
  eviction.append(1, 400);
  eviction.seal(1);
  CHECK(eviction.live_bytes() == 3500);
  CHECK(eviction.live_objects() == 1);
  const auto victim = eviction.next();
  REQUIRE(victim);
  CHECK(victim->large);
  CHECK(victim->bytes == 3500);
  std::vector<Resident> residents{{numbered_key(1), 3500, 1, false}};
  eviction.plan(*victim, residents);
  CHECK(residents[0].stays);
  eviction.requeue(1, victim->to);
  CHECK(eviction.next()->from == SegmentQueue::main);
  CHECK(eviction.stats().survivor_bytes == 0);
  residents[0].frequency = 0;
  eviction.plan(*eviction.next(), residents);
  CHECK_FALSE(residents[0].stays);
  eviction.kill(1, 1);
  CHECK(eviction.live_bytes() == 0);
  CHECK(eviction.next()->reason == VictimReason::dead);
  eviction.remove(1);
  CHECK(eviction.bytes() == 0);
  eviction.kill(1, 3500);  // is gone
  CHECK(eviction.live_objects() == 0);
}

TEST_CASE("large files that are all hot do not stay for ever") {
  Eviction eviction(options());
  for (uint32_t i = 1; i <= 5; ++i) {
    eviction.open(i, SegmentQueue::main, true);
    eviction.append(i, 1000);
    eviction.seal(i);
  }
  size_t stayed = 0;
  for (;;) {
    const auto victim = eviction.next();
    std::vector<Resident> residents{{numbered_key(victim->segment), 1000, 3, false}};
    eviction.plan(*victim, residents);
    if (!residents[0].stays) break;
    eviction.requeue(victim->segment, victim->to);
    REQUIRE(++stayed <= 5);
  }
  CHECK(stayed == 5);
}
