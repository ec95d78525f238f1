// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_info.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "cache/cache_control.h"

namespace fce {
namespace {

// The format is part of the record's (FORMAT.md). All numbers are little-endian.
//
//   0  u8   version          24  i64  received_ms       64  u32  bytes of vary
//   1  u8   flags            32  i64  initial_age_ms    68  u32  bytes of variant
//   2  u16  status           40  i64  date_s            72  u32  bytes of fields
//   4  u32  lifetime_s       48  i64  modified_s        76  u32  bytes of tags
//   8  u32  stale_while_...  56  u64  variant_set       80  u64  generation
//                                                       88  the four, in this order
//  12  u32  stale_if_error_s
//  16  u32  keep_s           A field: u16 bytes of its name, u32 bytes of its value, both.
//  20  u16  fields           A tag: u16 bytes, the tag.
//  22  u16  tags
constexpr uint8_t kVersion = 1;
constexpr size_t kHeadBytes = 88;

enum Flag : uint8_t {
  kNoCache = 1,
  kMustRevalidate = 2,
  kVaryMarker = 4,
  kHeuristic = 8,
  kHasValidator = 16,
  kAllFlags = 31,
};

// Beyond any clock: sums of such numbers do not overflow.
constexpr int64_t kTimeMax = int64_t{1} << 52;

// The compiler makes one load or store of it, but not of a loop that shifts bytes.
static_assert(std::endian::native == std::endian::little, "the format is little-endian");

template <class T>
void put(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
T get(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void append(std::vector<uint8_t>* out, std::string_view text) {
  out->insert(out->end(), text.begin(), text.end());
}

template <class T>
void append_number(std::vector<uint8_t>* out, T value) {
  std::array<uint8_t, sizeof(T)> bytes;
  put<T>(bytes.data(), value);
  out->insert(out->end(), bytes.begin(), bytes.end());
}

uint8_t flags_of(const StoredInfo& info) {
  return static_cast<uint8_t>(
      (info.no_cache ? kNoCache : 0) | (info.must_revalidate ? kMustRevalidate : 0) |
      (info.vary_marker ? kVaryMarker : 0) | (info.heuristic ? kHeuristic : 0) |
      (info.has_validator ? kHasValidator : 0));
}

void put_head(const StoredParts& parts, size_t fields_bytes, size_t tags_bytes, uint8_t* at) {
  const StoredInfo& info = parts.info;
  at[0] = kVersion;
  at[1] = flags_of(info);
  put<uint16_t>(at + 2, info.status);
  put<uint32_t>(at + 4, info.lifetime_s);
  put<uint32_t>(at + 8, info.stale_while_revalidate_s);
  put<uint32_t>(at + 12, info.stale_if_error_s);
  put<uint32_t>(at + 16, info.keep_s);
  put<uint16_t>(at + 20, static_cast<uint16_t>(parts.fields.size()));
  put<uint16_t>(at + 22, static_cast<uint16_t>(parts.tags.size()));
  put<int64_t>(at + 24, info.received_ms);
  put<int64_t>(at + 32, info.initial_age_ms);
  put<int64_t>(at + 40, info.date_s);
  put<int64_t>(at + 48, info.modified_s);
  put<uint64_t>(at + 56, info.variant_set);
  put<uint32_t>(at + 64, static_cast<uint32_t>(parts.vary.size()));
  put<uint32_t>(at + 68, static_cast<uint32_t>(parts.variant.size()));
  put<uint32_t>(at + 72, static_cast<uint32_t>(fields_bytes));
  put<uint32_t>(at + 76, static_cast<uint32_t>(tags_bytes));
  put<uint64_t>(at + 80, info.generation);
}

// False for numbers that encode_stored never writes.
bool get_info(const uint8_t* at, StoredInfo* info) {
  const uint8_t flags = at[1];
  info->status = get<uint16_t>(at + 2);
  info->lifetime_s = get<uint32_t>(at + 4);
  info->stale_while_revalidate_s = get<uint32_t>(at + 8);
  info->stale_if_error_s = get<uint32_t>(at + 12);
  info->keep_s = get<uint32_t>(at + 16);
  info->received_ms = get<int64_t>(at + 24);
  info->initial_age_ms = get<int64_t>(at + 32);
  info->date_s = get<int64_t>(at + 40);
  info->modified_s = get<int64_t>(at + 48);
  info->variant_set = get<uint64_t>(at + 56);
  info->generation = get<uint64_t>(at + 80);
  info->no_cache = flags & kNoCache;
  info->must_revalidate = flags & kMustRevalidate;
  info->vary_marker = flags & kVaryMarker;
  info->heuristic = flags & kHeuristic;
  info->has_validator = flags & kHasValidator;
  return at[0] == kVersion && (flags & ~kAllFlags) == 0 && info->received_ms >= 0 &&
         info->received_ms <= kTimeMax && info->initial_age_ms >= 0 &&
         info->initial_age_ms <= kTimeMax;
}

// Walks all fields once, for their bounds and for the validators.
bool check_fields(StoredView* view) {
  Bytes cursor = view->fields_bytes;
  uint32_t count = 0;
  for (Header field; !cursor.empty(); ++count) {
    if (!StoredView::next_field(&cursor, &field)) return false;
    if (field.name.size() == 4 && view->etag.empty() && field.name == "etag")
      view->etag = field.value;
    if (field.name.size() == 13 && view->last_modified.empty() && field.name == "last-modified")
      view->last_modified = field.value;
  }
  return count == view->field_count;
}

bool check_tags(const StoredView& view) {
  Bytes cursor = view.tags_bytes;
  uint32_t count = 0;
  for (std::string_view tag; !cursor.empty(); ++count)
    if (!StoredView::next_tag(&cursor, &tag)) return false;
  return count == view.tag_count;
}

}  // namespace

int64_t StoredInfo::age_ms(int64_t now_ms) const {
  // A clock that was set back makes nothing younger than it was.
  return initial_age_ms + std::max<int64_t>(now_ms - received_ms, 0);
}

int64_t StoredInfo::useless_at_ms() const {
  return received_ms - initial_age_ms + (int64_t{lifetime_s} + keep_s) * 1000;
}

bool StoredView::next_field(Bytes* cursor, Header* field) {
  constexpr size_t kSizes = 6;
  if (cursor->size() < kSizes) return false;
  const size_t name = get<uint16_t>(cursor->data());
  const size_t value = get<uint32_t>(cursor->data() + 2);
  if (cursor->size() - kSizes < name + value) return false;
  field->name = as_text(cursor->subspan(kSizes, name));
  field->value = as_text(cursor->subspan(kSizes + name, value));
  *cursor = cursor->subspan(kSizes + name + value);
  return true;
}

bool StoredView::next_tag(Bytes* cursor, std::string_view* tag) {
  constexpr size_t kSize = 2;
  if (cursor->size() < kSize) return false;
  const size_t size = get<uint16_t>(cursor->data());
  if (cursor->size() - kSize < size) return false;
  *tag = as_text(cursor->subspan(kSize, size));
  *cursor = cursor->subspan(kSize + size);
  return true;
}

std::span<const Header> StoredView::fields(Arena& arena) const {
  auto* out = arena.allocate_array<Header>(field_count);
  size_t count = 0;
  Bytes cursor = fields_bytes;
  for (Header field; count < field_count && next_field(&cursor, &field); ++count)
    new (out + count) Header(field);
  return {out, count};
}

Status encode_stored(const StoredParts& parts, std::vector<uint8_t>* out) {
  size_t fields_bytes = 0, tags_bytes = 0;
  bool fits = parts.fields.size() <= UINT16_MAX && parts.tags.size() <= UINT16_MAX;
  for (const Header& field : parts.fields) {
    fits = fits && field.name.size() <= UINT16_MAX && field.value.size() <= kMetaBytesMax;
    fields_bytes += 6 + field.name.size() + field.value.size();
  }
  for (const std::string_view tag : parts.tags) {
    fits = fits && tag.size() <= UINT16_MAX;
    tags_bytes += 2 + tag.size();
  }
  const size_t total =
      kHeadBytes + parts.vary.size() + parts.variant.size() + fields_bytes + tags_bytes;
  if (!fits || total > kMetaBytesMax)
    return fail(Status::too_big, "the fields of an answer are larger than a cache record may hold");

  const size_t begin = out->size();
  out->reserve(begin + total);
  out->resize(begin + kHeadBytes);
  put_head(parts, fields_bytes, tags_bytes, out->data() + begin);
  append(out, parts.vary);
  append(out, parts.variant);
  for (const Header& field : parts.fields) {
    append_number(out, static_cast<uint16_t>(field.name.size()));
    append_number(out, static_cast<uint32_t>(field.value.size()));
    append(out, field.name);
    append(out, field.value);
  }
  for (const std::string_view tag : parts.tags) {
    append_number(out, static_cast<uint16_t>(tag.size()));
    append(out, tag);
  }
  return Status::ok;
}

bool decode_stored(Bytes meta, StoredView* out) {
  if (meta.size() < kHeadBytes || meta.size() > kMetaBytesMax) return false;
  *out = {};
  const uint8_t* at = meta.data();
  if (!get_info(at, &out->info)) return false;
  out->field_count = get<uint16_t>(at + 20);
  out->tag_count = get<uint16_t>(at + 22);
  const size_t vary = get<uint32_t>(at + 64), variant = get<uint32_t>(at + 68);
  const size_t fields = get<uint32_t>(at + 72), tags = get<uint32_t>(at + 76);
  // Each fits 32 bits, so their sum does not wrap.
  if (kHeadBytes + vary + variant + fields + tags != meta.size()) return false;
  size_t place = kHeadBytes;
  const auto section = [&](size_t size) {
    place += size;
    return meta.subspan(place - size, size);
  };
  out->vary = as_text(section(vary));
  out->variant = as_text(section(variant));
  out->fields_bytes = section(fields);
  out->tags_bytes = section(tags);
  return check_fields(out) && check_tags(*out);
}

}  // namespace fce
