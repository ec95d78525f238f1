// SPDX-License-Identifier: Apache-2.0
// Addresses as the geo room looks at them: 128 bits and how many of them are known.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace fce {

// The first `bits` bits of an address; those behind them are 0.
struct IpPrefix {
  bool v6 = false;
  uint8_t bits = 0;              // 0 to 32, or to 128
  std::array<uint8_t, 16> ip{};  // in the order of the network; IPv4 has 4 of them
};

// IPv4 that is written as IPv6 (::ffff:0:0/96), as sockets of both families have it, as IPv4.
inline IpPrefix unmapped(const IpPrefix& prefix) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool is_mapped = prefix.v6 && prefix.bits >= 96 &&
                         std::equal(std::begin(kMapped), std::end(kMapped), prefix.ip.begin());
  if (!is_mapped) return prefix;
  IpPrefix out;
  out.bits = static_cast<uint8_t>(prefix.bits - 96);
  std::copy_n(prefix.ip.begin() + sizeof kMapped, 4, out.ip.begin());
  return out;
}

}  // namespace fce
