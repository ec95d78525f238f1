// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_info.h"

#include <doctest/doctest.h>

#include <string>

#include "cache/support.h"

namespace fce {
namespace {

using test::Headers;

StoredInfo full_info() {
  StoredInfo info;
  info.received_ms = 1'700'000'000'123;
  info.initial_age_ms = 456;
  info.date_s = -5;
  info.modified_s = kNoDate;
  info.variant_set = 0xFEDC'BA98'7654'3210;
  info.lifetime_s = 0x8000'0000;
  info.stale_while_revalidate_s = 2;
  info.stale_if_error_s = 3;
  info.keep_s = 4;
  info.status = 599;
  info.no_cache = info.heuristic = info.has_validator = true;
  return info;
}

const Headers kFields{
    {"content-type", "text/plain"}, {"etag", "\"a\""},     {"x-empty", ""},
    {"set-cookie", "a=1"},          {"set-cookie", "b=2"}, {"last-modified", "then"}};
const std::vector<std::string_view> kTags{"one", "two words", ""};

std::vector<uint8_t> encoded() {
  std::vector<uint8_t> out;
  REQUIRE(encode_stored({full_info(), kFields, kTags, "a,b", "a:1\nb\n"}, &out) == Status::ok);
  return out;
}

}  // namespace

TEST_CASE("what is stored comes back") {
  const std::vector<uint8_t> meta = encoded();
  StoredView view;
  REQUIRE(decode_stored(meta, &view));
  const StoredInfo expected = full_info();
  CHECK(view.info.received_ms == expected.received_ms);
  CHECK(view.info.initial_age_ms == expected.initial_age_ms);
  CHECK(view.info.date_s == expected.date_s);
  CHECK(view.info.modified_s == expected.modified_s);
  CHECK(view.info.variant_set == expected.variant_set);
  CHECK(view.info.lifetime_s == expected.lifetime_s);
  CHECK(view.info.stale_while_revalidate_s == 2);
  CHECK(view.info.stale_if_error_s == 3);
  CHECK(view.info.keep_s == 4);
  CHECK(view.info.status == 599);
  CHECK(view.info.no_cache);
  CHECK_FALSE(view.info.must_revalidate);
  CHECK_FALSE(view.info.vary_marker);
  CHECK(view.info.heuristic);
  CHECK(view.info.has_validator);
  CHECK(view.etag == "\"a\"");
  CHECK(view.last_modified == "then");
  CHECK(view.vary == "a,b");
  CHECK(view.variant == "a:1\nb\n");

  Arena arena;
  const std::span<const Header> fields = view.fields(arena);
  REQUIRE(fields.size() == kFields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    CHECK(fields[i].name == kFields[i].name);
    CHECK(fields[i].value == kFields[i].value);
  }
  Bytes cursor = view.tags_bytes;
  for (const std::string_view expected_tag : kTags) {
    std::string_view tag;
    REQUIRE(StoredView::next_tag(&cursor, &tag));
    CHECK(tag == expected_tag);
  }
  CHECK(cursor.empty());
}

TEST_CASE("each flag is its own") {
  using Flag = bool StoredInfo::*;
  const Flag flags[] = {&StoredInfo::no_cache, &StoredInfo::must_revalidate,
                        &StoredInfo::vary_marker, &StoredInfo::heuristic,
                        &StoredInfo::has_validator};
  for (const Flag one : flags) {
    StoredInfo info;
    info.*one = true;
    std::vector<uint8_t> meta;
    REQUIRE(encode_stored({info, {}, {}, "", ""}, &meta) == Status::ok);
    StoredView view;
    REQUIRE(decode_stored(meta, &view));
    for (const Flag flag : flags) CHECK(view.info.*flag == (flag == one));
  }
}

TEST_CASE("it is appended to what was there") {
  std::vector<uint8_t> out{1, 2, 3};
  REQUIRE(encode_stored({}, &out) == Status::ok);
  CHECK(out[2] == 3);
  StoredView view;
  CHECK(decode_stored(Bytes(out).subspan(3), &view));
  CHECK(view.field_count == 0);
}

TEST_CASE("what is too large is not encoded") {
  std::vector<uint8_t> out{1};
  const std::string large(kMetaBytesMax, 'x');
  const Headers fields{{"a", large}};
  CHECK(encode_stored({{}, fields, {}, "", ""}, &out) == Status::too_big);
  CHECK(out.size() == 1);
  const Headers fits{{"a", std::string_view(large).substr(0, kMetaBytesMax - 88 - 7)}};
  CHECK(encode_stored({{}, fits, {}, "", ""}, &out) == Status::ok);
  CHECK(out.size() == 1 + kMetaBytesMax);
  const Headers over{{"a", std::string_view(large).substr(0, kMetaBytesMax - 88 - 6)}};
  CHECK(encode_stored({{}, over, {}, "", ""}, &out) == Status::too_big);
  const Headers many(UINT16_MAX + 1, Header{"", ""});
  CHECK(encode_stored({{}, many, {}, "", ""}, &out) == Status::too_big);
  const std::string long_name(UINT16_MAX + 1, 'n');
  CHECK(encode_stored({{}, Headers{{long_name, ""}}, {}, "", ""}, &out) == Status::too_big);
}

TEST_CASE("a torn one is none") {
  const std::vector<uint8_t> meta = encoded();
  StoredView view;
  for (size_t size = 0; size < meta.size(); ++size)
    CHECK_FALSE(decode_stored(Bytes(meta).first(size), &view));
  std::vector<uint8_t> longer = meta;
  longer.push_back(0);
  CHECK_FALSE(decode_stored(longer, &view));
}

TEST_CASE("a forged one is refused or stays within its bounds") {
  const std::vector<uint8_t> meta = encoded();
  Arena arena;
  for (size_t at = 0; at < meta.size(); ++at) {
    for (const uint8_t byte : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      // A copy of the exact size: whoever reads past it is caught by the sanitizer.
      std::vector<uint8_t> forged(meta);
      forged[at] = byte;
      StoredView view;
      if (!decode_stored(forged, &view)) continue;
      CHECK(view.fields(arena).size() == view.field_count);
    }
  }
}

TEST_CASE("numbers that are never written are refused") {
  const auto with = [](size_t at, uint8_t byte) {
    std::vector<uint8_t> meta = encoded();
    meta[at] = byte;
    StoredView view;
    return decode_stored(meta, &view);
  };
  CHECK(with(0, 1));
  CHECK_FALSE(with(0, 0));  // another version
  CHECK_FALSE(with(0, 2));
  CHECK_FALSE(with(1, 0x20));   // a flag of the future
  CHECK_FALSE(with(31, 0x80));  // a time before 1970
  CHECK_FALSE(with(31, 0x7F));  // or beyond all clocks
  CHECK_FALSE(with(39, 0x80));
  CHECK_FALSE(with(39, 0x7F));
  CHECK_FALSE(with(20, 5));  // fewer fields than there are
  CHECK_FALSE(with(20, 7));
  CHECK_FALSE(with(22, 2));
}

}  // namespace fce
