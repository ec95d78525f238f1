// SPDX-License-Identifier: Apache-2.0
#include "cache/large_slot.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "cache/file_name.h"
#include "cache/large_file.h"

namespace fce {

std::optional<uint64_t> slot_bytes_for(uint64_t payload_bytes) {
  const uint64_t wanted = RecordHead::kBytes + 2 * payload_bytes;
  if (wanted > kSlotBytesMax) return std::nullopt;
  return std::max(std::bit_ceil(wanted), kSlotBytesMin);
}

std::vector<uint8_t> encode_slot(const LargeSlot& slot, const SipKey& secret,
                                 const Cipher* cipher) {
  RecordHead head = slot.head;
  const Bytes payload = slot.payload.bytes();
  std::vector<uint8_t> out(RecordHead::kBytes + payload.size());
  std::copy(payload.begin(), payload.end(), out.begin() + RecordHead::kBytes);
  if (!seal_payload(&head, MutableBytes(out).subspan(RecordHead::kBytes), cipher)) return {};
  encode_head(head, {}, secret,
              std::span<uint8_t, RecordHead::kBytes>(out.data(), RecordHead::kBytes));
  return out;
}

bool decode_slot(Bytes from, const SipKey& secret, const Cipher* cipher, LargeSlot* slot) {
  RecordHead head;
  if (!decode_head(from, {}, secret, &head) || head.kind != RecordKind::large) return false;
  const uint64_t payload = head.payload_bytes();
  const uint64_t slot_bytes = uint64_t{head.slot_units} * kBlockBytes;
  if (slot_bytes < kSlotBytesMin || slot_bytes > kSlotBytesMax || !std::has_single_bit(slot_bytes))
    return false;
  if (RecordHead::kBytes + payload > std::min<uint64_t>(slot_bytes, from.size())) return false;
  slot->head = head;
  slot->payload = ChunkRef::copy_of(from.subspan(RecordHead::kBytes, payload));
  return open_payload(head, {slot->payload->data(), slot->payload->size()}, cipher, true);
}

int read_slot(Disk& disk, int fd, const SipKey& secret, const Cipher* cipher, LargeSlot* slot) {
  const int64_t size = disk.size(fd);
  if (size < 0) return static_cast<int>(size);
  // With slots of 4096 bytes, which most are, one read has both.
  std::vector<uint8_t> first(std::min<uint64_t>(static_cast<uint64_t>(size), 2 * kSlotBytesMin));
  int result = disk.read_all(fd, first, 0);
  if (result < 0) return result;
  RecordHead head;
  // The first may be of any size, and its size says where the second is.
  const bool known = decode_head(first, {}, secret, &head);
  bool found = false;
  std::vector<uint8_t> more;
  const auto take = [&](uint64_t at, uint32_t number, uint64_t bytes) {
    if (at + RecordHead::kBytes > static_cast<uint64_t>(size)) return;
    more.resize(std::min<uint64_t>(bytes, static_cast<uint64_t>(size) - at));
    if (disk.read_all(fd, more, at) < 0) return;
    LargeSlot other;
    if (!decode_slot(more, secret, cipher, &other)) return;
    if (number == 1 && other.slot_bytes() != at) return;
    if (found && other.head.sequence < slot->head.sequence) return;
    *slot = std::move(other);
    slot->number = number;
    found = true;
  };
  const uint64_t told = known ? uint64_t{head.slot_units} * kBlockBytes : 0;
  if (known && told <= kSlotBytesMax) take(0, 0, told);
  for (uint64_t at = kSlotBytesMin; at <= kSlotBytesMax; at *= 2)
    if (!known || at == told) take(at, 1, at);
  return found ? 0 : -ENODATA;
}

uint64_t large_file_bytes(uint64_t slot_bytes, uint64_t body_bytes, bool encrypted) {
  const uint64_t frames = (body_bytes + LargeFile::kFrameBytes - 1) / LargeFile::kFrameBytes;
  // The table ends with a checksum of its own.
  return 2 * slot_bytes + body_bytes + frames * frame_line_bytes(encrypted) + 4;
}

}  // namespace fce
