// SPDX-License-Identifier: Apache-2.0
// GeoPicker: which nodes a client is sent to. Zones know sets of nodes by number; who builds both
// sees to it that the numbers agree.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "geo/ip_prefix.h"

namespace fce {

struct NodeAddresses {
  std::span<const std::array<uint8_t, 4>> v4;
  std::span<const std::array<uint8_t, 16>> v6;
};

struct GeoPick {
  std::span<const uint16_t> nodes;  // best first; empty: no node may answer
  uint8_t scope_bits = 0;  // all clients of this prefix get the same (RFC 7871 section 7.2.1)
  bool known = true;       // false: the set is newer than this picker
};

// Immutable: one is swapped for the next as a whole. Any thread.
class GeoPicker {
 public:
  virtual ~GeoPicker() = default;
  // Views live as long as the picker. A zone may name a set that a picker does not know of yet.
  virtual GeoPick pick(uint16_t set, const IpPrefix& client) const = 0;
  virtual NodeAddresses addresses(uint16_t node) const = 0;
};

}  // namespace fce
