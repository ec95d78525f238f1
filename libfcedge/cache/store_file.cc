// SPDX-License-Identifier: Apache-2.0
#include "cache/store_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace fce {

StoreDirectory::~StoreDirectory() { ::close(fd); }

StoreFile::~StoreFile() {
  handle_ = Fd();  // closed before it is no longer counted
  directory_->deleted_bytes.fetch_sub(deleted_bytes_.load());
}

int StoreFile::fd(bool no_wait) {
  int fd = fd_.load(std::memory_order_acquire);
  if (fd >= 0) return fd;
  if (no_wait) return -EAGAIN;
  const std::lock_guard<std::mutex> lock(opening_);
  fd = fd_.load(std::memory_order_relaxed);
  if (fd >= 0) return fd;
  fd = directory_->disk.open(directory_->fd, name_.text().c_str(), O_RDWR);
  if (fd < 0) return fd;
  handle_ = Fd(fd);
  fd_.store(fd, std::memory_order_release);
  return fd;
}

void StoreFile::deleted(uint64_t bytes) {
  // One that was never opened went with its name.
  if (fd_.load(std::memory_order_acquire) < 0) return;
  directory_->deleted_bytes.fetch_add(bytes);
  deleted_bytes_.store(bytes);
}

}  // namespace fce
