// SPDX-License-Identifier: Apache-2.0
// bench-cache-index: memory per object of the cache's index and what its operations cost, the
// slowest of them too, since a table that grows must not hold anybody up.
//
// usage: bench-cache-index [OBJECTS]
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cache/index.h"
#include "cache/memory_tier.h"
#include "trace.h"

namespace {

using namespace fce;
// Of this thread's processor time, so that others on the machine do not count.
double now_ns() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double ns_since(double begin) { return now_ns() - begin; }

ObjectKey key_of(uint64_t number) { return {cache_sim::mix(number), cache_sim::mix(~number)}; }

uint64_t allocated_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

uint64_t resident_bytes() {
  unsigned long long size = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * 4096;
}

// Times of single operations, of which the worst are shown.
class Times {
 public:
  template <class F>
  void time(F&& act) {
    const double begin = now_ns();
    act();
    times_.push_back(static_cast<float>(ns_since(begin)));
  }
  void print(const char* what) {
    std::sort(times_.begin(), times_.end());
    double sum = 0;
    for (const float time : times_) sum += time;
    const auto at = [&](double part) {
      return times_[static_cast<size_t>(part * static_cast<double>(times_.size() - 1))] / 1000;
    };
    std::printf("%-28s mean %5.0f ns, 99.9 %% %6.1f us, 99.999 %% %6.1f us, worst %6.1f us\n", what,
                sum / static_cast<double>(times_.size()), at(0.999), at(0.99999), at(1));
  }

 private:
  std::vector<float> times_;
};

void find_all(Index& index, uint64_t objects, uint64_t first, size_t count, const char* what,
              size_t threads) {
  struct alignas(64) Result {
    uint64_t found = 0;
    double ns = 0;
  };
  std::vector<Result> results(threads);
  std::vector<std::thread> workers;
  for (Result& result : results) {
    workers.emplace_back([&] {
      uint64_t random = first + static_cast<uint64_t>(&result - results.data());
      const double begin = now_ns();
      for (size_t i = 0; i < count; ++i) {
        random = cache_sim::mix(random);
        result.found += index.find(key_of(first + random % objects)).has_value();
      }
      result.ns = ns_since(begin);
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::printf("%-28s %5.0f ns each on %zu threads (%.0f %% found)\n", what,
              results[0].ns / static_cast<double>(count), threads,
              100.0 * static_cast<double>(results[0].found) / static_cast<double>(count));
}

struct Value {
  uint64_t memory_bytes() const { return sizeof(Value) + 16; }
  char bytes[1000];
};

void time_memory_tier() {
  MemoryTierOptions options;
  options.bytes_max = 256 << 20;
  MemoryTier<Value> tier(options);
  constexpr uint64_t kObjects = 100'000;
  for (uint64_t i = 0; i < kObjects; ++i) tier.put(key_of(i), 1, std::make_shared<const Value>());
  uint64_t random = 1, found = 0;
  constexpr size_t kCount = 3'000'000;
  const double begin = now_ns();
  for (size_t i = 0; i < kCount; ++i) {
    random = cache_sim::mix(random);
    found += tier.find(key_of(random % kObjects)) != nullptr;
  }
  std::printf("%-28s %5.0f ns (%.0f %% found)\n", "memory tier, find", ns_since(begin) / kCount,
              100.0 * static_cast<double>(found) / kCount);
}

void time_keys() {
  const ObjectKeySecret secret = ObjectKeySecret::random();
  std::string url = "https://media.example.org/thumbs/2024/11/000000.webp?w=640";
  uint64_t sum = 0;
  constexpr size_t kCount = 3'000'000;
  const double begin = now_ns();
  for (size_t i = 0; i < kCount; ++i) {
    url[40] = static_cast<char>('0' + i % 10);
    sum += object_key(secret, "tenant", url).low;
  }
  std::printf("%-28s %5.0f ns (%zu bytes; %s)\n", "key", ns_since(begin) / kCount, url.size(),
              sum ? "two hashes" : "");
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t objects = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const uint64_t allocated = allocated_bytes(), resident = resident_bytes();
  auto index = std::make_unique<Index>();
  double worst = 0;
  for (uint64_t i = 0; i < objects; ++i) {
    IndexEntry entry;
    entry.key = key_of(i);
    entry.at = {1, static_cast<uint32_t>(i)};
    entry.size_units = 1;
    index->insert(entry);
    if (i > objects / 4 && i % (objects / 100) == 0)
      worst = std::max(worst, static_cast<double>(index->memory_bytes()) / static_cast<double>(i));
  }
  const auto each = [&](uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(objects);
  };
  std::printf(
      "%lu objects: %.1f bytes each (%.1f at worst above a quarter of them); "
      "allocated %.1f, resident %.1f\n",
      objects, each(index->memory_bytes()), worst, each(allocated_bytes() - allocated),
      each(resident_bytes() - resident));
  find_all(*index, objects, 0, 3'000'000, "find, there", 1);
  find_all(*index, objects, objects, 3'000'000, "find, not there", 1);
  find_all(*index, objects, 0, 3'000'000, "find, there", 2);
  index = std::make_unique<Index>();
  Times clocks, inserts, erases;
  for (uint64_t i = 0; i < objects; ++i) clocks.time([] {});
  for (uint64_t i = 0; i < objects; ++i) {
    IndexEntry entry;
    entry.key = key_of(i);
    entry.size_units = 1;
    inserts.time([&] { index->insert(entry); });
  }
  for (uint64_t i = 0; i < objects; ++i) erases.time([&] { index->erase(key_of(i)); });
  clocks.print("(the clock itself)");
  inserts.print("insert");
  erases.print("erase");
  time_memory_tier();
  time_keys();
}
