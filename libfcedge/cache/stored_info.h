// SPDX-License-Identifier: Apache-2.0
// What is kept of a stored answer beside its body: decisions computed once, when it is stored, and
// the fields. Both are one byte string, `meta`, which the store does not look into.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "http/message.h"

namespace fce {

constexpr int64_t kNoDate = INT64_MIN;

struct StoredInfo {
  int64_t received_ms = 0;       // wall clock, when the answer's head had come (or its 304)
  int64_t initial_age_ms = 0;    // its age then (RFC 9111 section 4.2.3, corrected_initial_age)
  int64_t date_s = 0;            // of Date, or of when it came
  int64_t modified_s = kNoDate;  // of Last-Modified
  // Names the set of variants that a marker stands for: it is part of the keys of all of them, so
  // that whoever removes the marker removes them all. Chosen by the caller; 0: no variant.
  uint64_t variant_set = 0;
  // Where the clock of purges stood when its fetch began (cache/purge.h); set by the caller.
  uint64_t generation = 0;
  uint32_t lifetime_s = 0;
  // How long after its lifetime it may be served while it is fetched anew, and when that fails.
  uint32_t stale_while_revalidate_s = 0;
  uint32_t stale_if_error_s = 0;
  uint32_t keep_s = 0;  // how long after its lifetime there may be any use for it
  uint16_t status = 0;
  bool no_cache = false;         // not without successful validation
  bool must_revalidate = false;  // not stale: also proxy-revalidate and s-maxage
  bool vary_marker = false;      // no answer: says which fields tell the variants apart
  bool heuristic = false;        // the lifetime is a guess of ours
  bool has_validator = false;    // ETag or Last-Modified

  int64_t age_ms(int64_t now_ms) const;
  // Left of its lifetime; negative once it is stale.
  int64_t left_ms(int64_t now_ms) const { return int64_t{lifetime_s} * 1000 - age_ms(now_ms); }
  bool fresh(int64_t now_ms) const { return left_ms(now_ms) > 0; }
  // May be served to others without asking the origin: the test for requests that were collapsed.
  bool reusable(int64_t now_ms) const { return !no_cache && fresh(now_ms); }
  // From then on it is of no use (wall clock).
  int64_t useless_at_ms() const;
};

// A decoded `meta`. Views point into it.
struct StoredView {
  StoredInfo info;
  std::string_view etag;           // as it came; "": none
  std::string_view last_modified;  // as it came; "": none
  std::string_view vary;           // names in lower case, sorted, separated by commas
  std::string_view variant;        // variant_text of the request that it answered
  uint32_t field_count = 0;
  uint32_t tag_count = 0;
  Bytes fields_bytes, tags_bytes;  // checked by decode_stored

  std::span<const Header> fields(Arena& arena) const;
  // One pass without the arena. `cursor` begins as `fields_bytes` or `tags_bytes`.
  static bool next_field(Bytes* cursor, Header* field);
  static bool next_tag(Bytes* cursor, std::string_view* tag);
};

// What goes into a `meta`.
struct StoredParts {
  StoredInfo info;
  std::span<const Header> fields;
  std::span<const std::string_view> tags;
  std::string_view vary;
  std::string_view variant;
};

// Larger ones are not stored.
constexpr size_t kMetaBytesMax = 256 * 1024;

// Appends to `out`. FCE_ETOOBIG when it would be larger than kMetaBytesMax; then `out` is as it
// was.
Status encode_stored(const StoredParts& parts, std::vector<uint8_t>* out);

// False for whatever encode_stored did not write: another version, a torn or a forged one.
bool decode_stored(Bytes meta, StoredView* out);

}  // namespace fce
