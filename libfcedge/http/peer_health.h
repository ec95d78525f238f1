// SPDX-License-Identifier: Apache-2.0
// Whether a server of an upstream is to be asked: one state for all shards, told by what becomes of
// requests and by health checks. Pure but for the clock that it is given.
#pragma once

#include <atomic>
#include <cstdint>

namespace fce {

class PeerHealth {
 public:
  struct Rules {
    uint32_t fails_max;
    uint64_t fail_window_ms;
    uint64_t down_ms;
    uint32_t rise;
    uint32_t fall;
  };
  // What the last report made of it, for the log: who changed it is told so, nobody else.
  enum class Change : uint8_t { none, down, up };

  // Whether requests may go there. `probe`: it was out and its time is over, so one may try: that
  // one has to be claimed.
  enum class State : uint8_t { up, probe, down };
  State state(uint64_t now_ms) const;
  // True for one caller: the others find it down until that one has reported or `down_ms` are over.
  bool claim_probe(const Rules& rules, uint64_t now_ms);

  Change on_success();
  Change on_failure(const Rules& rules, uint64_t now_ms);
  Change on_check(const Rules& rules, bool good);

 private:
  std::atomic<uint64_t> down_until_ms_{0};  // 0: not taken out by failures
  std::atomic<uint64_t> window_began_ms_{0};
  std::atomic<uint32_t> fails_{0};
  std::atomic<bool> checked_out_{false};  // by health checks
  std::atomic<uint32_t> streak_{0};       // of checks that speak against the state
};

}  // namespace fce
