// SPDX-License-Identifier: Apache-2.0
// GeoDirector: keeps the snapshot by which clients are directed up to date, as files and the map of
// nodes change. Both are worked out on threads of their own, so nothing waits for either, and a
// change of the map does not wait for an index that is being built.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "geo/geo_snapshot.h"
#include "geo/index_file.h"
#include "geo/node_map.h"
#include "geo/node_watch.h"

namespace fce {

// All functions may be called on any thread at the same time.
class GeoDirector {
 public:
  static constexpr uint32_t kCheckMs = 1000;

  // Without files no place is known, which is enough for overrides.
  explicit GeoDirector(std::vector<std::string> files);
  ~GeoDirector();
  GeoDirector(const GeoDirector&) = delete;
  GeoDirector& operator=(const GeoDirector&) = delete;

  // FCE_EINVAL with a sentence when the map is wrong; then the one before stays in force.
  Status set_map(GeoMap map);
  // What was seen of a node of the map, on top of what the map says (see NodeWatch). FCE_ENOENT:
  // there is no such node.
  Status observe(const std::string& node, const NodeWatch::Seen& seen);
  // Null until the files have been looked at, good or bad, and the first map is in force; so nobody
  // is sent to the wrong end of the world for the seconds that this takes. Who asks often keeps it
  // as long as `version` stays.
  std::shared_ptr<const GeoSnapshot> current() const;
  // Maps that were given since the start.
  uint64_t maps() const { return maps_.load(std::memory_order_relaxed); }
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // Waits until the files have been looked at once, and all maps given before are in force.
  void settle();

  const IndexFile& index_file() const { return files_; }

 private:
  void watch_files();
  void work_out();

  IndexFile files_;
  std::atomic<uint64_t> version_{0}, maps_{0};

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::shared_ptr<const GeoMap> map_;  // as it was given
  NodeWatch watch_;
  std::shared_ptr<const GeoIndex> index_;
  std::shared_ptr<const GeoSnapshot> current_;
  uint64_t wanted_ = 0;  // grows with each change
  uint64_t done_ = 0;    // what `current_` has of them
  bool looked_ = false;
  bool stopping_ = false;

  std::thread watcher_, worker_;
};

}  // namespace fce
