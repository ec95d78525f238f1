// SPDX-License-Identifier: Apache-2.0
#include "auth/watched_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "base/time.h"

namespace fce {
namespace {

// The kernel's time stamps are coarse: a file that was written again just after it was read may
// look the same. So one that is younger than this is read again at the next check.
constexpr int64_t kSettledNs = 1'000'000'000;

FileIdentity identity_of(const struct stat& info) {
  FileIdentity identity;
  identity.device = info.st_dev;
  identity.inode = info.st_ino;
  identity.modified_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  identity.changed_ns = info.st_ctim.tv_sec * 1'000'000'000LL + info.st_ctim.tv_nsec;
  identity.size = static_cast<uint64_t>(info.st_size);
  return identity;
}

Status failed(const std::string& path, int error) {
  return fail(status_from_errno(error), "cannot read " + path + ": " + std::strerror(error));
}

}  // namespace

WatchedFile::WatchedFile(const char* what, std::string path, size_t bytes_max)
    : what_(what), path_(std::move(path)), bytes_max_(bytes_max) {}

Status WatchedFile::reload() {
  const std::lock_guard lock(load_mutex_);
  return load();
}

bool WatchedFile::reload_if_changed(uint64_t now_ms) {
  uint64_t at = check_at_ms_.load(std::memory_order_relaxed);
  if (now_ms < at || !check_at_ms_.compare_exchange_strong(at, now_ms + kCheckMs)) return false;
  const std::unique_lock lock(load_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  struct stat info;
  if (settled_ && ::stat(path_.c_str(), &info) == 0 && identity_of(info) == read_as_) return false;
  const std::array<uint8_t, 32> before = digest_;
  const bool was_taken = taken_;
  return load() == Status::ok && (!was_taken || digest_ != before);
}

std::string WatchedFile::last_error() const {
  const std::lock_guard lock(error_mutex_);
  return last_error_;
}

Status WatchedFile::load() {
  std::string text;
  Status status = read(&text);
  if (status != Status::ok) return remember(status);
  const std::array<uint8_t, 32> digest = sha256(text);
  if (taken_ && digest == digest_) return remember(Status::ok);
  status = take(text);
  if (status != Status::ok) return remember(fail(status, path_ + ": " + fce::last_error()));
  digest_ = digest;
  taken_ = true;
  return remember(Status::ok);
}

// What it was when it was opened is kept: content that comes later has another identity.
Status WatchedFile::read(std::string* text) {
  settled_ = false;
  // A pipe in its place must not hold up the thread.
  const Fd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info;
  if (!fd || ::fstat(fd.get(), &info) != 0) return failed(path_, errno);
  if (!S_ISREG(info.st_mode)) return fail(Status::invalid, path_ + " is not a regular file");
  read_as_ = identity_of(info);
  settled_ = static_cast<int64_t>(wall_ms()) * 1'000'000 - read_as_.changed_ns > kSettledNs;
  if (read_as_.size > bytes_max_)
    return fail(Status::too_big,
                path_ + " is larger than " + std::to_string(bytes_max_) + " bytes");
  text->resize(read_as_.size);
  if (!read_exactly(fd, 0, reinterpret_cast<uint8_t*>(text->data()), text->size()))
    return fail(Status::io, path_ + " cannot be read, or is being written");
  return Status::ok;
}

// Logs what is new: a file that stays broken is told of once, and one that never was good not here.
Status WatchedFile::remember(Status status) {
  const std::string error = status == Status::ok ? "" : fce::last_error();
  const std::lock_guard lock(error_mutex_);
  if (taken_ && error != last_error_ && !error.empty())
    log(LogLevel::error, "%s kept as it was error=\"%s\"", what_, log_safe(error).c_str());
  last_error_ = error;
  return status;
}

}  // namespace fce
