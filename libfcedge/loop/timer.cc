// SPDX-License-Identifier: Apache-2.0
#include "loop/timer.h"

#include <algorithm>

namespace fce {

void Timer::arm(TimerWheel& wheel, uint64_t delay_ms) {
  const uint64_t ticks = (delay_ms + TimerWheel::kTickMs - 1) / TimerWheel::kTickMs + 1;
  deadline_ = wheel.now_ + ticks;
  wheel.slots_[deadline_ % TimerWheel::kSlots].push_back(this);
}

void Timer::cancel() { unlink(); }

void TimerWheel::advance(uint64_t now_ms) {
  const uint64_t target = now_ms / kTickMs;
  if (target <= now_) return;
  now_ = target;
  // After a long stall one round over all slots finds whatever is due.
  if (target > tick_ + kSlots) tick_ = target - kSlots;
  while (tick_ < target) {
    ++tick_;
    List<Timer> due;
    due.splice_back(slots_[tick_ % kSlots]);
    while (Timer* timer = due.pop_front()) {
      if (timer->deadline_ > tick_) {
        slots_[timer->deadline_ % kSlots].push_back(timer);
      } else {
        timer->fire_(timer->owner_);
      }
    }
  }
}

}  // namespace fce
