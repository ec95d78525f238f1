// SPDX-License-Identifier: Apache-2.0
// The head of a record: 80 bytes before the name, meta and body of an object. Little-endian on the
// disk, whatever the machine is. Its check is keyed with a secret of the store: bytes that somebody
// placed in the body of an object are never taken for a record.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace fce {

using SipKey = std::array<uint8_t, 16>;

enum class RecordKind : uint8_t {
  object = 1,  // in a segment: head, name, meta, body, tag
  large = 2,   // in the slots of a file of its own
  erased = 3,  // in a segment: no object of this key with a smaller sequence number is valid
};

struct RecordHead {
  static constexpr size_t kBytes = 80;
  static constexpr uint32_t kAlign = 16;  // records in a segment begin and end at multiples of it
  static constexpr uint8_t kEncrypted = 1;
  static constexpr uint8_t kReplaces = 2;  // an older record of the key may still be on the disk

  RecordKind kind = RecordKind::object;
  uint8_t flags = 0;
  uint32_t key_bytes = 0;
  uint16_t tenant_bytes = 0;
  uint32_t meta_bytes = 0;
  uint32_t check = 0;  // crc32c of what follows the head (large: of name and meta) as it is stored
  uint64_t sequence = 0;
  uint64_t key[2] = {};      // hash of the name
  uint64_t tenant_hash = 0;  // hash of the tenant alone
  uint64_t body_bytes = 0;

  bool encrypted() const { return flags & kEncrypted; }
  // Bytes after the head without padding, in a segment.
  uint64_t payload_bytes() const;
  // The whole record in a segment, padded.
  uint64_t record_bytes() const;
};

void encode_head(const RecordHead& head, const SipKey& secret, uint8_t* to);
// False when it is no head of this store, or one that cannot be.
bool decode_head(Bytes from, const SipKey& secret, RecordHead* head);

}  // namespace fce
