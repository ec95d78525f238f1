// SPDX-License-Identifier: Apache-2.0
#include "cache/record.h"

#include <algorithm>

#include "base/crypto.h"
#include "cache/little_endian.h"

namespace fce {
namespace {

constexpr uint32_t kMagic = 0x52656366;  // "fceR"
constexpr size_t kCheckAt = 72;
constexpr uint64_t kBodyBytesMax = uint64_t{1} << 48;

uint64_t head_check(const uint8_t* head, const Location& at, const SipKey& secret) {
  std::array<uint8_t, kCheckAt + 8> checked;
  std::copy_n(head, kCheckAt, checked.begin());
  store_le(checked.data() + kCheckAt, at.segment);
  store_le(checked.data() + kCheckAt + 4, at.offset_units);
  return siphash(secret, as_text(checked));
}

}  // namespace

uint64_t RecordHead::payload_bytes() const {
  const uint64_t body = kind == RecordKind::large ? 0 : body_bytes;
  return name_bytes() + meta_bytes + body + (encrypted() ? kAeadTagBytes : 0);
}

uint64_t RecordHead::record_bytes() const {
  return (kBytes + payload_bytes() + kStoreUnitBytes - 1) / kStoreUnitBytes * kStoreUnitBytes;
}

void encode_head(const RecordHead& head, const Location& at, const SipKey& secret,
                 std::span<uint8_t, RecordHead::kBytes> to) {
  std::fill(to.begin(), to.end(), uint8_t{0});
  uint8_t* p = to.data();
  store_le(p, kMagic);
  p[4] = RecordHead::kVersion;
  p[5] = static_cast<uint8_t>(head.kind);
  p[6] = head.flags;
  store_le(p + 8, head.sequence);
  store_le(p + 16, head.key.high);
  store_le(p + 24, head.key.low);
  store_le(p + 32, head.tenant_hash);
  store_le(p + 40, head.body_bytes);
  store_le(p + 48, head.meta_bytes);
  store_le(p + 52, head.key_bytes);
  store_le(p + 54, head.tenant_bytes);
  store_le(p + 56, head.body_sequence);
  store_le(p + 64, head.slot_units);
  store_le(p + 68, head.check);
  store_le(p + kCheckAt, head_check(p, at, secret));
}

bool decode_head(Bytes from, const Location& at, const SipKey& secret, RecordHead* head) {
  if (from.size() < RecordHead::kBytes) return false;
  const uint8_t* p = from.data();
  if (load_le<uint32_t>(p) != kMagic || p[4] != RecordHead::kVersion) return false;
  if (load_le<uint64_t>(p + kCheckAt) != head_check(p, at, secret)) return false;
  head->kind = static_cast<RecordKind>(p[5]);
  head->flags = p[6];
  head->sequence = load_le<uint64_t>(p + 8);
  head->key = {load_le<uint64_t>(p + 16), load_le<uint64_t>(p + 24)};
  head->tenant_hash = load_le<uint64_t>(p + 32);
  head->body_bytes = load_le<uint64_t>(p + 40);
  head->meta_bytes = load_le<uint32_t>(p + 48);
  head->key_bytes = load_le<uint16_t>(p + 52);
  head->tenant_bytes = load_le<uint16_t>(p + 54);
  head->body_sequence = load_le<uint64_t>(p + 56);
  head->slot_units = load_le<uint32_t>(p + 64);
  head->check = load_le<uint32_t>(p + 68);
  // The check was right, so these only fail if a later version wrote what this one does not know.
  return p[5] >= 1 && p[5] <= 3 && head->body_bytes <= kBodyBytesMax;
}

}  // namespace fce
