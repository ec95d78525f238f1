// SPDX-License-Identifier: Apache-2.0
// What an index says of an address.
#pragma once

#include <cstdint>

namespace fce {

struct PrefixMatch {
  uint32_t cell = 0;  // 0: it knows nothing
  uint8_t bits = 0;   // the widest prefix around the address whose addresses all have this cell
};

}  // namespace fce
