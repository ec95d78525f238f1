// SPDX-License-Identifier: Apache-2.0
// Tally: a number that one thread counts and any may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace fce {

class Tally {
 public:
  // Not a locked instruction: there is one writer.
  void add(uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace fce
