// SPDX-License-Identifier: Apache-2.0
// File descriptors that are closed by their owner, and reading from them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace fce {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    warm_.store(0, std::memory_order_relaxed);
    other.warm_.store(0, std::memory_order_relaxed);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // The part of the file that was last found in the page cache, and when.
  std::atomic<uint64_t>& warm() const { return warm_; }

 private:
  int fd_ = -1;
  mutable std::atomic<uint64_t> warm_{0};
};

// Reads exactly `size` bytes from `offset`, blocking. False when there are fewer or on an error.
bool read_exactly(const Fd& fd, uint64_t offset, uint8_t* to, size_t size);

// Whether a part of a file can be read without waiting for the disk, as far as the kernel tells;
// without blocking. `size` is at least 1. What was found there a tenth of a second ago, and has
// been sent to others since, is taken to be there still: asking costs a large answer some 3 %.
bool in_page_cache(const Fd& fd, uint64_t offset, size_t size);

}  // namespace fce
