// SPDX-License-Identifier: Apache-2.0
#include "cache/answer.h"

#include <new>

#include "cache/arena_fields.h"
#include "cache/stored_fields.h"

namespace fce {
namespace {

// What a 304 and a 416 have no use for: it describes the body (RFC 9110 section 15.4.5).
bool about_body(std::string_view name) {
  return name.substr(0, 8) == "content-" && name != "content-location" &&
         name.substr(0, 23) != "content-security-policy";
}

Validators validators_of(const StoredView& stored) {
  Validators out{stored.etag, stored.info.modified_s, stored.last_modified};
  // RFC 9111 section 4.3.2: without Last-Modified the date of the answer has to do.
  if (out.modified_s == kNoDate) out.modified_s = stored.info.date_s;
  return out;
}

// Whether the client asked for a part, and of this representation.
bool wants_part(const CacheRequest& request, const StoredView& stored) {
  // Here a date that stands for Last-Modified would be none: kNoDate is equal to no date.
  const Validators strict{stored.etag, stored.info.modified_s, stored.last_modified};
  return range_applies(request.selection, request.request->method, strict, stored.info.date_s);
}

void select_parts(const ByteRanges& ranges, Arena& arena, CacheAnswer* out) {
  out->status = 206;
  if (ranges.size() == 1)
    out->part = ranges[0];
  else
    out->parts = new (arena.allocate(sizeof(ByteRanges))) ByteRanges(ranges);
}

void select(const CacheRequest& request, const StoredView& stored, uint64_t body_bytes,
            Arena& arena, CacheAnswer* out) {
  if (stored.info.status != 200) return;
  const Precondition precondition =
      request.conditional
          ? check_preconditions(request.selection, request.request->method, validators_of(stored))
          : Precondition::passed;
  if (precondition == Precondition::not_modified) {
    out->status = 304;
    return;
  }
  if (!request.selection.range || !wants_part(request, stored)) return;
  ByteRanges ranges;
  switch (parse_ranges(request.selection.range.value, body_bytes, &ranges)) {
    case RangeAnswer::too_many: out->too_many_parts = true; return;
    case RangeAnswer::whole: return;
    case RangeAnswer::partial: return select_parts(ranges, arena, out);
    case RangeAnswer::unsatisfiable: out->status = 416; return;
  }
}

std::string_view range_text(const CacheAnswer& answer, uint64_t body_bytes, Arena& arena) {
  char buffer[kContentRangeBytes];
  return arena.copy(
      content_range(answer.status == 206 ? &answer.part : nullptr, body_bytes, buffer));
}

std::string_view joined(std::string_view list, std::string_view more, Arena& arena) {
  return list.empty() ? more : arena.concat(arena.concat(list, ", "), more);
}

}  // namespace

CacheAnswer answer_from_stored(const CacheRequest& request, const StoredView& stored,
                               uint64_t body_bytes, int64_t now_ms, const CacheStatus& status,
                               const PolicyOptions& options, Arena& arena) {
  CacheAnswer out;
  out.status = stored.info.status;
  out.part = {0, body_bytes};
  select(request, stored, body_bytes, arena, &out);
  out.has_body = out.status != 304 && out.status != 416;

  ArenaFields fields(stored.field_count + 3, arena);
  std::string_view earlier_caches;
  Bytes cursor = stored.fields_bytes;
  for (Header field; StoredView::next_field(&cursor, &field);) {
    if (field.name == "cache-status") {
      earlier_caches = joined(earlier_caches, field.value, arena);
      continue;
    }
    if (!out.has_body && about_body(field.name)) continue;
    if (out.parts && field.name == "content-type") {
      out.content_type = field.value;
      continue;
    }
    if (!hidden_from_clients(field.name, options)) fields.add(field.name, field.value);
  }
  fields.add("age", arena.decimal(static_cast<uint64_t>(stored.info.age_ms(now_ms) / 1000)));
  fields.add("cache-status", cache_status_value(status, options.cache_name, earlier_caches, arena));
  if ((out.status == 206 && !out.parts) || out.status == 416)
    fields.add("content-range", range_text(out, body_bytes, arena));
  out.headers = fields.span();
  return out;
}

}  // namespace fce
