// SPDX-License-Identifier: Apache-2.0
#include "cache/summary.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/crypto.h"
#include "cache/little_endian.h"

namespace fce {
namespace {

constexpr uint32_t kMagic = 0x53656366;  // "fceS"
constexpr uint8_t kVersion = 1;
constexpr uint8_t kEncrypted = 1;
constexpr size_t kCheckAt = 56;

uint64_t trailer_check(const uint8_t* trailer, uint32_t segment, const SipKey& secret) {
  std::array<uint8_t, kCheckAt + 4> checked;
  std::copy_n(trailer, kCheckAt, checked.begin());
  store_le(checked.data() + kCheckAt, segment);
  return siphash(secret, as_text(checked));
}

void encode_entry(const SegmentRecord& record, uint8_t* to) {
  store_le(to, record.sequence);
  store_le(to + 8, record.key.high);
  store_le(to + 16, record.key.low);
  store_le(to + 24, record.tenant_hash);
  store_le(to + 32, record.offset_units);
  store_le(to + 36, record.size_units);
  to[40] = static_cast<uint8_t>(record.kind);
  to[41] = record.flags;
}

SegmentRecord decode_entry(const uint8_t* from) {
  SegmentRecord record;
  record.sequence = load_le<uint64_t>(from);
  record.key = {load_le<uint64_t>(from + 8), load_le<uint64_t>(from + 16)};
  record.tenant_hash = load_le<uint64_t>(from + 24);
  record.offset_units = load_le<uint32_t>(from + 32);
  record.size_units = load_le<uint32_t>(from + 36);
  record.kind = static_cast<RecordKind>(from[40]);
  record.flags = from[41];
  return record;
}

}  // namespace

SegmentRecord SegmentRecord::of(const RecordHead& head, uint32_t offset_units) {
  return {head.kind,
          head.flags,
          head.sequence,
          head.key,
          head.tenant_hash,
          offset_units,
          units_of_bytes(head.record_bytes())};
}

bool SummaryTrailer::decode(Bytes from, uint32_t segment, uint64_t file_bytes,
                            const SipKey& secret) {
  const uint8_t* p = from.data();
  if (from.size() != kBytes || load_le<uint32_t>(p) != kMagic || p[4] != kVersion) return false;
  if (load_le<uint64_t>(p + kCheckAt) != trailer_check(p, segment, secret)) return false;
  encrypted = p[5] & kEncrypted;
  records = load_le<uint32_t>(p + 8);
  start_units = load_le<uint32_t>(p + 12);
  sequence = load_le<uint64_t>(p + 16);
  std::copy_n(p + 24, tag.size(), tag.begin());
  check = load_le<uint32_t>(p + 40);
  return bytes_of_units(start_units) + list_bytes() + kBytes == file_bytes;
}

std::vector<uint8_t> encode_summary(std::span<const SegmentRecord> records, uint32_t segment,
                                    uint32_t start_units, uint64_t sequence, const SipKey& secret,
                                    const Cipher* cipher) {
  const size_t list_bytes = records.size() * SummaryTrailer::kEntryBytes;
  std::vector<uint8_t> out(list_bytes + SummaryTrailer::kBytes);
  for (size_t i = 0; i < records.size(); ++i)
    encode_entry(records[i], out.data() + i * SummaryTrailer::kEntryBytes);
  const MutableBytes list(out.data(), list_bytes);
  uint8_t* p = out.data() + list_bytes;
  store_le(p, kMagic);
  p[4] = kVersion;
  p[5] = cipher ? kEncrypted : 0;
  store_le(p + 8, static_cast<uint32_t>(records.size()));
  store_le(p + 12, start_units);
  store_le(p + 16, sequence);
  // The cipher vouches for what the trailer says so far.
  if (cipher && !cipher->seal(sequence, Cipher::kSummary, Bytes(p, 24), list, {p + 24, 16}))
    return {};
  store_le(p + 40, crc32c(list));
  store_le(p + kCheckAt, trailer_check(p, segment, secret));
  return out;
}

bool decode_summary(const SummaryTrailer& trailer, MutableBytes list, const Cipher* cipher,
                    std::vector<SegmentRecord>* records) {
  if (list.size() != trailer.list_bytes() || crc32c(list) != trailer.check) return false;
  if (trailer.encrypted != (cipher != nullptr)) return false;
  if (cipher) {
    std::array<uint8_t, 24> vouched{};
    store_le(vouched.data(), kMagic);
    vouched[4] = kVersion;
    vouched[5] = kEncrypted;
    store_le(vouched.data() + 8, trailer.records);
    store_le(vouched.data() + 12, trailer.start_units);
    store_le(vouched.data() + 16, trailer.sequence);
    if (!cipher->open(trailer.sequence, Cipher::kSummary, vouched, list, trailer.tag)) return false;
  }
  records->clear();
  records->reserve(trailer.records);
  for (uint32_t i = 0; i < trailer.records; ++i) {
    const SegmentRecord record = decode_entry(list.data() + i * SummaryTrailer::kEntryBytes);
    if (record.kind != RecordKind::object && record.kind != RecordKind::erased) return false;
    if (uint64_t{record.offset_units} + record.size_units > trailer.start_units) return false;
    records->push_back(record);
  }
  return true;
}

}  // namespace fce
