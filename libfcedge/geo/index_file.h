// SPDX-License-Identifier: Apache-2.0
// IndexFile: the index of files that are replaced now and then, read anew when they are. Files that
// cannot be used change nothing: the index that was good stays in force.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "geo/geo_index.h"
#include "http/file_root.h"

namespace fce {

// All functions may be called on any thread at the same time.
class IndexFile {
 public:
  explicit IndexFile(std::vector<std::string> paths);

  // Looks at the files by their names, so that a rename is seen as well as a write, and reads them
  // if they have changed: for a worker, since that takes seconds. Files that were found broken are
  // read again only when they change. Returns whether there is a new index.
  bool refresh();
  // Null until files were good.
  std::shared_ptr<const GeoIndex> current() const;

  struct Figures {
    uint64_t loads = 0, failures = 0;
    uint64_t build_ms = 0;   // of the last that was good
    uint64_t loaded_ms = 0;  // when that was, by the clock on the wall
  };
  Figures figures() const;
  // What was wrong with the files when they were read last; "" when nothing was.
  std::string last_error() const;

 private:
  struct Seen {
    std::vector<FileIdentity> files;
    bool settled = false;  // old enough to tell any later content
  };
  Seen look() const;
  bool load(const Seen& seen);

  const std::vector<std::string> paths_;
  std::mutex load_mutex_;  // held while files are read; guards what was read last
  Seen read_as_;

  mutable std::mutex mutex_;  // guards these
  std::shared_ptr<const GeoIndex> current_;
  Figures figures_;
  std::string last_error_;
};

}  // namespace fce
