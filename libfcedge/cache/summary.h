// SPDX-License-Identifier: Apache-2.0
// Summary: the list of its records at the end of a segment that is full, so that the index can be
// rebuilt by one read a segment.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "cache/cipher.h"
#include "cache/record.h"

namespace fce {

// One record of a segment, as the index and the eviction have to know it.
struct SegmentRecord {
  RecordKind kind = RecordKind::object;
  uint8_t flags = 0;
  uint64_t sequence = 0;
  ObjectKey key;
  uint64_t tenant_hash = 0;
  uint32_t offset_units = 0;
  uint32_t size_units = 0;

  static SegmentRecord of(const RecordHead& head, uint32_t offset_units);
  bool replaces() const { return flags & RecordHead::kReplaces; }
};

struct SummaryTrailer {
  static constexpr size_t kBytes = 64;
  static constexpr size_t kEntryBytes = 48;

  uint32_t records = 0;
  uint32_t start_units = 0;  // where the list begins, which is where the records end
  uint64_t sequence = 0;     // of the sealing
  std::array<uint8_t, kAeadTagBytes> tag{};
  uint32_t check = 0;  // crc32c of the list as it is stored
  bool encrypted = false;

  uint64_t list_bytes() const { return uint64_t{records} * kEntryBytes; }
  // The last bytes of a file of `file_bytes`. False when they are no trailer of segment `segment`.
  bool decode(Bytes from, uint32_t segment, uint64_t file_bytes, const SipKey& secret);
};

// List and trailer, as they are appended to segment `segment` at `start_units`. Empty only if the
// cipher fails.
std::vector<uint8_t> encode_summary(std::span<const SegmentRecord> records, uint32_t segment,
                                    uint32_t start_units, uint64_t sequence, const SipKey& secret,
                                    const Cipher* cipher);
// `list` is decrypted in place. False when it is damaged.
bool decode_summary(const SummaryTrailer& trailer, MutableBytes list, const Cipher* cipher,
                    std::vector<SegmentRecord>* records);

}  // namespace fce
