// SPDX-License-Identifier: Apache-2.0
// Keys and entries for tests of the index and of what goes by it.
#pragma once

#include <cstdint>
#include <optional>

#include "cache/index.h"

namespace fce::test {

// Spreads small numbers over all bits, one to one (the finaliser of SplitMix64).
inline uint64_t spread(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

inline ObjectKey numbered_key(uint64_t number) { return {spread(number), spread(~number)}; }

inline IndexEntry numbered_entry(uint64_t number, const Location& at, uint64_t bytes = 1024) {
  IndexEntry entry;
  entry.key = numbered_key(number);
  entry.at = at;
  entry.size_units = units_of_bytes(bytes);
  return entry;
}

// What doctest cannot take from a field of bits itself.
inline uint32_t frequency_of(const std::optional<IndexEntry>& entry) {
  return entry ? uint32_t{entry->frequency} : UINT32_MAX;
}

}  // namespace fce::test
