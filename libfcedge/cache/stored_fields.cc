// SPDX-License-Identifier: Apache-2.0
#include "cache/stored_fields.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "cache/arena_fields.h"
#include "http/hop_by_hop.h"

namespace fce {
namespace {

// What describes the stored bytes themselves, which a 304 does not change. All else is updated:
// that a name begins with "content-" means nothing (RFC 9111 section 3.2).
bool describes_body(std::string_view name) {
  return name == "content-length" || name == "content-encoding" || name == "content-range";
}

bool is_cookie(std::string_view name) { return name == "set-cookie" || name == "set-cookie2"; }

bool has(std::span<const Header> headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const Header& header) { return header.name == name; });
}

std::string_view date_text(int64_t seconds, Arena& arena) {
  char text[kHttpDateBytes];
  format_http_date(seconds, text);
  return arena.copy({text, kHttpDateBytes});
}

// Whether a field of `newer` replaces the stored ones of its name.
bool updates(const Header& field, std::span<const Header> newer, const PolicyOptions& options) {
  if (is_cookie(field.name) && options.set_cookie != SetCookiePolicy::keep) return false;
  return !is_hop_by_hop(field.name) && !describes_body(field.name) &&
         !is_named_by_connection(newer, field.name);
}

}  // namespace

std::span<const Header> storable_fields(std::span<const Header> headers,
                                        const AnswerDirectives& directives, int64_t date_s,
                                        const PolicyOptions& options, Arena& arena) {
  ArenaFields out(headers.size() + 1, arena);
  const bool connection = has(headers, "connection");
  for (const Header& field : headers) {
    const std::string_view name = field.name;
    // The age is kept as a number, and the length by the store.
    if (is_hop_by_hop(name) || name == "age" || name == "content-length") continue;
    if (is_cookie(name) && options.set_cookie != SetCookiePolicy::keep) continue;
    if (directives.names(name)) continue;
    if (connection && is_named_by_connection(headers, name)) continue;
    out.add(name, field.value);
  }
  if (!has(out.span(), "date")) out.add("date", date_text(date_s, arena));
  return out.span();
}

std::span<const Header> personal_fields(std::span<const Header> headers,
                                        const PolicyOptions& options, Arena& arena) {
  const AnswerDirectives directives = AnswerDirectives::from(headers, options.cdn_cache_control);
  ArenaFields out(headers.size(), arena);
  for (const Header& field : headers) {
    const std::string_view name = field.name;
    const bool cookie = is_cookie(name) && options.set_cookie != SetCookiePolicy::keep;
    if (!cookie && !directives.names(name)) continue;
    // These have a place of their own in what is answered.
    if (is_hop_by_hop(name) || name == "age" || name == "date" || name == "content-length" ||
        name == "content-range" || name == "cache-status")
      continue;
    if (!is_named_by_connection(headers, name)) out.add(name, field.value);
  }
  return out.span();
}

std::span<const Header> merged_fields(std::span<const Header> stored, std::span<const Header> newer,
                                      const PolicyOptions& options, Arena& arena) {
  ArenaFields out(stored.size() + newer.size(), arena);
  for (const Header& field : stored) {
    if (field.name == "date" || field.name == "age") continue;
    const bool replaced = std::any_of(newer.begin(), newer.end(), [&](const Header& other) {
      return other.name == field.name && updates(other, newer, options);
    });
    if (!replaced) out.add(field.name, field.value);
  }
  for (const Header& field : newer)
    if (updates(field, newer, options)) out.add(field.name, field.value);
  return out.span();
}

bool hidden_from_clients(std::string_view name, const PolicyOptions& options) {
  return options.hide_surrogate_tags && (name == "surrogate-key" || name == "cache-tag");
}

}  // namespace fce
