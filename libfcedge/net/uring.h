// SPDX-License-Identifier: Apache-2.0
// Uring: sends to many sockets with one system call, through an io_uring beside the event loop.
//
// A batch is synchronous: when `send` returns, each of its sends was tried exactly once, as a
// non-blocking `send` would have been, and the kernel holds none of the buffers. So nothing else
// has to know that there is a ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace fce {

class Uring {
 public:
  // One send; each socket at most once in a batch, since nothing may follow a partial one.
  struct Send {
    int fd;
    uint32_t size;
    const uint8_t* data;
    int64_t result;  // bytes that the socket took, or a negative errno
  };
  // What a send has that was not tried.
  static constexpr int64_t kNotTried = INT64_MIN;
  // So many go with one system call; more are several.
  static constexpr uint32_t kEntries = 512;

  // A ring whose kernel does all that is relied on: it is tried on a pair of sockets. Null where
  // it does not, or where there is no io_uring at all; `why` then says so.
  static std::unique_ptr<Uring> open(std::string* why);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  // False when the kernel has refused to go on. Those that were not tried have kNotTried, and the
  // ring is of no use any more.
  bool send(Send* sends, size_t count);

 private:
  struct Ring;
  explicit Uring(std::unique_ptr<Ring> ring);
  static std::unique_ptr<Uring> make(std::string* why);
  const char* find_fault();
  bool submit(Send* sends, unsigned count);
  void reap(Send* sends);

  std::unique_ptr<Ring> ring_;
};

}  // namespace fce
