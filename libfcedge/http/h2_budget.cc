// SPDX-License-Identifier: Apache-2.0
#include "http/h2_budget.h"

#include <algorithm>

namespace fce {

H2Budget::Level H2Budget::spend(uint64_t now_ms, uint32_t per_s, uint32_t burst) {
  constexpr uint64_t kEvent = 1000;
  const uint64_t earned = (now_ms - last_ms_) * per_s;
  last_ms_ = now_ms;
  used_ -= std::min(used_, earned);
  used_ += kEvent;
  const uint64_t all = uint64_t{burst} * kEvent;
  if (used_ > all) return Level::spent;
  return used_ * 4 > all * 3 ? Level::high : Level::fine;
}

}  // namespace fce
