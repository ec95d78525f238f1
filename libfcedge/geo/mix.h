// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fce {

// One hash gives several numbers that have nothing to do with each other (splitmix64).
inline uint64_t mix(uint64_t x) {
  x += 0x9e37'79b9'7f4a'7c15;
  x = (x ^ x >> 30) * 0xbf58'476d'1ce4'e5b9;
  x = (x ^ x >> 27) * 0x94d0'49bb'1331'11eb;
  return x ^ x >> 31;
}

}  // namespace fce
