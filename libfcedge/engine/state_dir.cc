// SPDX-License-Identifier: Apache-2.0
#include "engine/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/crypto.h"
#include "base/time.h"

namespace fce {
namespace {

constexpr size_t kIdBytes = 32;

Status failed(const std::string& what, int error) {
  return fail(status_from_errno(error), what + ": " + std::strerror(error));
}

// The value of "name=" on a line of its own; empty if there is none.
std::string_view field(std::string_view text, std::string_view name) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=')
      return line.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

bool number(std::string_view text, uint64_t* out) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *out);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

std::string new_id() {
  std::array<uint8_t, kIdBytes / 2> bytes;
  random_bytes(bytes);
  return hex(bytes);
}

bool is_id(std::string_view text) {
  return text.size() == kIdBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

StateDir::~StateDir() {
  if (lock_ >= 0) ::close(lock_);
}

Status StateDir::open(const std::string& path) {
  path_ = path;
  if (path.empty()) {
    id_ = new_id();
    epoch_ = wall_ms();
    return Status::ok;
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return failed("cannot make the state directory " + path, errno);
  Status status = lock(path);
  if (status != Status::ok) return status;
  bool found = false;
  status = read(&found);
  if (status != Status::ok) return status;
  if (!found) id_ = new_id();
  ++epoch_;
  return write();
}

Status StateDir::lock(const std::string& path) {
  const std::string file = path + "/lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return failed("cannot write to the state directory " + path, errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return Status::ok;
  if (errno != EWOULDBLOCK) return failed("cannot lock the state directory " + path, errno);
  return fail(Status::locked, "the state directory " + path + " is in use by another process");
}

Status StateDir::read(bool* found) {
  const std::string file = path_ + "/node";
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    *found = false;
    return errno == ENOENT ? Status::ok : failed("cannot read " + file, errno);
  }
  char buffer[4096];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  const int error = errno;
  ::close(fd);
  if (got < 0) return failed("cannot read " + file, error);
  const std::string_view text(buffer, static_cast<size_t>(got));
  uint64_t format = 0;
  if (!number(field(text, "format"), &format))
    return fail(Status::io, file + " names no format: it is damaged");
  if (format != kFormat)
    return fail(Status::version, file + " has format " + std::to_string(format) +
                                     ", this version reads format " + std::to_string(kFormat));
  id_ = field(text, "id");
  if (!is_id(id_) || !number(field(text, "epoch"), &epoch_))
    return fail(Status::io, file + " names no id or epoch: it is damaged");
  *found = true;
  return Status::ok;
}

// Written aside and renamed, so that a crash leaves the old or the new file, never half of one.
Status StateDir::write() {
  const std::string file = path_ + "/node";
  const std::string aside = file + ".new";
  const std::string text = "format=" + std::to_string(kFormat) + "\nid=" + id_ +
                           "\nepoch=" + std::to_string(epoch_) + "\n";
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot write " + aside, errno);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = written && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!synced) return failed("cannot write " + aside, error);
  if (::rename(aside.c_str(), file.c_str()) != 0) return failed("cannot replace " + file, errno);
  const int directory = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    (void)::fsync(directory);
    ::close(directory);
  }
  return Status::ok;
}

}  // namespace fce
