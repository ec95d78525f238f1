// SPDX-License-Identifier: Apache-2.0
// DirectoryOrigin: the files of a directory as an origin (GET and HEAD), with validators,
// conditional requests and one byte range. All that touches the disk is done by workers, in pieces,
// and a sink that pauses stops it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"
#include "http/cached_file.h"
#include "http/fetch.h"
#include "http/file_root.h"
#include "loop/workers.h"

namespace fce {

struct DirectoryOriginOptions {
  std::string root;
  std::string index = "index.html";  // of a path that ends in "/"; "": there is none
  std::string cache_control;         // "": none is sent
};

class DirectoryOrigin final : public Fetcher, public std::enable_shared_from_this<DirectoryOrigin> {
 public:
  static constexpr size_t kPieceBytes = 128 * 1024;

  // FCE_EINVAL, FCE_ENOENT or FCE_EACCES with a sentence. `workers` outlive the node's loops.
  static Status make(const DirectoryOriginOptions& options, Workers& workers,
                     std::shared_ptr<const Fetcher>* out);

  // 404 also for what lies outside of the root, by a symlink too; 308 to the path with a slash for
  // a directory with an index; 503 when there are no descriptors or too many jobs; fails as `disk`
  // when a file cannot be read or changes meanwhile.
  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  friend class DirectoryFetch;
  DirectoryOrigin(const DirectoryOriginOptions& options, Workers& workers);
  std::shared_ptr<const FileRoot> root() const;

  const DirectoryOriginOptions options_;
  const FileFields fields_;
  Workers& workers_;
  mutable std::mutex mutex_;  // guards these two
  mutable std::shared_ptr<const FileRoot> root_;
  mutable uint64_t checked_ms_ = 0;
};

}  // namespace fce
