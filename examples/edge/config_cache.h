// SPDX-License-Identifier: Apache-2.0
//
// The cache, and the routes that lead to origins: through it, past it, and those that empty it.
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_CACHE_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_CACHE_H_

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads [cache].
CacheSettings read_cache(Section section);

// Each reads one of [[cached]], [[proxy]] and [[purge]].
CachedSettings read_cached(Section& section);
ProxySettings read_proxy(Section& section);
PurgeSettings read_purge(Section& section);

// Throws ConfigError for routes that need a cache where there is none: `cache` is what the node
// has, which differs from the file's when it was read again.
void check_cached(const Config& config, const CacheSettings& cache);

// Opens the cache of a node that has not started.
void set_cache(fce_node* node, const Config& config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_CACHE_H_
