// SPDX-License-Identifier: Apache-2.0
// The node's directory: who it is, how often it has started, and that it is alone there.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/status.h"

namespace fce {

class StateDir {
 public:
  static constexpr uint32_t kFormat = 1;

  StateDir() = default;
  ~StateDir();
  StateDir(const StateDir&) = delete;
  StateDir& operator=(const StateDir&) = delete;

  // Makes the directory if need be, locks it, reads or makes the id, and writes the next epoch to
  // disk before it returns. With an empty path nothing is on disk: a random id, and the clock in
  // milliseconds for an epoch.
  Status open(const std::string& path);

  const std::string& id() const { return id_; }
  uint64_t epoch() const { return epoch_; }
  // The first eight digits of the id, which name the node in ids of publications.
  uint32_t origin() const {
    return static_cast<uint32_t>(std::strtoul(id_.substr(0, 8).c_str(), nullptr, 16));
  }

 private:
  Status lock(const std::string& path);
  Status read(bool* found);
  Status write();

  std::string path_;
  std::string id_;  // 32 hex digits
  uint64_t epoch_ = 0;
  int lock_ = -1;
};

}  // namespace fce
