// SPDX-License-Identifier: Apache-2.0
// What a store counts. Its events are rare beside hits and come from any thread; a mutex makes the
// counters' one writer of them.
#pragma once

#include <mutex>

#include "metrics/counters.h"

namespace fce {

class StoreEvents {
 public:
  void count(Counter counter, uint64_t amount = 1) {
    const std::lock_guard<std::mutex> lock(mutex_);
    counters_.add(counter, amount);
  }
  const Counters& counters() const { return counters_; }

 private:
  std::mutex mutex_;
  Counters counters_;
};

}  // namespace fce
