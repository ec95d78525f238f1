// SPDX-License-Identifier: Apache-2.0
#include "cache/record.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/crypto.h"
#include "cache/file_name.h"
#include "cache/large_slot.h"
#include "cache/payload.h"
#include "cache/summary.h"

namespace fce {
namespace {

SipKey random_key() {
  SipKey key;
  random_bytes(key);
  return key;
}

RecordHead example() {
  RecordHead head;
  head.kind = RecordKind::object;
  head.flags = RecordHead::kReplaces;
  head.sequence = 0x0102030405060708;
  head.key = {1, 2};
  head.tenant_hash = 3;
  head.body_bytes = 1000;
  head.meta_bytes = 77;
  head.key_bytes = 20;
  head.tenant_bytes = 5;
  head.body_sequence = 9;
  head.slot_units = 1;
  head.check = 0xdeadbeef;
  return head;
}

}  // namespace

TEST_CASE("record: a head is read as it was written, at its place, by its store only") {
  const SipKey secret = random_key();
  const RecordHead head = example();
  std::array<uint8_t, RecordHead::kBytes> bytes;
  encode_head(head, {7, 8}, secret, bytes);
  CHECK(as_text(bytes).starts_with("fceR\x01\x01"));
  RecordHead read;
  REQUIRE(decode_head(bytes, {7, 8}, secret, &read));
  CHECK(read.kind == head.kind);
  CHECK(read.flags == head.flags);
  CHECK(read.sequence == head.sequence);
  CHECK(read.key == head.key);
  CHECK(read.tenant_hash == head.tenant_hash);
  CHECK(read.body_bytes == head.body_bytes);
  CHECK(read.meta_bytes == head.meta_bytes);
  CHECK(read.key_bytes == head.key_bytes);
  CHECK(read.tenant_bytes == head.tenant_bytes);
  CHECK(read.body_sequence == head.body_sequence);
  CHECK(read.slot_units == head.slot_units);
  CHECK(read.check == head.check);
  CHECK(read.payload_bytes() == 1102);
  CHECK(read.record_bytes() == 1184);
  CHECK_FALSE(decode_head(bytes, {7, 9}, secret, &read));
  CHECK_FALSE(decode_head(bytes, {6, 8}, secret, &read));
  CHECK_FALSE(decode_head(bytes, {7, 8}, random_key(), &read));
  CHECK_FALSE(decode_head(Bytes(bytes).first(79), {7, 8}, secret, &read));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    CHECK_FALSE(decode_head(bytes, {7, 8}, secret, &read));
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST_CASE("payload: damage is seen, in clear by the checksum, encrypted by the tag") {
  const StoreId id{1, 2, 3};
  const std::string key(32, 'k');
  const Cipher cipher(as_bytes(key), id);
  for (const Cipher* with : {static_cast<const Cipher*>(nullptr), &cipher}) {
    RecordHead head = example();
    if (with) head.flags |= RecordHead::kEncrypted;
    std::vector<uint8_t> clear(head.payload_bytes());
    for (size_t i = 0; i < clear.size(); ++i) clear[i] = static_cast<uint8_t>(i);
    std::vector<uint8_t> stored = clear;
    REQUIRE(seal_payload(&head, stored, with));
    CHECK((stored == clear) == (with == nullptr));
    for (size_t at = 0; at < stored.size(); at += 37) {
      std::vector<uint8_t> copy = stored;
      copy[at] ^= 1;
      CHECK_FALSE(open_payload(head, copy, with, true));
    }
    std::vector<uint8_t> copy = stored;
    REQUIRE(open_payload(head, copy, with, true));
    const size_t text = clear.size() - (with ? kAeadTagBytes : 0);
    CHECK(std::equal(clear.begin(), clear.begin() + static_cast<ptrdiff_t>(text), copy.begin()));
    if (!with) continue;
    // Another record's number, or another head.
    RecordHead other = head;
    other.sequence += 1;
    copy = stored;
    CHECK_FALSE(open_payload(other, copy, with, true));
    other = head;
    other.key.low += 1;
    copy = stored;
    CHECK_FALSE(open_payload(other, copy, with, true));
    other = head;
    other.flags &= static_cast<uint8_t>(~RecordHead::kEncrypted);
    copy = stored;
    CHECK_FALSE(open_payload(other, copy, with, true));
  }
}

TEST_CASE("cipher: one key file gives two stores two keys") {
  const std::string key(16, 'k');
  const Cipher first(as_bytes(key), StoreId{1});
  const Cipher second(as_bytes(key), StoreId{2});
  std::array<uint8_t, 8> text{};
  std::array<uint8_t, 16> tag{};
  REQUIRE(first.seal(1, 0, {}, text, tag));
  auto copy = text;
  CHECK_FALSE(second.open(1, 0, {}, copy, tag));
  copy = text;
  CHECK_FALSE(first.open(1, 1, {}, copy, tag));
  copy = text;
  CHECK_FALSE(first.open(2, 0, {}, copy, tag));
  copy = text;
  CHECK(first.open(1, 0, {}, copy, tag));
  CHECK(copy == std::array<uint8_t, 8>{});
}

TEST_CASE("summary: read as written, encrypted or not; damage is seen") {
  const SipKey secret = random_key();
  const std::string key(16, 'k');
  const Cipher cipher(as_bytes(key), StoreId{1});
  std::vector<SegmentRecord> records;
  for (uint32_t i = 0; i < 20; ++i)
    records.push_back({i % 3 ? RecordKind::object : RecordKind::erased,
                       static_cast<uint8_t>(i % 4),
                       100 + i,
                       {i, i + 1},
                       i + 2,
                       i * 10,
                       10});
  for (const Cipher* with : {static_cast<const Cipher*>(nullptr), &cipher}) {
    const std::vector<uint8_t> bytes = encode_summary(records, 5, 200, 999, secret, with);
    const uint64_t file_bytes = 200 * 16 + bytes.size();
    const Bytes last = Bytes(bytes).last(SummaryTrailer::kBytes);
    SummaryTrailer trailer;
    REQUIRE(trailer.decode(last, 5, file_bytes, secret));
    CHECK_FALSE(SummaryTrailer().decode(last, 6, file_bytes, secret));
    CHECK_FALSE(SummaryTrailer().decode(last, 5, file_bytes + 16, secret));
    CHECK_FALSE(SummaryTrailer().decode(last, 5, file_bytes, random_key()));
    std::vector<uint8_t> list(bytes.begin(), bytes.begin() + 20 * SummaryTrailer::kEntryBytes);
    const std::vector<uint8_t> stored = list;
    std::vector<SegmentRecord> read;
    REQUIRE(decode_summary(trailer, list, with, &read));
    REQUIRE(read.size() == records.size());
    for (size_t i = 0; i < read.size(); ++i) {
      CHECK(read[i].kind == records[i].kind);
      CHECK(read[i].flags == records[i].flags);
      CHECK(read[i].sequence == records[i].sequence);
      CHECK(read[i].key == records[i].key);
      CHECK(read[i].tenant_hash == records[i].tenant_hash);
      CHECK(read[i].offset_units == records[i].offset_units);
      CHECK(read[i].size_units == records[i].size_units);
    }
    list = stored;
    list[100] ^= 4;
    CHECK_FALSE(decode_summary(trailer, list, with, &read));
    list = stored;
    CHECK_FALSE(decode_summary(trailer, list, with ? nullptr : &cipher, &read));
  }
}

TEST_CASE("file name: every file has one name") {
  FileName name;
  name.queue = SegmentQueue::main;
  name.order = 0x2b;
  name.number = 0x2a;
  CHECK(name.text() == "m-0000002b-0000002a.seg");
  const auto read = FileName::parse("s-ffffffff-00000001.obj");
  REQUIRE(read);
  CHECK(read->queue == SegmentQueue::small);
  CHECK(read->order == 0xffffffff);
  CHECK(read->number == 1);
  CHECK(read->large);
  for (const char* bad :
       {"", "lock", "superblock", "x-0000002b-0000002a.seg", "m-0000002B-0000002a.seg",
        "m-0000002b-0000002a.se", "m-0000002b-0000002a.segx", "m-0000002b.0000002a.seg",
        "m-+000002b-0000002a.seg", "m-0000002b-0000002a.xyz"})
    CHECK_FALSE(FileName::parse(bad));
}

TEST_CASE("slot: sizes are powers of two with room to grow") {
  CHECK(slot_bytes_for(0) == 4096);
  CHECK(slot_bytes_for(2000) == 4096);
  CHECK(slot_bytes_for(2100) == 8192);
  CHECK(slot_bytes_for(500'000) == 1 << 20);
  CHECK_FALSE(slot_bytes_for(600'000));
}

}  // namespace fce
