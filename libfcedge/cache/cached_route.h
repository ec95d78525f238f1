// SPDX-License-Identifier: Apache-2.0
// CachedRoute: what a route that leads through the cache was told, for all its requests and shards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cache/edge_cache.h"
#include "cache/policy_options.h"
#include "http/fetch.h"

namespace fce {

struct CachedRoute {
  EdgeCache& cache;
  std::string tenant;
  PolicyOptions policy;
  std::shared_ptr<const Fetcher> origin;
  // A request waits so long for the answer to another one, then it asks by itself.
  uint32_t collapse_wait_ms = 10'000;
};

}  // namespace fce
