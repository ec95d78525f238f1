// SPDX-License-Identifier: Apache-2.0
// Reads which records a segment has: from its summary, or where that is missing or damaged, from
// head to head. What is torn or damaged is left out, and what follows it is found again.
#pragma once

#include <cstdint>
#include <vector>

#include "cache/disk.h"
#include "cache/summary.h"

namespace fce {

struct SegmentContents {
  std::vector<SegmentRecord> records;
  bool summary = false;    // it has a good one
  uint32_t end_units = 0;  // where the last record ends
  uint64_t file_bytes = 0;
  uint64_t min_sequence = UINT64_MAX;
};

// 0 or -errno. `cipher` is null for clear text.
int read_segment(Disk& disk, int fd, uint32_t number, const SipKey& secret, const Cipher* cipher,
                 SegmentContents* contents);

}  // namespace fce
