// SPDX-License-Identifier: Apache-2.0
// Many threads on the same few keys: what each is told that it replaced or erased must add up.
#include <doctest/doctest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "cache/index.h"
#include "index_support.h"

using namespace fce;
using namespace fce::test;

TEST_CASE("bytes that threads put in and take out of the index add up") {
  constexpr uint64_t kKeys = 4000;
  Index index;
  std::atomic<int64_t> bytes{0};
  std::atomic<uint32_t> segments{0};
  std::atomic<size_t> torn{0};
  const auto work = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 30'000; ++i) {
      const uint64_t number = random() % kKeys;
      // A size that tells the location, so that an entry of two halves shows.
      const uint32_t segment = ++segments;
      IndexEntry entry = numbered_entry(number, {segment, ~segment});
      entry.size_units = segment;
      std::optional<IndexEntry> gone;
      switch (random() % 6) {
        case 0:
          gone = index.insert(entry);
          bytes += entry.bytes();
          break;
        case 1:
          if (!index.insert_new(entry)) bytes += entry.bytes();
          break;
        case 2: gone = index.erase(entry.key); break;
        case 3:
          if (const auto seen = index.peek(entry.key)) gone = index.erase_if(entry.key, seen->at);
          break;
        case 4:
          if (const auto seen = index.peek(entry.key))
            index.mark(entry.key, seen->at, IndexMark::verified, true);
          break;
        default:
          if (const auto found = index.find(entry.key))
            if (found->at.segment != found->size_units ||
                found->at.offset_units != ~found->size_units)
              ++torn;
      }
      if (gone) bytes -= gone->bytes();
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();
  CHECK(torn == 0);
  int64_t left = 0;
  for (uint64_t number = 0; number < kKeys; ++number)
    if (const auto entry = index.peek(numbered_key(number))) left += entry->bytes();
  CHECK(bytes == left);
  CHECK(left > 0);
}
