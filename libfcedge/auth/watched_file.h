// SPDX-License-Identifier: Apache-2.0
// A small file of keys that is read anew when it changes. A file that cannot be used changes
// nothing: what was good stays in force.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"
#include "http/file_root.h"

namespace fce {

// All functions may be called on any thread at the same time.
class WatchedFile {
 public:
  static constexpr uint32_t kCheckMs = 1000;

  virtual ~WatchedFile() = default;
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;

  // Reads the file now, and waits for a reading under way.
  Status reload();

  // Looks at the file at most once in kCheckMs, whoever asks, and reads it if it has changed: the
  // usual call is one comparison. `now_ms` is of a monotonic clock. Returns whether new content is
  // in force.
  bool reload_if_changed(uint64_t now_ms);

  // What was wrong when it was read last; "" when nothing was.
  std::string last_error() const;
  const std::string& path() const { return path_; }

 protected:
  // `what` names the kind of file in the log.
  WatchedFile(const char* what, std::string path, size_t bytes_max);

  // Parses the content and puts it in force. One call at a time.
  virtual Status take(std::string_view text) = 0;

 private:
  Status load();
  Status read(std::string* text);
  Status remember(Status status);

  const char* const what_;
  const std::string path_;
  const size_t bytes_max_;
  std::atomic<uint64_t> check_at_ms_{0};

  std::mutex load_mutex_;  // held while the file is read; guards these four
  FileIdentity read_as_;
  bool settled_ = false;  // read_as_ is old enough to tell any later content
  std::array<uint8_t, 32> digest_{};
  bool taken_ = false;  // the content with this digest is in force

  mutable std::mutex error_mutex_;
  std::string last_error_;
};

}  // namespace fce
