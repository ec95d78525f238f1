// SPDX-License-Identifier: Apache-2.0
// The head of a record: 80 bytes before the name, meta and body of an object. Its check is keyed
// with a secret of the store and covers the place where the record lies, so that bytes which
// somebody put into the body of an object are never taken for a record. FORMAT.md has the table.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "cache/index.h"
#include "cache/key.h"

namespace fce {

using SipKey = std::array<uint8_t, 16>;

enum class RecordKind : uint8_t {
  object = 1,  // in a segment
  large = 2,   // in a slot of a file of its own
  erased = 3,  // in a segment: objects of this key with smaller sequence numbers are not valid
};

constexpr size_t kAeadTagBytes = 16;

struct RecordHead {
  static constexpr size_t kBytes = 80;
  static constexpr size_t kSealedBytes = 68;  // of these the cipher vouches for
  static constexpr uint8_t kVersion = 1;
  static constexpr uint8_t kEncrypted = 1;
  static constexpr uint8_t kReplaces = 2;  // the disk may have an older record of the key

  RecordKind kind = RecordKind::object;
  uint8_t flags = 0;
  uint64_t sequence = 0;
  ObjectKey key;
  uint64_t tenant_hash = 0;
  uint64_t body_bytes = 0;
  uint32_t meta_bytes = 0;
  uint16_t key_bytes = 0;
  uint16_t tenant_bytes = 0;
  uint64_t body_sequence = 0;  // of a large object: what its body was written under
  uint32_t slot_units = 0;     // of a large object: bytes of a slot in units of 4096
  uint32_t check = 0;          // crc32c of the payload as it is stored

  bool encrypted() const { return flags & kEncrypted; }
  bool replaces() const { return flags & kReplaces; }
  uint64_t name_bytes() const { return uint64_t{tenant_bytes} + key_bytes; }
  // What follows the head: name, meta, the body of a small object, the tag of an encrypted one.
  uint64_t payload_bytes() const;
  // With head and padding.
  uint64_t record_bytes() const;
};

// `at` is where the record lies; that of a slot is always {0, 0}.
void encode_head(const RecordHead& head, const Location& at, const SipKey& secret,
                 std::span<uint8_t, RecordHead::kBytes> to);
// False when it is no head that this store wrote there.
bool decode_head(Bytes from, const Location& at, const SipKey& secret, RecordHead* head);

}  // namespace fce
