// SPDX-License-Identifier: Apache-2.0
// Budgets against floods over one HTTP/2 connection: so many events a second, with a burst. Who has
// used three quarters of a burst is asked to leave (GOAWAY); who has used all of it is cut off.
#pragma once

#include <cstdint>

namespace fce {

class H2Budget {
 public:
  enum class Level : uint8_t { fine, high, spent };

  // Takes one event at `now_ms`. A budget of zero a second allows none.
  Level spend(uint64_t now_ms, uint32_t per_s, uint32_t burst);

 private:
  uint64_t used_ = 0;  // thousandths of an event that were not yet earned back
  uint64_t last_ms_ = 0;
};

// Window updates that an honest client sends are paid for by what we send it: some credit per
// stream and per DATA frame. The rest counts as control frames.
class H2WindowCredit {
 public:
  void earn() { credit_ = credit_ + kPerFrame < kMax ? credit_ + kPerFrame : kMax; }
  bool pay() { return credit_ > 0 && credit_-- > 0; }

 private:
  static constexpr uint32_t kPerFrame = 2;  // one for the stream's window, one for the connection's
  static constexpr uint32_t kMax = 4096;
  uint32_t credit_ = 16;
};

}  // namespace fce
