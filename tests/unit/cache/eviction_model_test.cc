// SPDX-License-Identifier: Apache-2.0
// Index and eviction together, over the bench's cache of segments that are lists: every byte is
// accounted for, at any moment, and what stays is worth it.
#include <doctest/doctest.h>

#include <random>

#include "../../bench/cache_sim/object_policies.h"
#include "../../bench/cache_sim/segment_cache.h"
#include "index_support.h"

using namespace fce;
using namespace fce::test;

namespace {

EvictionOptions options(uint64_t bytes_max, uint64_t segment_bytes) {
  EvictionOptions options;
  options.bytes_max = bytes_max;
  options.segment_bytes = segment_bytes;
  return options;
}

void check_accounts(const cache_sim::SegmentCache& cache, uint64_t keys, uint64_t bytes_max) {
  const Eviction& eviction = cache.eviction();
  uint64_t live = 0, count = 0;
  for (uint64_t key = 0; key < keys; ++key) {
    const auto entry = cache.index().peek(numbered_key(key));
    if (!entry) continue;
    live += entry->bytes();
    ++count;
  }
  REQUIRE(eviction.live_bytes() == live);
  REQUIRE(eviction.live_objects() == count);
  REQUIRE(cache.index().size() == count);
  REQUIRE(eviction.bytes() == cache.disk_bytes());
  REQUIRE(eviction.bytes() <= bytes_max);
}

}  // namespace

TEST_CASE("bytes on disk never exceed the limit, and all accounts agree") {
  constexpr uint64_t kKeys = 3000, kBytesMax = 1'000'000;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    cache_sim::SegmentCache cache(options(kBytesMax, 50'000));
    for (int i = 0; i < 60'000; ++i) {
      // Squared: small numbers are asked for more often.
      const uint64_t key = (random() % kKeys) * (random() % kKeys) / kKeys;
      const ObjectKey named = numbered_key(key);
      if (random() % 20 == 0) {
        cache.erase(named);
      } else if (!cache.find(named) || random() % 10 == 0) {
        REQUIRE(cache.store(named, 1 + random() % 5000));
      }
      REQUIRE(cache.eviction().bytes() <= kBytesMax);
      if (i % 1000 == 0) check_accounts(cache, kKeys, kBytesMax);
    }
    check_accounts(cache, kKeys, kBytesMax);
    CHECK(cache.eviction().stats().segments_aged > 100);
  }
}

TEST_CASE("when everything is hot, rewriting is bounded all the same") {
  constexpr uint64_t kBytesMax = 1'000'000;
  cache_sim::SegmentCache cache(options(kBytesMax, 50'000));
  for (uint64_t key = 0; key < 20'000; ++key) {
    REQUIRE(cache.store(numbered_key(key), 1000));
    if (key % 50 != 0) continue;
    for (uint64_t hot = key > 2000 ? key - 2000 : 0; hot <= key; ++hot) {
      for (int i = 0; i < 3; ++i) cache.find(numbered_key(hot));
    }
  }
  const EvictionStats stats = cache.eviction().stats();
  CHECK(stats.cut_objects > 0);
  CHECK(stats.appended_bytes < cache.stored_bytes() * 5);
}

TEST_CASE("replacing the same objects again and again leaves the others alone") {
  constexpr uint64_t kBytesMax = 1'000'000;
  cache_sim::SegmentCache cache(options(kBytesMax, 20'000));
  // Old and never hit, half of the cache; the other half is for those that change.
  for (uint64_t key = 0; key < 200; ++key) REQUIRE(cache.store(numbered_key(key), 1000));
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(cache.store(numbered_key(1000 + i % 50), 1000));
  }
  size_t left = 0;
  for (uint64_t key = 1000; key < 1050; ++key) left += cache.find(numbered_key(key));
  CHECK(left == 50);
  CHECK(cache.eviction().stats().segments_dead > 100);
}

TEST_CASE("a scan does not wash the cache out, which it does to LRU") {
  cache_sim::Trace trace;
  std::mt19937_64 random(1);
  const cache_sim::Zipf zipf(20'000, 0.9);
  for (uint32_t i = 0; i < 300'000; ++i)
    trace.push_back({random() % 2 ? zipf(random) : 100'000 + i, false});
  constexpr uint64_t kBytesMax = 8 << 20;
  cache_sim::ListPolicy lru(kBytesMax, true);
  cache_sim::S3Fifo objects(kBytesMax, 1);
  cache_sim::SegmentCache ours(options(kBytesMax, 64 << 10));
  size_t lru_hits = 0, object_hits = 0, hits = 0;
  for (const cache_sim::Request& request : trace) {
    const uint32_t bytes = 4096;
    lru_hits += lru.access(request, bytes);
    object_hits += objects.access(request, bytes);
    const ObjectKey key = numbered_key(request.id);
    if (ours.find(key)) {
      ++hits;
    } else {
      REQUIRE(ours.store(key, bytes));
    }
  }
  MESSAGE("hits: ours ", hits, ", S3-FIFO by objects ", object_hits, ", LRU ", lru_hits);
  CHECK(hits > lru_hits * 6 / 5);
  CHECK(hits > object_hits * 95 / 100);
  CHECK(ours.eviction().stats().appended_bytes < ours.stored_bytes() * 3 / 2);
}
