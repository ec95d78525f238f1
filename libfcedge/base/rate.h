// SPDX-License-Identifier: Apache-2.0
// Token bucket: `per_s` events a second with a burst, on the loop's cached clock.
#pragma once

#include <algorithm>
#include <cstdint>

namespace fce {

class RateLimit {
 public:
  // Takes one token at `now_ms`; false when there is none.
  bool take(uint64_t now_ms, uint32_t per_s, uint32_t burst) {
    const uint64_t full = uint64_t{burst} * 1000;
    if (last_ms_ == 0) level_ = full;
    level_ = std::min(full, level_ + (now_ms - last_ms_) * per_s);
    last_ms_ = now_ms;
    if (level_ < 1000) return false;
    level_ -= 1000;
    return true;
  }

 private:
  uint64_t last_ms_ = 0;
  uint64_t level_ = 0;  // thousandths of a token
};

}  // namespace fce
