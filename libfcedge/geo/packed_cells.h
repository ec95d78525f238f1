// SPDX-License-Identifier: Apache-2.0
// Numbers of 24 bits in a row: an index has millions of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "geo/large_vector.h"

namespace fce {

class PackedCells {
 public:
  static constexpr uint32_t kMax = (1u << 24) - 1;

  void push_back(uint32_t cell) {
    bytes_.push_back(static_cast<uint8_t>(cell));
    bytes_.push_back(static_cast<uint8_t>(cell >> 8));
    bytes_.push_back(static_cast<uint8_t>(cell >> 16));
  }
  void set_back(uint32_t cell) {
    bytes_.resize(bytes_.size() - 3);
    push_back(cell);
  }
  uint32_t operator[](size_t i) const {
    const uint8_t* at = bytes_.data() + 3 * i;
    return at[0] | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16;
  }
  void prefetch(size_t i) const { __builtin_prefetch(bytes_.data() + 3 * i); }
  size_t size() const { return bytes_.size() / 3; }
  size_t memory_bytes() const { return bytes_.capacity(); }
  void shrink() { fce::shrink(&bytes_); }

 private:
  LargeVector<uint8_t> bytes_;
};

}  // namespace fce
