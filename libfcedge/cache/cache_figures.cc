// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_figures.h"

#include "cache/edge_cache.h"

namespace fce {

std::vector<Figure> cache_gauges(const EdgeCache& cache) {
  const StoreStats now = cache.store().stats();
  return {
      {"fcedge_cache_objects", "", "Objects on the cache's disk", now.objects},
      {"fcedge_cache_disk_bytes", "bytes", "Of all files of the cache, in whole blocks",
       now.disk_bytes},
      {"fcedge_cache_disk_limit_bytes", "bytes", "What they may be", now.disk_bytes_max},
      {"fcedge_cache_live_bytes", "bytes", "Of these: of objects that can be found",
       now.live_bytes},
      {"fcedge_cache_queue_bytes", "bytes", "What waits for the cache's disk", now.queue_bytes},
      {"fcedge_cache_held_bytes", "bytes", "Of answers that are on their way to the cache",
       cache.held_bytes.load(std::memory_order_relaxed)},
      {"fcedge_cache_index_bytes", "bytes", "Memory of the cache's index", now.index_bytes},
      {"fcedge_cache_memory_objects", "", "Objects in the cache's tier in memory",
       now.memory.objects},
      {"fcedge_cache_memory_bytes", "bytes", "Bytes of these", now.memory.bytes},
      {"fcedge_cache_segments", "", "Segment files of the cache", now.segments},
      {"fcedge_cache_large_files", "", "Objects of the cache with a file of their own",
       now.large_files},
      {"fcedge_cache_purges", "", "Purges in force", cache.purges().entries()},
      {"fcedge_cache_is_recovering", "", "1: what was stored before the start is being found",
       now.recovering ? 1u : 0u},
      {"fcedge_cache_is_resting", "",
       "1: nothing is written for a while, after an error of the disk", now.resting ? 1u : 0u},
  };
}

std::vector<Figure> cache_totals(const EdgeCache& cache) {
  const StoreStats now = cache.store().stats();
  return {
      {"fcedge_cache_memory_hits_total", "", "Objects found in memory", now.memory.hits},
      {"fcedge_cache_memory_misses_total", "", "Looked for in memory in vain", now.memory.misses},
      {"fcedge_cache_memory_evicted_total", "", "Objects that had to leave memory",
       now.memory.evicted},
      {"fcedge_cache_memory_evicted_share_total", "",
       "Objects that left memory for others of a tenant whose share was full",
       now.memory.evicted_share},
      {"fcedge_cache_appended_bytes_total", "", "Bytes written: new objects and survivors",
       now.eviction.appended_bytes},
      {"fcedge_cache_survivor_bytes_total", "", "Of these: of objects kept by writing them again",
       now.eviction.survivor_bytes},
      {"fcedge_cache_dropped_bytes_total", "", "Bytes of objects that were evicted",
       now.eviction.dropped_bytes},
      {"fcedge_cache_cut_total", "", "Evicted although they were asked for: too many survived",
       now.eviction.cut_objects},
      {"fcedge_cache_ghost_hits_total", "", "Objects that came back soon after they were evicted",
       now.eviction.ghost_hits},
      {"fcedge_cache_tenants_refused_total", "", "Not stored: of one tenant too many",
       now.shares.refused_tenants},
  };
}

}  // namespace fce
