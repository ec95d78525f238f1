// SPDX-License-Identifier: Apache-2.0
// LargeFile: the file of one large object, for those who read it, while it is written and after.
// The body lies in it as one run (so that sendfile can send it in clear), checked and encrypted in
// frames of 64 KiB. Any thread may read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/chunk.h"

namespace fce {

class LargeFile {
 public:
  static constexpr size_t kFrameBytes = 64 * 1024;

  enum class State : uint8_t { writing, complete, failed };
  enum class Read : uint8_t {
    ok,      // `out` holds at least one byte
    wait,    // still being written, and nothing is there beyond `offset` yet
    end,     // the body ends at `offset`
    cold,    // has to come from the disk: again with `blocking`, in a worker
    failed,  // the disk, or the checksum: the object is gone, its reader's answer cannot be ended
  };

  // Bytes of the body that can be read by now. Look at `state` first: it only says `complete` once
  // all of them can.
  uint64_t readable() const { return readable_.load(std::memory_order_acquire); }
  State state() const { return state_.load(std::memory_order_acquire); }

  // Reads at most `max` bytes (and at most to the end of the frame) of the body at `offset`. A
  // frame that this process has neither written nor verified is read whole and verified.
  Read read(uint64_t offset, size_t max, bool blocking, Slice* out);
  // How many bytes of the body at `offset`, `max` at most, may be sent from `*fd` at `*at` as they
  // are: clear text, and verified. 0: use `read`. The descriptor lives as long as this object.
  uint64_t sendable(uint64_t offset, uint64_t max, int* fd, uint64_t* at) const;

 private:
  std::atomic<uint64_t> readable_{0};
  std::atomic<State> state_{State::writing};
};

}  // namespace fce
