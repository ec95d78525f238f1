// SPDX-License-Identifier: Apache-2.0
#include "cache/memory_tier.h"

#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "index_support.h"

using namespace fce;
using namespace fce::test;

namespace {

std::atomic<int64_t> living{0};  // bytes of all values that are alive

class Object {
 public:
  Object(uint64_t number, uint64_t bytes) : number(number), bytes_(bytes) {
    living += static_cast<int64_t>(bytes);
  }
  ~Object() { living -= static_cast<int64_t>(bytes_); }
  uint64_t memory_bytes() const { return bytes_; }
  const uint64_t number;

 private:
  const uint64_t bytes_;
};

using Tier = MemoryTier<Object>;

std::shared_ptr<const Object> object(uint64_t number, uint64_t bytes) {
  return std::make_shared<const Object>(number, bytes);
}

MemoryTierOptions options(uint64_t bytes_max, double share = 1) {
  MemoryTierOptions options;
  options.bytes_max = bytes_max;
  options.share = share;
  return options;
}

bool has(Tier& tier, uint64_t number) { return tier.find(numbered_key(number)) != nullptr; }

}  // namespace

TEST_CASE("what is put into memory is found, replaced, erased") {
  Tier tier(options(1 << 20));
  CHECK(tier.enabled());
  CHECK_FALSE(tier.find(numbered_key(1)));
  CHECK(tier.put(numbered_key(1), 7, object(1, 1000)));
  CHECK(tier.find(numbered_key(1))->number == 1);
  CHECK(tier.put(numbered_key(1), 7, object(2, 1000)));
  const auto second = tier.find(numbered_key(1));
  CHECK(second->number == 2);
  CHECK(tier.stats().objects == 1);
  tier.erase_if(numbered_key(1), object(2, 1000));
  CHECK(tier.find(numbered_key(1)) == second);
  tier.erase_if(numbered_key(1), second);
  CHECK_FALSE(tier.find(numbered_key(1)));
  tier.erase(numbered_key(1));
  CHECK(second->number == 2);  // who has it keeps it
  const MemoryTierStats stats = tier.stats();
  CHECK(stats.objects == 0);
  CHECK(stats.hits == 3);
  CHECK(stats.misses == 2);
}

TEST_CASE("a tier without bytes is off") {
  Tier tier(options(0));
  CHECK_FALSE(tier.enabled());
  CHECK_FALSE(tier.put(numbered_key(1), 7, object(1, 1)));
  CHECK_FALSE(tier.find(numbered_key(1)));
  CHECK_FALSE(tier.take_hit(numbered_key(1)));
  tier.erase(numbered_key(1));
  tier.clear();
  CHECK(tier.stats().bytes == 0);
}

TEST_CASE("what is too large is refused, and what it would have replaced is gone") {
  Tier tier(options(1 << 20));
  const uint64_t most = tier.value_bytes_max();
  CHECK(most > 100'000);
  CHECK(tier.put(numbered_key(1), 7, object(1, most)));
  CHECK_FALSE(tier.put(numbered_key(1), 7, object(2, most + 1)));
  CHECK_FALSE(has(tier, 1));
  CHECK(tier.stats().refused == 1);
}

TEST_CASE("all that the tier allocates stays within its bytes") {
  for (const uint64_t bytes_max : {100'000ull, 1ull << 20, 40ull << 20}) {
    CAPTURE(bytes_max);
    const int64_t before = living;
    {
      Tier tier(options(bytes_max));
      std::mt19937_64 random(bytes_max);
      for (int i = 0; i < 40'000; ++i) {
        const uint64_t number = random() % 20'000;
        if (has(tier, number)) continue;
        tier.put(numbered_key(number), number % 10, object(number, 100 + random() % 8000));
        if (random() % 50 == 0) tier.erase(numbered_key(random() % 20'000));
        if (i % 100 != 0) continue;
        const MemoryTierStats stats = tier.stats();
        REQUIRE(stats.bytes <= bytes_max);
        REQUIRE(static_cast<uint64_t>(living - before) < stats.bytes);
      }
      const MemoryTierStats stats = tier.stats();
      CHECK(stats.bytes > bytes_max * 8 / 10);
      CHECK(stats.evicted > 1000);
      tier.clear();
      CHECK(living == before);
      CHECK(tier.stats().objects == 0);
    }
    CHECK(living == before);
  }
}

TEST_CASE("what is hit survives what is not") {
  Tier tier(options(1 << 20));
  for (uint64_t i = 0; i < 50; ++i) {
    tier.put(numbered_key(i), 1, object(i, 4000));
    REQUIRE(has(tier, i));
  }
  for (uint64_t i = 1000; i < 3000; ++i) {
    tier.put(numbered_key(i), 1, object(i, 4000));
    if (i % 100 == 0)
      for (uint64_t hot = 0; hot < 50; ++hot) REQUIRE(has(tier, hot));
  }
  size_t cold = 0;
  for (uint64_t i = 1000; i < 2000; ++i) cold += has(tier, i);
  CHECK(cold == 0);
}

TEST_CASE("a hit in memory is told once") {
  Tier tier(options(1 << 20));
  tier.put(numbered_key(1), 1, object(1, 100));
  CHECK_FALSE(tier.take_hit(numbered_key(1)));
  CHECK(has(tier, 1));
  CHECK(has(tier, 1));
  CHECK(tier.take_hit(numbered_key(1)));
  CHECK_FALSE(tier.take_hit(numbered_key(1)));
  CHECK_FALSE(tier.take_hit(numbered_key(2)));
  CHECK(tier.stats().hits == 2);
}

TEST_CASE("a tenant fills its share of memory and no more, at its own expense") {
  Tier tier(options(1 << 20, 0.25));
  for (uint64_t i = 0; i < 100; ++i) tier.put(numbered_key(i), 1, object(i, 4000));
  for (uint64_t i = 1000; i < 2000; ++i) {
    tier.put(numbered_key(i), 2, object(i, 4000));
    // Hot ones, so that only the share can be what makes them go.
    REQUIRE(has(tier, i));
  }
  size_t first = 0, second = 0;
  for (uint64_t i = 0; i < 100; ++i) first += has(tier, i);
  for (uint64_t i = 1000; i < 2000; ++i) second += has(tier, i);
  CHECK(first > 55);
  CHECK(first * 4000 <= (1 << 20) / 4);
  CHECK(second > 55);
  CHECK(second * 4000 <= (1 << 20) / 4);
  CHECK(has(tier, 1999));
  CHECK(tier.stats().evicted == 0);
  CHECK(tier.stats().evicted_share == 1100 - first - second);
}

TEST_CASE("threads share the tier") {
  const int64_t before = living;
  {
    Tier tier(options(8 << 20));
    std::atomic<size_t> wrong{0};
    const auto work = [&](uint64_t seed) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 20'000; ++i) {
        const uint64_t number = random() % 3000;
        const ObjectKey key = numbered_key(number);
        if (const auto found = tier.find(key)) {
          if (found->number != number) ++wrong;
          if (random() % 10 == 0) tier.erase_if(key, found);
        } else {
          tier.put(key, number % 5, object(number, 1000 + random() % 8000));
        }
        if (random() % 100 == 0) tier.take_hit(key);
        if (i % 1000 == 0 && tier.stats().bytes > 8 << 20) ++wrong;
      }
    };
    std::vector<std::thread> threads;
    for (uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(tier.stats().objects > 100);
  }
  CHECK(living == before);
}
