// SPDX-License-Identifier: Apache-2.0
// PublishTiming: from a publication to the flush of the last subscriber on this shard that could
// take it, which is when those who waited for fan-out behind its channel have had their part. Who
// has so much to take that one part does not do, as downloads have, is not waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "loop/loop.h"

namespace fce {

class PublishTiming final : public FanoutWatcher {
 public:
  PublishTiming(Loop& loop, Counters& counters) : loop_(loop), counters_(counters) {}

  // Somebody is to be woken for what was published at that time of the monotonic clock.
  void begin(uint64_t published_us);
  void on_fanned_out(uint64_t turn) override;

 private:
  // While the lane never becomes empty, further ones count as published with the last of these.
  static constexpr size_t kWaitingMax = 1024;
  struct Waiting {
    uint64_t published_us;
    uint64_t times;
    uint64_t turn;  // in which the channel was marked
  };

  Loop& loop_;
  Counters& counters_;
  std::vector<Waiting> waiting_;
};

}  // namespace fce
