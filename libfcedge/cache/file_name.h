// SPDX-License-Identifier: Apache-2.0
// Names of the store's files: queue, order within the queue, number, kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/eviction.h"

namespace fce {

struct FileName {
  SegmentQueue queue = SegmentQueue::small;
  uint32_t order = 0;   // the smaller, the sooner it is evicted; from the same count as numbers
  uint32_t number = 0;  // what locations say
  bool large = false;

  std::string text() const;  // "s-0000002a-0000002a.seg"
  static std::optional<FileName> parse(std::string_view text);
};

// Every file counts in whole blocks, as file systems give them out.
constexpr uint64_t kBlockBytes = 4096;
constexpr uint64_t in_blocks(uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

}  // namespace fce
