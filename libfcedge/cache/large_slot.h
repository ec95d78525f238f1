// SPDX-License-Identifier: Apache-2.0
// The slots of a large object's file: two places for its head, name and meta, written in turn, so
// that a crash while one is written leaves the other. The body begins behind them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/chunk.h"
#include "cache/disk.h"
#include "cache/file_name.h"
#include "cache/payload.h"

namespace fce {

// Sizes of slots are powers of two, so that the second is found when the first is damaged.
constexpr uint64_t kSlotBytesMin = 4096;
constexpr uint64_t kSlotBytesMax = 1 << 20;

// For a new object: with room for meta to become twice as large. None if it is too large.
std::optional<uint64_t> slot_bytes_for(uint64_t payload_bytes);

struct LargeSlot {
  RecordHead head;
  ChunkRef payload;  // name and meta, in clear, and room for the tag
  uint32_t number = 0;

  uint64_t slot_bytes() const { return uint64_t{head.slot_units} * kBlockBytes; }
  uint64_t body_at() const { return 2 * slot_bytes(); }
};

// What is to be written at the slot's beginning; empty only if the cipher fails.
std::vector<uint8_t> encode_slot(const LargeSlot& slot, const SipKey& secret, const Cipher* cipher);
// Of bytes that begin where a slot does. False when there is none, or it is damaged.
bool decode_slot(Bytes from, const SipKey& secret, const Cipher* cipher, LargeSlot* slot);
// The newest good slot of a file: 0, -ENODATA if there is none, -errno.
int read_slot(Disk& disk, int fd, const SipKey& secret, const Cipher* cipher, LargeSlot* slot);

// A line of the table of frames, which follows the body: checksum and tag.
constexpr uint64_t frame_line_bytes(bool encrypted) { return encrypted ? 4 + kAeadTagBytes : 4; }
// Of the whole file.
uint64_t large_file_bytes(uint64_t slot_bytes, uint64_t body_bytes, bool encrypted);

}  // namespace fce
