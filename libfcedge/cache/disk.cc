// SPDX-License-Identifier: Apache-2.0
#include "cache/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/fatal.h"

namespace fce {

namespace {

class RealDisk final : public Disk {
 public:
  int open(int directory, const char* name, int flags) override;
  int64_t read(int fd, std::span<const iovec> to, uint64_t offset, bool no_wait) override;
  int64_t write(int fd, std::span<const iovec> from, uint64_t offset) override;
  int truncate(int fd, uint64_t size) override;
  int unlink(int directory, const char* name) override;
  int rename(int directory, const char* from, const char* to) override;
  int64_t size(int fd) override;
  int sync(int fd) override;
};

int RealDisk::open(int directory, const char* name, int flags) {
  const int fd = ::openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  return fd < 0 ? -errno : fd;
}

int64_t RealDisk::read(int fd, std::span<const iovec> to, uint64_t offset, bool no_wait) {
  const ssize_t got = ::preadv2(fd, to.data(), static_cast<int>(to.size()),
                                static_cast<off_t>(offset), no_wait ? RWF_NOWAIT : 0);
  // A file system without RWF_NOWAIT: everything is cold there.
  if (got < 0) return no_wait && errno == EOPNOTSUPP ? -EAGAIN : -errno;
  return got;
}

int64_t RealDisk::write(int fd, std::span<const iovec> from, uint64_t offset) {
  const ssize_t done =
      ::pwritev(fd, from.data(), static_cast<int>(from.size()), static_cast<off_t>(offset));
  return done < 0 ? -errno : done;
}

int RealDisk::truncate(int fd, uint64_t size) {
  return ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : -errno;
}

int RealDisk::unlink(int directory, const char* name) {
  return ::unlinkat(directory, name, 0) == 0 ? 0 : -errno;
}

int RealDisk::rename(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to) == 0 ? 0 : -errno;
}

int64_t RealDisk::size(int fd) {
  struct stat about;
  return ::fstat(fd, &about) == 0 ? about.st_size : -errno;
}

int RealDisk::sync(int fd) { return ::fsync(fd) == 0 ? 0 : -errno; }

}  // namespace

Disk& Disk::real() {
  static RealDisk disk;
  return disk;
}

int Disk::read_all(int fd, MutableBytes to, uint64_t offset, bool no_wait) {
  size_t done = 0;
  while (done < to.size()) {
    const iovec piece{to.data() + done, to.size() - done};
    const int64_t got = read(fd, {&piece, 1}, offset + done, no_wait);
    if (got == -EINTR) continue;
    if (got == 0) return -ENODATA;
    if (got < 0) return static_cast<int>(got);
    done += static_cast<size_t>(got);
  }
  return 0;
}

int Disk::write_all(int fd, std::span<const Bytes> pieces, uint64_t offset) {
  std::array<iovec, 4> list;
  size_t count = 0;
  if (pieces.size() > list.size()) fatal("cache disk: %zu pieces at once", pieces.size());
  for (const Bytes piece : pieces)
    if (!piece.empty()) list[count++] = {const_cast<uint8_t*>(piece.data()), piece.size()};
  size_t first = 0;
  while (first < count) {
    const int64_t done = write(fd, {&list[first], count - first}, offset);
    if (done == -EINTR) continue;
    if (done < 0) return static_cast<int>(done);
    if (done == 0) return -EIO;
    offset += static_cast<uint64_t>(done);
    for (auto left = static_cast<size_t>(done); left > 0;) {
      const size_t taken = std::min(left, list[first].iov_len);
      list[first].iov_base = static_cast<uint8_t*>(list[first].iov_base) + taken;
      list[first].iov_len -= taken;
      left -= taken;
      if (list[first].iov_len == 0) ++first;
    }
  }
  return 0;
}

}  // namespace fce
