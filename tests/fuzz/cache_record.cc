// SPDX-License-Identifier: Apache-2.0
// What lies on the disk: heads, slots, summaries, names of files. Reading is total; what is
// accepted is within its bounds, and written again it is the same bytes. The secret depends on the
// whole input, so that no check in it can be learned: what the input brings is never accepted.
#include "cache/record.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/crypto.h"
#include "cache/file_name.h"
#include "cache/large_slot.h"
#include "cache/little_endian.h"
#include "cache/summary.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

SipKey secret_of(Bytes data) {
  SipKey secret;
  store_le(secret.data(), siphash({}, as_text(data)));
  store_le(secret.data() + 8, siphash({1}, as_text(data)));
  return secret;
}

// A head of which the input says everything but the check.
void check_head(Bytes data, const SipKey& secret) {
  RecordHead head;
  require(!decode_head(data, {}, secret, &head));
  if (data.size() < RecordHead::kBytes) return;
  head.kind = static_cast<RecordKind>(1 + data[0] % 3);
  head.flags = data[1];
  head.sequence = load_le<uint64_t>(data.data() + 2);
  head.key = {load_le<uint64_t>(data.data() + 10), load_le<uint64_t>(data.data() + 18)};
  head.body_bytes = load_le<uint64_t>(data.data() + 26);
  head.meta_bytes = load_le<uint32_t>(data.data() + 34);
  head.key_bytes = load_le<uint16_t>(data.data() + 38);
  head.tenant_bytes = load_le<uint16_t>(data.data() + 40);
  head.slot_units = load_le<uint32_t>(data.data() + 42);
  const Location at{load_le<uint32_t>(data.data() + 46), load_le<uint32_t>(data.data() + 50)};
  std::array<uint8_t, RecordHead::kBytes> bytes;
  encode_head(head, at, secret, bytes);
  RecordHead read;
  if (!decode_head(bytes, at, secret, &read)) {
    require(head.body_bytes > uint64_t{1} << 48);
    return;
  }
  std::array<uint8_t, RecordHead::kBytes> again;
  encode_head(read, at, secret, again);
  require(bytes == again);
  require(read.record_bytes() >= RecordHead::kBytes + read.payload_bytes());
  require(read.record_bytes() % kStoreUnitBytes == 0);
  // As a slot: the rest of the input is what follows it.
  encode_head(head, {}, secret, bytes);
  std::vector<uint8_t> slot(bytes.begin(), bytes.end());
  slot.insert(slot.end(), data.begin() + RecordHead::kBytes, data.end());
  LargeSlot out;
  if (decode_slot(slot, secret, nullptr, &out)) {
    require(out.payload->size() == out.head.payload_bytes());
    require(out.slot_bytes() >= kSlotBytesMin && out.slot_bytes() <= kSlotBytesMax);
  }
}

void check_summary(Bytes data, const SipKey& secret) {
  SummaryTrailer trailer;
  if (data.size() >= SummaryTrailer::kBytes)
    require(!trailer.decode(data.last(SummaryTrailer::kBytes), 1, data.size(), secret));
  // A list of which only the checks are right.
  trailer.records = static_cast<uint32_t>(data.size() / SummaryTrailer::kEntryBytes);
  trailer.start_units = 1000;
  std::vector<uint8_t> list(data.begin(),
                            data.begin() + static_cast<ptrdiff_t>(trailer.list_bytes()));
  trailer.check = crc32c(list);
  std::vector<SegmentRecord> records;
  if (!decode_summary(trailer, list, nullptr, &records)) return;
  for (const SegmentRecord& record : records)
    require(uint64_t{record.offset_units} + record.size_units <= trailer.start_units);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  const SipKey secret = secret_of(bytes);
  check_head(bytes, secret);
  check_summary(bytes, secret);
  LargeSlot slot;
  require(!decode_slot(bytes, secret, nullptr, &slot));
  if (const auto name = FileName::parse(as_text(bytes))) require(name->text() == as_text(bytes));
  return 0;
}
