// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
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

// A range of pages and when it was there, in one word: other shards write it at the same time.
struct WarmRange {
  static constexpr unsigned kPageBits = 24, kCountBits = 16, kTickBits = 24;
  static constexpr unsigned kTickShift = 6;  // of 64 ms: a range is good for one or two of them

  uint64_t first = 0, count = 0, tick = 0;

  static WarmRange of(uint64_t word) {
    return {word >> kCountBits & ((1u << kPageBits) - 1), word & ((1u << kCountBits) - 1),
            word >> (kPageBits + kCountBits)};
  }
  static uint64_t now() {
    timespec time;
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    const auto ms =
        static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
    return ms >> kTickShift & ((1u << kTickBits) - 1);
  }
  // 0 for what is too far back or too long.
  uint64_t word() const {
    if (first >> kPageBits != 0 || count >> kCountBits != 0) return 0;
    return tick << (kPageBits + kCountBits) | first << kCountBits | count;
  }
  bool holds(const WarmRange& part) const {
    return part.tick - tick <= 1 && part.first >= first && part.first + part.count <= first + count;
  }
};

bool ask_page_cache(int fd, uint64_t offset, size_t size, uint64_t pages) {
  const uint64_t last = offset + size - 1;
  CachestatRange range{offset, size};
  Cachestat found;
  if (::syscall(kCachestatNumber, fd, &range, &found, 0) == 0) {
    // Pages that the disk is yet to fill are counted: it is the last one that comes last.
    return found.cached == pages && warmth_at(fd, last) != Warmth::cold;
  }
  // An older kernel, or a file of another user, of which a newer one tells nothing.
  for (uint64_t at = offset; at < last; at += kProbeBytes)
    if (warmth_at(fd, at) != Warmth::warm) return false;
  return warmth_at(fd, last) == Warmth::warm;
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
  const uint64_t first = offset / page;
  const WarmRange pages{first, (offset + size - 1) / page - first + 1, WarmRange::now()};
  if (WarmRange::of(fd.warm().load(std::memory_order_relaxed)).holds(pages)) return true;
  if (!ask_page_cache(fd.get(), offset, size, pages.count)) return false;
  fd.warm().store(pages.word(), std::memory_order_relaxed);
  return true;
}

}  // namespace fce
