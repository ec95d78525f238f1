// SPDX-License-Identifier: Apache-2.0
// Numbers as they lie on the disk: little-endian, whatever the machine is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fce {

template <class T>
void store_le(uint8_t* to, T value) {
  for (size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <class T>
T load_le(const uint8_t* from) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; ++i)
    value = static_cast<T>(value | static_cast<T>(from[i]) << (8 * i));
  return value;
}

}  // namespace fce
