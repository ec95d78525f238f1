// SPDX-License-Identifier: Apache-2.0
// Addresses as the geo room looks at them: 128 bits and how many of them are known.
#pragma once

#include <array>
#include <cstdint>

namespace fce {

// The first `bits` bits of an address; those behind them are 0.
struct IpPrefix {
  bool v6 = false;
  uint8_t bits = 0;              // 0 to 32, or to 128
  std::array<uint8_t, 16> ip{};  // in the order of the network; IPv4 has 4 of them
};

}  // namespace fce
