// SPDX-License-Identifier: Apache-2.0
// The purges of a cache directory on disk, so that a restart does not bring back what was purged.
// A file of records that is only appended to, and written anew when most of it is out of date.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "cache/purge.h"

namespace fce {

class PurgeLog {
 public:
  explicit PurgeLog(PurgeTable& table) : table_(table) {}
  ~PurgeLog();
  PurgeLog(const PurgeLog&) = delete;
  PurgeLog& operator=(const PurgeLog&) = delete;

  // Reads "purges" in `directory`, which exists and is locked by the caller. A file that is not
  // there or that ends in anything but a whole record leaves a doubt about what was purged: then
  // all that was fetched before now is gone, and the log says so. A cache that is new has none yet.
  Status open(const std::string& directory, uint64_t wall_ms, bool is_new = false);

  // Makes a purge: in force when it returns, also if it cannot be written down, which is the error.
  // Blocks for one write and, with `sync`, until the disk has it. `purge.generation` is set here.
  Status add(Purge purge, uint64_t wall_ms, bool sync);

  // Exposed for tests and the fuzz target. `encode` appends a record; `decode` takes one off the
  // front and returns false when there is no whole, sound one. Views are into `bytes`.
  static void encode(const Purge& purge, std::vector<uint8_t>* out);
  static bool decode(Bytes* bytes, Purge* out);
  static constexpr size_t kTextMax = 64 * 1024;

 private:
  enum class Found { good, missing, damaged };
  Status read(Found* found);
  Status rewrite();

  PurgeTable& table_;
  std::mutex mutex_;
  std::string path_;
  int fd_ = -1;
  uint64_t written_ = 0;           // bytes of the file
  uint64_t written_at_first_ = 0;  // when it was last written anew
  // A record was written in part, which makes all of it doubtful: it has to be written anew.
  bool torn_ = false;
};

}  // namespace fce
