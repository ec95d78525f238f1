// SPDX-License-Identifier: Apache-2.0
#include "http/peer_health.h"

namespace fce {

PeerHealth::State PeerHealth::state(uint64_t now_ms) const {
  if (checked_out_.load(std::memory_order_relaxed)) return State::down;
  const uint64_t until = down_until_ms_.load(std::memory_order_relaxed);
  if (until == 0) return State::up;
  return now_ms >= until ? State::probe : State::down;
}

bool PeerHealth::claim_probe(const Rules& rules, uint64_t now_ms) {
  uint64_t until = down_until_ms_.load(std::memory_order_relaxed);
  return until != 0 && now_ms >= until &&
         down_until_ms_.compare_exchange_strong(until, now_ms + rules.down_ms);
}

PeerHealth::Change PeerHealth::on_success() {
  if (fails_.load(std::memory_order_relaxed) != 0) fails_.store(0, std::memory_order_relaxed);
  if (down_until_ms_.load(std::memory_order_relaxed) == 0) return Change::none;
  return down_until_ms_.exchange(0) != 0 ? Change::up : Change::none;
}

// Shards that report at the same time may count one failure less: it is an estimate anyway.
PeerHealth::Change PeerHealth::on_failure(const Rules& rules, uint64_t now_ms) {
  if (rules.fails_max == 0) return Change::none;
  uint64_t until = down_until_ms_.load(std::memory_order_relaxed);
  if (until != 0) {  // the one that tried, or one from before
    down_until_ms_.compare_exchange_strong(until, now_ms + rules.down_ms);
    return Change::none;
  }
  if (now_ms - window_began_ms_.load(std::memory_order_relaxed) > rules.fail_window_ms) {
    window_began_ms_.store(now_ms, std::memory_order_relaxed);
    fails_.store(0, std::memory_order_relaxed);
  }
  if (fails_.fetch_add(1, std::memory_order_relaxed) + 1 < rules.fails_max) return Change::none;
  return down_until_ms_.compare_exchange_strong(until, now_ms + rules.down_ms) ? Change::down
                                                                               : Change::none;
}

PeerHealth::Change PeerHealth::on_check(const Rules& rules, bool good) {
  const bool out = checked_out_.load(std::memory_order_relaxed);
  if (good != out) {
    streak_.store(0, std::memory_order_relaxed);
    return Change::none;
  }
  const uint32_t streak = streak_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (streak < (good ? rules.rise : rules.fall)) return Change::none;
  streak_.store(0, std::memory_order_relaxed);
  checked_out_.store(!out, std::memory_order_relaxed);
  // Who is taken back by checks starts afresh.
  if (good) on_success();
  return good ? Change::up : Change::down;
}

}  // namespace fce
