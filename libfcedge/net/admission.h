// SPDX-License-Identifier: Apache-2.0
// How fast a shard takes new clients, what one costs it, and how many wait to be taken: what a
// storm of reconnects is paced by.
//
// The cost is time of the shard's thread: accepting, and of who comes by TLS the steps of its own
// handshake. Those who fail tell nothing about it, nor do clients in clear about the others.
//
// How long those who wait have to is another thing, since the thread does more than let clients
// in. So it is measured by the clock on the wall: how many left the lane of handshakes from one
// turn to the next, through or refused, while there were more of them than a turn had time for.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fce {

class Admission {
 public:
  // --- What a client costs.

  // There is a listener for TLS here. Without one only accepting counts.
  void expect_tls() { tls_ = true; }
  // So many clients were accepted, which took so long.
  void accepted(uint64_t us, uint32_t clients) { take(&accept_us_, us / clients, clients); }
  // One client's handshake is through, and has taken so long.
  void admitted(uint64_t us) {
    tls_ = true;
    take(&handshake_us_, us, 1);
  }

  // What a client costs, about. Before any was seen: a full handshake on a plain machine.
  uint32_t cost_us() const {
    const float us = accept_us_ + (tls_ ? handshake_us_ : 0);
    return std::max(kCostUsMin, static_cast<uint32_t>(us));
  }

  // Clients that the shard could take in a second if it did nothing else.
  uint32_t per_s() const { return 1'000'000 / cost_us(); }

  // --- How long those who wait have to.

  // The lane begins. `went_on`: it was left with some in the turn before, which began this one.
  void begin_lane(uint64_t now_us, bool went_on) {
    if (went_on && left_ > 0) {
      measure(now_us);
    } else if (now_us - measured_at_us_ > kForgetUs) {
      gone_ = kGoneBefore;
      busy_us_ = kBusyUsBefore;
    }
    began_us_ = now_us;
    gone_in_turn_ = 0;
  }
  // One of the lane had its part. `gone`: it is through, or was refused.
  void stepped(bool gone) {
    if (gone) ++gone_in_turn_;
    left_ = handshakes_waiting;
  }

  // Clients that leave the lane in a second of its being full, an average over about the last
  // second of that. At first, and when the lane was not full for ten seconds, it is taken to be
  // 2,000: that weighs as much as a tenth of a second, so that what is measured soon outweighs it.
  uint32_t taken_per_s() const {
    return std::max(1u, static_cast<uint32_t>(gone_ * 1'000'000 / busy_us_));
  }
  // How long who came now would wait until its handshake is through, about.
  uint64_t backlog_ms() const {
    return (uint64_t{handshakes_waiting} + accept_queue) * 1000 / taken_per_s();
  }

  uint32_t handshakes_waiting = 0;  // have sent something that was not looked at yet
  uint32_t accept_queue = 0;        // of the TLS listeners that are held back, in the kernel

 private:
  static constexpr float kWeight = 32;
  static constexpr uint32_t kCostUsMin = 50;         // what comes behind the handshake costs, too
  static constexpr uint64_t kSampleUsMax = 100'000;  // the thread was not running all that time
  static constexpr double kGoneBefore = 200;
  static constexpr double kBusyUsBefore = 100'000;
  static constexpr double kWindowUs = 1'000'000;
  static constexpr uint64_t kForgetUs = 10'000'000;

  static void take(float* average, uint64_t us, uint32_t clients) {
    const auto each = static_cast<float>(std::min(us, kSampleUsMax));
    *average += (each - *average) * std::min(1.0f, static_cast<float>(clients) / kWeight);
  }
  // Turns in which the lane was worked off would tell how many came, not how many could have.
  void measure(uint64_t now_us) {
    gone_ += gone_in_turn_;
    busy_us_ += static_cast<double>(now_us - began_us_);
    measured_at_us_ = now_us;
    if (busy_us_ < kWindowUs) return;
    gone_ /= 2;
    busy_us_ /= 2;
  }

  float accept_us_ = 30;
  float handshake_us_ = 220;
  bool tls_ = false;
  uint32_t left_ = 0;          // in the lane, when it was last worked at
  uint32_t gone_in_turn_ = 0;  // since `began_us_`
  uint64_t began_us_ = 0;
  uint64_t measured_at_us_ = 0;
  double gone_ = kGoneBefore;
  double busy_us_ = kBusyUsBefore;
};

}  // namespace fce
