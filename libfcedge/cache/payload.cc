// SPDX-License-Identifier: Apache-2.0
#include "cache/payload.h"

#include <array>

#include "base/crc32c.h"

namespace fce {
namespace {

// What the cipher vouches for of the head. The place of the record is not in it, so a copy that
// eviction makes needs no cipher.
std::array<uint8_t, RecordHead::kBytes> vouched(const RecordHead& head) {
  std::array<uint8_t, RecordHead::kBytes> bytes;
  encode_head(head, {}, {}, bytes);
  return bytes;
}

}  // namespace

bool seal_payload(RecordHead* head, MutableBytes payload, const Cipher* cipher) {
  if (cipher) {
    const auto bytes = vouched(*head);
    const size_t text = payload.size() - kAeadTagBytes;
    if (!cipher->seal(head->sequence, Cipher::kRecord, Bytes(bytes).first(RecordHead::kSealedBytes),
                      payload.first(text), payload.subspan(text)))
      return false;
  }
  head->check = crc32c(payload);
  return true;
}

bool open_payload(const RecordHead& head, MutableBytes payload, const Cipher* cipher, bool check) {
  if (payload.size() != head.payload_bytes() || head.encrypted() != (cipher != nullptr))
    return false;
  if (!cipher) return !check || crc32c(payload) == head.check;
  const auto bytes = vouched(head);
  const size_t text = payload.size() - kAeadTagBytes;
  return cipher->open(head.sequence, Cipher::kRecord, Bytes(bytes).first(RecordHead::kSealedBytes),
                      payload.first(text), payload.subspan(text));
}

}  // namespace fce
