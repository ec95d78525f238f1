// SPDX-License-Identifier: Apache-2.0
// Token bucket: `per_s` events a second with a burst, on the loop's cached clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fce {

class RateLimit {
 public:
  // Takes a token at `now_ms`, or `amount`; false when there are not so many, which then stay.
  bool take(uint64_t now_ms, uint32_t per_s, uint32_t burst, uint64_t amount = 1) {
    const uint64_t full = uint64_t{burst} * 1000;
    if (last_ms_ == 0) level_ = full;
    level_ = std::min(full, level_ + (now_ms - last_ms_) * per_s);
    last_ms_ = now_ms;
    if (level_ < amount * 1000) return false;
    level_ -= amount * 1000;
    return true;
  }

 private:
  uint64_t last_ms_ = 0;
  uint64_t level_ = 0;  // thousandths of a token
};

}  // namespace fce
