// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fce {
namespace {

// cachestat(2), of Linux 6.5, as in its linux/mman.h: the headers that we build with are older.
constexpr long kCachestatNumber = 451;
struct CachestatRange {
  uint64_t offset;
  uint64_t size;
};
struct Cachestat {
  uint64_t cached;
  uint64_t dirty;
  uint64_t writeback;
  uint64_t evicted;
  uint64_t recently_evicted;
};

// Without cachestat a byte in so many is tried. The kernel reads ahead in pieces of that size or
// more, so that a hole between two that are there is rare, and only costs the wait for the disk.
constexpr uint64_t kProbeBytes = 16 * 1024;

enum class Warmth : uint8_t { warm, cold, unknown };

// Of the page with that byte. Memory file systems do not tell.
Warmth warmth_at(int fd, uint64_t offset) {
  uint8_t byte;
  iovec piece{&byte, 1};
  ssize_t got;
  do {
    got = ::preadv2(fd, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  } while (got < 0 && errno == EINTR);
  if (got == 1) return Warmth::warm;
  return got < 0 && errno == EOPNOTSUPP ? Warmth::unknown : Warmth::cold;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

bool read_exactly(const Fd& fd, uint64_t offset, uint8_t* to, size_t size) {
  while (size > 0) {
    const ssize_t got = ::pread(fd.get(), to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool in_page_cache(const Fd& fd, uint64_t offset, size_t size) {
  static const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t last = offset + size - 1;
  CachestatRange range{offset, size};
  Cachestat found;
  if (::syscall(kCachestatNumber, fd.get(), &range, &found, 0) == 0) {
    // Pages that the disk is yet to fill are counted: it is the last one that comes last.
    return found.cached == last / page - offset / page + 1 &&
           warmth_at(fd.get(), last) != Warmth::cold;
  }
  // An older kernel, or a file of another user, of which a newer one tells nothing.
  for (uint64_t at = offset; at < last; at += kProbeBytes)
    if (warmth_at(fd.get(), at) != Warmth::warm) return false;
  return warmth_at(fd.get(), last) == Warmth::warm;
}

}  // namespace fce
