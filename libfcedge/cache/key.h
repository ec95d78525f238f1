// SPDX-License-Identifier: Apache-2.0
// ObjectKey: what the index knows an object by. 128 bits of keyed hashes over tenant and key text:
// who does not know the store's secret can make no two texts collide, and a record keeps both texts
// in full, so that even a collision cannot hand one tenant's object to another.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace fce {

struct ObjectKey {
  uint64_t high = 0;
  uint64_t low = 0;

  auto operator<=>(const ObjectKey&) const = default;
};

// Two SipHash keys, which the store's superblock keeps: the same for as long as its files live.
struct ObjectKeySecret {
  std::array<uint8_t, 16> high{};
  std::array<uint8_t, 16> low{};

  static ObjectKeySecret random();
};

// Hashes tenant NUL text. A tenant is a name (http/name.h) and holds no NUL, so that the pair and
// what is hashed are one to one.
ObjectKey object_key(const ObjectKeySecret& secret, std::string_view tenant, std::string_view text);

}  // namespace fce
