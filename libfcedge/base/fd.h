// SPDX-License-Identifier: Apache-2.0
// File descriptors that are closed by their owner, and reading from them.
#pragma once

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
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Reads exactly `size` bytes from `offset`, blocking. False when there are fewer or on an error.
bool read_exactly(const Fd& fd, uint64_t offset, uint8_t* to, size_t size);

// Whether a part of a file can be read without waiting for the disk, as far as the kernel tells;
// without blocking. `size` is at least 1.
bool in_page_cache(const Fd& fd, uint64_t offset, size_t size);

}  // namespace fce
