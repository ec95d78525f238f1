// SPDX-License-Identifier: Apache-2.0
#include "geo/index_file.h"

#include <fcntl.h>

#include <cstdlib>
#include <utility>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"

namespace fce {
namespace {

// The kernel's time stamps are coarse: a file that was written again just after it was read may
// look the same. So one that is younger than this is read again at the next look.
constexpr int64_t kSettledNs = 1'000'000'000;

}  // namespace

IndexFile::IndexFile(std::vector<std::string> paths) : paths_(std::move(paths)) {}

// A file that is not there has the identity of none.
IndexFile::Seen IndexFile::look() const {
  Seen seen;
  seen.settled = true;
  const int64_t now_ns = static_cast<int64_t>(wall_ms()) * 1'000'000;
  for (const std::string& path : paths_) {
    FileIdentity& identity = seen.files.emplace_back();
    // A pipe in its place must not hold up the thread.
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd && !stat_open(fd, &identity)) identity = FileIdentity();
    // One of the future has been there since before the clock was set.
    seen.settled = seen.settled && std::abs(now_ns - identity.changed_ns) > kSettledNs;
  }
  return seen;
}

bool IndexFile::refresh() {
  const std::lock_guard lock(load_mutex_);
  const Seen seen = look();
  if (read_as_.settled && seen.files == read_as_.files) return false;
  read_as_ = seen;
  return load(seen);
}

bool IndexFile::load(const Seen& seen) {
  const uint64_t began_us = monotonic_us();
  std::shared_ptr<const GeoIndex> index;
  Status status = GeoIndex::read(paths_, &index);
  // Files that were replaced meanwhile may not belong together.
  if (status == Status::ok && look().files != seen.files) {
    read_as_.settled = false;
    status = fail(Status::io, "the files of the index are being replaced");
  }
  const std::string error = status == Status::ok ? "" : fce::last_error();
  const std::lock_guard lock(mutex_);
  if (!error.empty() && error != last_error_)
    log(LogLevel::error, "%s error=\"%s\"",
        current_ ? "geo index kept as it was" : "there is no geo index, so no place is known",
        log_safe(error).c_str());
  last_error_ = error;
  if (status != Status::ok) {
    ++figures_.failures;
    return false;
  }
  ++figures_.loads;
  figures_.build_ms = (monotonic_us() - began_us) / 1000;
  figures_.loaded_ms = wall_ms();
  current_ = std::move(index);
  log(LogLevel::info, "geo index in force type=\"%s\" ranges=%zu cells=%zu mib=%zu ms=%llu",
      log_safe(current_->type()).c_str(), current_->ranges(), current_->cells(),
      current_->memory_bytes() >> 20, static_cast<unsigned long long>(figures_.build_ms));
  return true;
}

std::shared_ptr<const GeoIndex> IndexFile::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

IndexFile::Figures IndexFile::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

std::string IndexFile::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_;
}

}  // namespace fce
