// SPDX-License-Identifier: Apache-2.0
// How old an answer is and how long it is good for (RFC 9111 section 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "cache/cache_control.h"
#include "cache/policy_options.h"
#include "http/message.h"

namespace fce {

// An answer of the origin, or of a cache before it.
struct OriginAnswer {
  uint16_t status = 0;
  std::span<const Header> headers;  // names in lower case
  int64_t asked_ms = 0;             // wall clock, when its request was sent
  int64_t received_ms = 0;          // when its head had come
};

// The fields of an answer that say how old it is; the first of each counts.
struct AgeFields {
  int64_t date_s;      // of Date; of when the answer came, if there is none that can be read
  bool dated = false;  // Date was there, and could be read
  uint32_t age_s = 0;  // of Age; 0 for one that cannot be read (section 5.1)
  bool has_expires = false;
  int64_t expires_s = 0;  // INT64_MIN for a date that cannot be read (section 5.3)
  int64_t modified_s;     // kNoDate without Last-Modified, or with one that cannot be read

  static AgeFields from(const OriginAnswer& answer);
};

// corrected_initial_age of section 4.2.3: what Age says, and the time that the request took. The
// apparent age (the time since Date) counts only when the lifetime was reckoned from Date, that is
// with neither max-age nor s-maxage. Else it is left out, as the section allows: caches without Age
// are extinct, while an origin's clock that is slow would make all its answers old.
int64_t initial_age_ms(const OriginAnswer& answer, const AgeFields& fields,
                       const AnswerDirectives& directives);

// The lifetime that the origin gave it.
std::optional<uint32_t> explicit_lifetime_s(const AnswerDirectives& directives,
                                            const AgeFields& fields);

// The one that we give it if the origin did not (section 4.2.2).
std::optional<uint32_t> heuristic_lifetime_s(uint16_t status, const AnswerDirectives& directives,
                                             const AgeFields& fields, const PolicyOptions& options);

// Whether a status may be cached without the answer saying so (RFC 9110 section 15.1).
bool heuristically_cacheable(uint16_t status);
// Whether we know a status, and all that it asks of caches: for `must-understand`.
bool understood_status(uint16_t status);

// An HTTP date for caches: without regard to case (RFC 9111 section 4.2).
bool parse_cache_date(std::string_view text, int64_t* seconds);

}  // namespace fce
