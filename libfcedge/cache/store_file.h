// SPDX-License-Identifier: Apache-2.0
// StoreFile: a file in the store's directory, for those who read it. It outlives its deletion for
// as long as somebody reads; what it takes on the disk is counted until then.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "cache/disk.h"
#include "cache/file_name.h"

namespace fce {

// The directory of a store, open.
struct StoreDirectory {
  StoreDirectory(Disk& d, int descriptor) : disk(d), fd(descriptor) {}
  ~StoreDirectory();
  StoreDirectory(const StoreDirectory&) = delete;
  StoreDirectory& operator=(const StoreDirectory&) = delete;

  Disk& disk;
  const int fd;
  // Of files that are deleted and still open.
  std::atomic<uint64_t> deleted_bytes{0};
};

class StoreFile {
 public:
  // `fd` may be -1: then it is opened when it is needed.
  StoreFile(std::shared_ptr<StoreDirectory> directory, const FileName& name, int fd)
      : directory_(std::move(directory)), name_(name), handle_(fd), fd_(fd) {}
  ~StoreFile();
  StoreFile(const StoreFile&) = delete;
  StoreFile& operator=(const StoreFile&) = delete;

  const FileName& name() const { return name_; }
  Disk& disk() const { return directory_->disk; }
  // Any thread. The descriptor, or -errno; -EAGAIN with `no_wait` when it is not open yet.
  int fd(bool no_wait = false);
  // The same, for who sends from it: once `fd` has told it.
  const Fd& handle() const { return handle_; }
  // The file was deleted: its bytes stay counted until the last reader lets go. At most once.
  void deleted(uint64_t bytes);

 private:
  const std::shared_ptr<StoreDirectory> directory_;
  const FileName name_;
  Fd handle_;
  std::atomic<int> fd_;  // of the handle, once it is there
  std::mutex opening_;
  std::atomic<uint64_t> deleted_bytes_{0};
};

}  // namespace fce
