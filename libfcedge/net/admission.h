// SPDX-License-Identifier: Apache-2.0
// How fast a shard takes new clients, and how many wait to be taken: what a storm of reconnects is
// paced by.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fce {

class Admission {
 public:
  // Time that went into accepting and handshakes, of whomever.
  void spent(uint64_t us) { spent_us_ += us; }
  // So many clients more are through.
  void admitted(uint32_t clients = 1) {
    const auto each = static_cast<float>(std::min(spent_us_ / clients, kSampleUsMax));
    spent_us_ = 0;
    cost_us_ += (each - cost_us_) * std::min(1.0f, static_cast<float>(clients) / kWeight);
  }

  // What a client costs, about. Before any was seen: a full handshake on a plain machine.
  uint32_t cost_us() const { return std::max(kCostUsMin, static_cast<uint32_t>(cost_us_)); }
  // Clients that the shard could take in a second if it did nothing else.
  uint32_t per_s() const { return 1'000'000 / cost_us(); }

  // How long the last of those who wait has to, about.
  uint64_t backlog_ms() const {
    return (uint64_t{handshakes_waiting} + accept_queue) * cost_us() / 1000;
  }

  uint32_t handshakes_waiting = 0;  // have sent something that was not looked at yet
  uint32_t accept_queue = 0;        // of the listeners that are held back, in the kernel

 private:
  static constexpr float kWeight = 32;
  static constexpr uint32_t kCostUsMin = 50;  // what comes behind the handshake costs, too
  static constexpr uint64_t kSampleUsMax = 100'000;

  uint64_t spent_us_ = 0;  // since the last was through
  float cost_us_ = 250;
};

}  // namespace fce
