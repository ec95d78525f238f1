// SPDX-License-Identifier: Apache-2.0
// cache_sim: hit ratios of LRU, FIFO, S3-FIFO and of the library's own eviction by segments, on
// made traces. The library's code decides; nothing is written.
//
// usage: cache_sim [requests=N] [segments=N] [small=PERCENT] [promote=N] [dead=PERCENT]
//                  [survivors=PERCENT] [trace=NAME] [only=ours]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_set>

#include "object_policies.h"
#include "segment_cache.h"
#include "trace.h"

namespace {

using namespace cache_sim;

struct Options {
  size_t requests = 10'000'000;
  uint32_t segments = 256;
  fce::EvictionOptions eviction;
  std::string trace;
  std::string only;
};

class OurPolicy final : public Policy {
 public:
  explicit OurPolicy(const fce::EvictionOptions& options) : cache_(options) {}

  bool access(const Request& request, uint32_t bytes) override {
    const fce::ObjectKey key{mix(request.id), mix(~uint64_t{request.id})};
    if (cache_.find(key) && !request.is_update) return true;
    cache_.store(key, bytes);
    return false;
  }
  double write_amplification() const override {
    return static_cast<double>(cache_.eviction().stats().appended_bytes) /
           static_cast<double>(cache_.stored_bytes());
  }
  const SegmentCache& cache() const { return cache_; }

 private:
  SegmentCache cache_;
};

void run(const char* trace_name, const Trace& trace, double percent, const char* name,
         Policy& policy) {
  uint64_t hits = 0, bytes = 0, hit_bytes = 0, counted = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < trace.size(); ++i) {
    const uint32_t size = bytes_of(trace[i].id);
    const bool hit = policy.access(trace[i], size);
    if (i < trace.size() / 3) continue;  // the cache fills
    ++counted;
    bytes += size;
    if (!hit) continue;
    ++hits;
    hit_bytes += size;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%-7s %5.1f %%  %-16s %8.4f %8.4f %8.2f %8.0f", trace_name, percent, name,
              static_cast<double>(hits) / static_cast<double>(counted),
              static_cast<double>(hit_bytes) / static_cast<double>(bytes),
              policy.write_amplification(), seconds * 1e9 / static_cast<double>(trace.size()));
}

void run_all(const char* trace_name, const Options& options) {
  const Trace trace = make_trace(trace_name, options.requests);
  uint64_t total = 0;
  for (uint32_t id = 0; id < kObjects; ++id) total += bytes_of(id);
  for (const double percent : {1.0, 5.0, 10.0}) {
    const auto bytes_max = static_cast<uint64_t>(static_cast<double>(total) * percent / 100);
    if (options.only.empty()) {
      ListPolicy fifo(bytes_max, false), lru(bytes_max, true);
      S3Fifo s3_1(bytes_max, 1), s3_2(bytes_max, 2);
      run(trace_name, trace, percent, "fifo", fifo), std::puts("");
      run(trace_name, trace, percent, "lru", lru), std::puts("");
      run(trace_name, trace, percent, "s3-fifo (1 hit)", s3_1), std::puts("");
      run(trace_name, trace, percent, "s3-fifo (2 hits)", s3_2), std::puts("");
    }
    fce::EvictionOptions eviction = options.eviction;
    eviction.bytes_max = bytes_max;
    eviction.segment_bytes = std::max<uint64_t>(bytes_max / options.segments, 1 << 20);
    OurPolicy ours(eviction);
    run(trace_name, trace, percent, "ours", ours);
    const fce::EvictionStats stats = ours.cache().eviction().stats();
    std::printf("  aged %lu dead %lu cut %lu ghost %lu; %zu objects, %.1f B each, ghost %zu\n",
                stats.segments_aged, stats.segments_dead, stats.cut_objects, stats.ghost_hits,
                ours.cache().index().size(),
                static_cast<double>(ours.cache().index().memory_bytes()) /
                    static_cast<double>(ours.cache().index().size()),
                ours.cache().eviction().memory_bytes());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const char* value = std::strchr(argv[i], '=');
    const std::string name(argv[i], value ? static_cast<size_t>(value - argv[i]) : 0);
    const auto number = value ? std::strtoul(value + 1, nullptr, 10) : 0;
    const auto small_number = static_cast<uint32_t>(number);
    if (name == "requests")
      options.requests = number;
    else if (name == "segments")
      options.segments = small_number;
    else if (name == "small")
      options.eviction.small_percent = small_number;
    else if (name == "promote")
      options.eviction.promote_frequency = small_number;
    else if (name == "dead")
      options.eviction.dead_percent = small_number;
    else if (name == "survivors")
      options.eviction.survivors_percent_max = small_number;
    else if (name == "trace")
      options.trace = value + 1;
    else if (name == "only")
      options.only = value + 1;
    else
      return std::fprintf(stderr, "cache_sim: what is %s?\n", argv[i]), 2;
  }
  std::puts("trace    cache    policy            objects    bytes   writes  ns/request");
  for (const char* name : {"zipf", "scan", "drift", "update"})
    if (options.trace.empty() || options.trace == name) run_all(name, options);
}
