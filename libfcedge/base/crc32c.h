// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli; RFC 3720 appendix B.4): what storage checks its bytes with.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace fce {

// Of `data`, going on from `before`: the checksum of two runs is crc32c(second, crc32c(first)).
uint32_t crc32c(Bytes data, uint32_t before = 0);

// The same by tables, for processors without the instruction. Public for its test.
uint32_t crc32c_portable(Bytes data, uint32_t before = 0);

}  // namespace fce
