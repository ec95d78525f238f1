// SPDX-License-Identifier: Apache-2.0
// Addresses as numbers, to walk them in their order and to tell which prefix holds which.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "geo/ip_prefix.h"

namespace fce {

// IPv4 addresses have their 32 bits at the low end.
__extension__ using IpNumber = unsigned __int128;

inline uint64_t high_half(IpNumber ip) { return static_cast<uint64_t>(ip >> 64); }
inline uint64_t low_half(IpNumber ip) { return static_cast<uint64_t>(ip); }

inline uint8_t address_bits(bool v6) { return v6 ? 128 : 32; }

// Eight bytes in the order of the network.
inline uint64_t read_be64(const uint8_t* at) {
  uint64_t number = 0;
  std::memcpy(&number, at, sizeof(number));
  return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

// Four bytes, the lowest first.
inline uint32_t read_le32(const uint8_t* at) {
  uint32_t number = 0;
  std::memcpy(&number, at, sizeof(number));
  return std::endian::native == std::endian::little ? number : __builtin_bswap32(number);
}

inline IpNumber ip_number(const IpPrefix& prefix) {
  const uint8_t* at = prefix.ip.data();
  const uint64_t high = read_be64(at);
  return prefix.v6 ? IpNumber{high} << 64 | read_be64(at + 8) : IpNumber{high >> 32};
}

// Of `ip` only its first `bits` bits are taken.
inline IpPrefix ip_prefix(bool v6, IpNumber ip, uint8_t bits) {
  const unsigned rest = address_bits(v6) - bits;
  ip = rest == 128 ? 0 : ip >> rest << rest;
  IpPrefix prefix;
  prefix.v6 = v6;
  prefix.bits = bits;
  for (size_t i = v6 ? 16 : 4; i-- > 0; ip >>= 8) prefix.ip[i] = static_cast<uint8_t>(ip);
  return prefix;
}

// The last address of a prefix whose first is `first`.
inline IpNumber last_of(bool v6, IpNumber first, uint8_t bits) {
  const unsigned rest = address_bits(v6) - bits;
  return first | (rest == 128 ? ~IpNumber{0} : (IpNumber{1} << rest) - 1);
}

// How many of the first bits of two different addresses are the same.
inline uint8_t common_bits(bool v6, IpNumber a, IpNumber b) {
  const IpNumber differ = a ^ b;
  const int zeros = high_half(differ) != 0 ? std::countl_zero(high_half(differ))
                                           : 64 + std::countl_zero(low_half(differ));
  return static_cast<uint8_t>(v6 ? zeros : zeros - 96);
}

// The length of the widest prefix around `ip` that holds no address outside of `first` to `last`.
inline uint8_t widest_prefix(bool v6, IpNumber ip, IpNumber first, IpNumber last) {
  const IpNumber end = v6 ? ~IpNumber{0} : IpNumber{0xffffffff};
  uint8_t bits = 0;
  if (first != 0) bits = static_cast<uint8_t>(common_bits(v6, ip, first - 1) + 1);
  if (last != end) bits = std::max<uint8_t>(bits, common_bits(v6, ip, last + 1) + 1);
  return bits;
}

}  // namespace fce
