// SPDX-License-Identifier: Apache-2.0
// Disk: the system calls that the store makes for its files, in one place, so that a test can have
// each of them fail. Results are those of the kernel's own calls: negative ones are errno values.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace fce {

class Disk {
 public:
  virtual ~Disk() = default;

  virtual int open(int directory, const char* name, int flags) = 0;
  // One preadv2; `no_wait`: -EAGAIN for what is not in the page cache.
  virtual int64_t read(int fd, std::span<const iovec> to, uint64_t offset, bool no_wait) = 0;
  // One pwritev.
  virtual int64_t write(int fd, std::span<const iovec> from, uint64_t offset) = 0;
  virtual int truncate(int fd, uint64_t size) = 0;
  virtual int unlink(int directory, const char* name) = 0;
  virtual int rename(int directory, const char* from, const char* to) = 0;
  virtual int64_t size(int fd) = 0;
  virtual int sync(int fd) = 0;

  // The kernel.
  static Disk& real();

  // All of `to`, or an error; -ENODATA where the file ends before. With `no_wait` also -EAGAIN.
  int read_all(int fd, MutableBytes to, uint64_t offset, bool no_wait = false);
  // All of them, one after the other, or an error; then some may have been written. Four at most.
  int write_all(int fd, std::span<const Bytes> pieces, uint64_t offset);
};

// Hands everything on to the kernel: for those that do one thing differently, as tests do. All
// inline, since tests have type information and the library has none.
class DiskLayer : public Disk {
 public:
  int open(int directory, const char* name, int flags) override {
    return real().open(directory, name, flags);
  }
  int64_t read(int fd, std::span<const iovec> to, uint64_t offset, bool no_wait) override {
    return real().read(fd, to, offset, no_wait);
  }
  int64_t write(int fd, std::span<const iovec> from, uint64_t offset) override {
    return real().write(fd, from, offset);
  }
  int truncate(int fd, uint64_t size) override { return real().truncate(fd, size); }
  int unlink(int directory, const char* name) override { return real().unlink(directory, name); }
  int rename(int directory, const char* from, const char* to) override {
    return real().rename(directory, from, to);
  }
  int64_t size(int fd) override { return real().size(fd); }
  int sync(int fd) override { return real().sync(fd); }
};

}  // namespace fce
