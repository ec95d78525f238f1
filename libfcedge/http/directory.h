// SPDX-License-Identifier: Apache-2.0
// DirectoryHandler: serves the files of a directory (GET, HEAD) with validators, conditional
// requests, byte ranges and variants that were compressed beforehand.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "http/file_cache.h"
#include "http/handler.h"
#include "http/multi_range.h"

namespace fce {

class Workers;

// As fce_directory_options: zero and "" mean the default in brackets.
struct DirectoryOptions {
  std::string root;
  std::string index;          // ["index.html"]
  std::string cache_control;  // [none is sent]
  bool precompressed = false;
  uint32_t memory_bytes_max = 0;  // per shard [32 MiB]
  uint32_t revalidate_ms = 0;     // [1000]
};

// Whether a directory can be served: FCE_EINVAL, FCE_ENOENT, FCE_EACCES with a sentence. For checks
// before the node is known that the handler is made for.
Status check_directory(const DirectoryOptions& options);

class DirectoryHandler final : public Handler {
 public:
  // A handler for the `shards` shards of one node. `workers` read what is not in the page cache;
  // they outlive the handler's exchanges, or are null: then the shard reads.
  static Status make(const DirectoryOptions& options, uint32_t shards, Workers* workers,
                     std::shared_ptr<const Handler>* out);

  // The file is named by the last parameter of the route: its wildcard.
  void handle(Exchange& exchange) const override;

 private:
  explicit DirectoryHandler(Workers* workers) : workers_(workers) {}
  bool serve(Exchange& exchange, FileCache& cache, const CachedFile& file) const;
  bool respond_content(Exchange& exchange, FileCache& cache, const CachedFile& file,
                       ContentCoding coding, const SelectionFields& fields) const;
  std::unique_ptr<PartSource> open_parts(Exchange& exchange, FileCache& cache,
                                         const CachedFile& file, ContentCoding coding,
                                         uint64_t length) const;

  FileCacheOptions options_;
  Workers* const workers_;
  // One per shard, and touched on its thread only: so a const handler may change them.
  std::vector<std::unique_ptr<FileCache>> caches_;
};

}  // namespace fce
