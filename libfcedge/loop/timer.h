// SPDX-License-Identifier: Apache-2.0
// Timer wheel: a million timeouts cost 40 bytes each inside the object that they guard, and setting
// one is a list insertion. Ticks are coarse (100 ms), as time limits of connections are.
#pragma once

#include <array>
#include <cstdint>

#include "base/list.h"

namespace fce {

class TimerWheel;

// A timer inside its owner. It is disarmed when it is destroyed.
class Timer : public ListNode<Timer> {
 public:
  using Fire = void (*)(void* owner);
  Timer(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  ~Timer() { cancel(); }

  // Arms or re-arms: `fire(owner)` is called once, `delay_ms` from now or up to two ticks later.
  void arm(TimerWheel& wheel, uint64_t delay_ms);
  void cancel();
  bool armed() const { return linked(); }

 private:
  friend class TimerWheel;
  Fire fire_;
  void* owner_;
  uint64_t deadline_ = 0;  // in ticks
};

class TimerWheel {
 public:
  static constexpr uint64_t kTickMs = 100;

  explicit TimerWheel(uint64_t now_ms) : tick_(now_ms / kTickMs), now_(tick_) {}

  // Fires what is due. A timer may arm or destroy itself and any other from its callback.
  void advance(uint64_t now_ms);

 private:
  friend class Timer;
  // 512 ticks are 51 s: longer timers go round more than once, and are looked at once a round.
  static constexpr uint64_t kSlots = 512;
  std::array<List<Timer>, kSlots> slots_;
  uint64_t tick_;  // whose slot was looked at last
  uint64_t now_;   // ahead of it while a stall is made up for: what is armed then counts from here
};

}  // namespace fce
