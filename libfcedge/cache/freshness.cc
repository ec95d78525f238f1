// SPDX-License-Identifier: Apache-2.0
#include "cache/freshness.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/time.h"
#include "cache/stored_info.h"
#include "http/field_list.h"

namespace fce {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Of a list, as some send it, the first member counts (RFC 9111 section 5.1).
uint32_t age_value(std::string_view value) {
  std::string_view first;
  uint32_t seconds;
  return next_member(&value, &first) && parse_delta(first, &seconds) ? seconds : 0;
}

uint32_t clamped(int64_t seconds) {
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, 0, kDeltaMax));
}

bool negative_status(uint16_t status) {
  return status == 404 || status == 405 || status == 410 || status == 414 || status == 501;
}

}  // namespace

bool parse_cache_date(std::string_view text, int64_t* seconds) {
  text = trim_blanks(text);
  if (parse_http_date(text, seconds)) return true;
  // "Wednesday, 09-Nov-94 08:49:37 GMT" is the longest form.
  std::array<char, 33> upright;
  if (text.size() > upright.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool capital = i == 0 || !is_alpha(text[i - 1]);
    const char lower = ascii_lower(text[i]);
    upright[i] = capital && is_alpha(lower) ? static_cast<char>(lower - 32) : lower;
  }
  const std::string_view zone = "Gmt";
  if (text.size() >= zone.size() &&
      std::string_view(upright.data(), text.size()).substr(text.size() - zone.size()) == zone) {
    upright[text.size() - 2] = 'M';
    upright[text.size() - 1] = 'T';
  }
  return parse_http_date({upright.data(), text.size()}, seconds);
}

AgeFields AgeFields::from(const OriginAnswer& answer) {
  AgeFields fields;
  fields.date_s = answer.received_ms / 1000;
  fields.modified_s = kNoDate;
  bool date_seen = false, age_seen = false, modified_seen = false;
  for (const auto& [name, value] : answer.headers) {
    if (name == "date" && !date_seen) {
      date_seen = true;
      fields.dated = parse_cache_date(value, &fields.date_s);
    } else if (name == "age" && !age_seen) {
      age_seen = true;
      fields.age_s = age_value(value);
    } else if (name == "expires" && !fields.has_expires) {
      fields.has_expires = true;
      if (!parse_cache_date(value, &fields.expires_s)) fields.expires_s = kNoDate;
    } else if (name == "last-modified" && !modified_seen) {
      modified_seen = true;
      if (!parse_cache_date(value, &fields.modified_s)) fields.modified_s = kNoDate;
    }
  }
  return fields;
}

int64_t initial_age_ms(const OriginAnswer& answer, const AgeFields& fields,
                       const AnswerDirectives& directives) {
  const int64_t delay_ms = std::max<int64_t>(answer.received_ms - answer.asked_ms, 0);
  const int64_t corrected_ms = int64_t{fields.age_s} * 1000 + delay_ms;
  if (directives.s_maxage != kNoDelta || directives.max_age != kNoDelta) return corrected_ms;
  // In whole seconds, as Date is.
  const int64_t apparent_s =
      std::clamp<int64_t>(answer.received_ms / 1000 - fields.date_s, 0, kDeltaMax);
  return std::max(corrected_ms, apparent_s * 1000);
}

std::optional<uint32_t> explicit_lifetime_s(const AnswerDirectives& directives,
                                            const AgeFields& fields) {
  if (directives.s_maxage != kNoDelta) return directives.s_maxage;
  if (directives.max_age != kNoDelta) return directives.max_age;
  if (!fields.has_expires || directives.targeted) return std::nullopt;
  if (fields.expires_s == kNoDate) return 0;
  return clamped(fields.expires_s - fields.date_s);
}

std::optional<uint32_t> heuristic_lifetime_s(uint16_t status, const AnswerDirectives& directives,
                                             const AgeFields& fields,
                                             const PolicyOptions& options) {
  if (!heuristically_cacheable(status) && !directives.public_) return std::nullopt;
  if (fields.modified_s == kNoDate || options.heuristic_percent == 0)
    return negative_status(status) ? options.negative_ttl_s : options.default_ttl_s;
  const int64_t since_s = std::max<int64_t>(fields.date_s - fields.modified_s, 0);
  const int64_t part_s =
      since_s / 100 * options.heuristic_percent + since_s % 100 * options.heuristic_percent / 100;
  return clamped(std::min<int64_t>(part_s, options.heuristic_max_s));
}

bool heuristically_cacheable(uint16_t status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 206:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501: return true;
    default: return false;
  }
}

bool understood_status(uint16_t status) {
  if (status >= 200 && status <= 205) return true;
  if (status >= 300 && status <= 308) return status != 304 && status != 306;
  if (status >= 400 && status <= 415) return status != 412;
  if (status == 422 || status == 451) return true;
  return status >= 500 && status <= 505;
}

}  // namespace fce
