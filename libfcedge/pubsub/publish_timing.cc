// SPDX-License-Identifier: Apache-2.0
#include "pubsub/publish_timing.h"

#include "base/time.h"

namespace fce {

void PublishTiming::begin(uint64_t published_us) {
  if (waiting_.empty()) loop_.watch_fanout(*this);
  if (waiting_.size() < kWaitingMax) {
    waiting_.push_back({published_us, 1, loop_.turn()});
  } else {
    ++waiting_.back().times;
    waiting_.back().turn = loop_.turn();
  }
}

void PublishTiming::on_fanned_out(uint64_t turn) {
  const uint64_t now_us = monotonic_us();
  size_t done = 0;
  for (; done < waiting_.size() && waiting_[done].turn < turn; ++done) {
    const Waiting& each = waiting_[done];
    // Another shard's clock may be read a little later than it was written.
    const uint64_t us = now_us > each.published_us ? now_us - each.published_us : 0;
    counters_.at(Histogram::publish_flush).record(LogHistogram::bucket_of(us), us, each.times);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(done));
  if (!waiting_.empty()) loop_.watch_fanout(*this);
}

}  // namespace fce
