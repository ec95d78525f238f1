// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_control.h"

#include <algorithm>

#include "cache/structured_dictionary.h"
#include "http/field_list.h"

namespace fce {
namespace {

struct Directive {
  std::string_view name;      // as it came
  std::string_view argument;  // without quotes
  bool has_argument = false;
  bool well_formed = true;  // false: blanks around "=", or something behind the quotes
};

// Where the member that `list` begins with ends. A quoted string begins behind "=" only; one that
// has no end hides nothing that comes after its comma.
size_t member_end(std::string_view list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',') return i;
    if (list[i] != '"' || i == 0 || list[i - 1] != '=') continue;
    size_t end = i + 1;
    while (end < list.size() && list[end] != '"') end += list[end] == '\\' ? 2 : 1;
    if (end < list.size()) i = end;
  }
  return list.size();
}

void split_argument(std::string_view text, Directive* directive) {
  directive->has_argument = true;
  directive->argument = text;
  if (text.empty() || is_blank(text.front())) directive->well_formed = false;
  if (text.empty() || text.front() != '"') return;
  const size_t end = text.rfind('"');
  if (end == 0 || end + 1 != text.size()) {
    directive->well_formed = false;
    return;
  }
  directive->argument = text.substr(1, end - 1);
}

bool next_directive(std::string_view* list, Directive* out) {
  for (;;) {
    while (!list->empty() && (list->front() == ',' || is_blank(list->front())))
      list->remove_prefix(1);
    if (list->empty()) return false;
    const size_t end = member_end(*list);
    const std::string_view member = trim_blanks(list->substr(0, end));
    list->remove_prefix(std::min(end + 1, list->size()));
    if (member.empty()) continue;
    *out = {};
    const size_t equals = member.find('=');
    out->name = trim_blanks(member.substr(0, equals));
    if (equals == std::string_view::npos) return true;
    split_argument(member.substr(equals + 1), out);
    if (out->name.size() != equals) out->well_formed = false;
    return true;
  }
}

bool is(const Directive& directive, std::string_view name) {
  return equals_ignoring_case(directive.name, name);
}

// What cannot be read is stale at once.
void take_delta(const Directive& directive, uint32_t* seconds) {
  if (*seconds != kNoDelta) return;
  if (!directive.well_formed || !parse_delta(directive.argument, seconds)) *seconds = 0;
}

// A list of fields restricts less than none: one that is malformed, empty or too many counts as
// none.
void take_list(bool usable, std::string_view list, bool* unqualified, AnswerDirectives* out) {
  std::string_view left = list, member;
  if (!usable || !next_member(&left, &member) ||
      out->field_list_count == AnswerDirectives::kListsMax) {
    *unqualified = true;
    return;
  }
  out->field_lists[out->field_list_count++] = list;
}

void take_directive(const Directive& directive, AnswerDirectives* out) {
  const auto list = [&](bool* unqualified) {
    take_list(directive.has_argument && directive.well_formed, directive.argument, unqualified,
              out);
  };
  if (is(directive, "max-age")) return take_delta(directive, &out->max_age);
  if (is(directive, "s-maxage")) return take_delta(directive, &out->s_maxage);
  if (is(directive, "stale-while-revalidate"))
    return take_delta(directive, &out->stale_while_revalidate);
  if (is(directive, "stale-if-error")) return take_delta(directive, &out->stale_if_error);
  if (is(directive, "no-cache")) return list(&out->no_cache);
  if (is(directive, "private")) return list(&out->private_);
  if (is(directive, "no-store")) out->no_store = true;
  if (is(directive, "must-revalidate")) out->must_revalidate = true;
  if (is(directive, "proxy-revalidate")) out->proxy_revalidate = true;
  // What allows more has no argument; with one it is something else.
  if (directive.has_argument) return;
  if (is(directive, "public")) out->public_ = true;
  if (is(directive, "must-understand")) out->must_understand = true;
}

// Of a Dictionary the last value of a key counts (RFC 8941 section 3.2).
void take_number(const DictionaryMember& member, uint32_t* seconds) {
  const bool valid = member.type == ItemType::integer && member.number >= 0;
  *seconds = valid ? static_cast<uint32_t>(std::min<int64_t>(member.number, kDeltaMax)) : 0;
}

void take_member(const DictionaryMember& member, AnswerDirectives* out) {
  const std::string_view key = member.key;
  if (key == "max-age") return take_number(member, &out->max_age);
  if (key == "s-maxage") return take_number(member, &out->s_maxage);
  if (key == "stale-while-revalidate") return take_number(member, &out->stale_while_revalidate);
  if (key == "stale-if-error") return take_number(member, &out->stale_if_error);
  if (!member.truth) return;  // "no-store=?0" is what is not said
  const bool list = member.type == ItemType::string;
  if (key == "no-cache") return take_list(list, member.text, &out->no_cache, out);
  if (key == "private") return take_list(list, member.text, &out->private_, out);
  if (key == "no-store") out->no_store = true;
  if (key == "must-revalidate") out->must_revalidate = true;
  if (key == "proxy-revalidate") out->proxy_revalidate = true;
  if (member.type != ItemType::boolean) return;
  if (key == "public") out->public_ = true;
  if (key == "must-understand") out->must_understand = true;
}

// False when there is no such field, or one that is to be ignored: empty, or not a Dictionary.
bool read_targeted(std::span<const Header> headers, AnswerDirectives* out) {
  bool any = false;
  for (const Header& header : headers) {
    if (header.name != "cdn-cache-control") continue;
    DictionaryReader reader(header.value);
    for (DictionaryMember member; reader.next(&member); any = true) take_member(member, out);
    if (reader.failed()) return false;
  }
  out->targeted = any;
  return any;
}

}  // namespace

bool parse_delta(std::string_view text, uint32_t* seconds) {
  if (text.empty()) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(c - '0'), kDeltaMax);
  }
  *seconds = static_cast<uint32_t>(value);
  return true;
}

bool AnswerDirectives::names(std::string_view field) const {
  for (size_t i = 0; i < field_list_count; ++i) {
    std::string_view list = field_lists[i], member;
    while (next_member(&list, &member))
      if (equals_ignoring_case(member, field)) return true;
  }
  return false;
}

AnswerDirectives AnswerDirectives::from(std::span<const Header> headers, bool cdn) {
  AnswerDirectives targeted;
  if (cdn && read_targeted(headers, &targeted)) return targeted;
  AnswerDirectives out;
  for (const Header& header : headers) {
    if (header.name != "cache-control") continue;
    std::string_view list = header.value;
    for (Directive directive; next_directive(&list, &directive);) take_directive(directive, &out);
  }
  return out;
}

void RequestDirectives::add(std::string_view value) {
  for (Directive directive; next_directive(&value, &directive);) {
    uint32_t seconds = 0;
    const bool number = directive.well_formed && parse_delta(directive.argument, &seconds);
    if (is(directive, "no-cache")) no_cache = true;
    if (is(directive, "no-store")) no_store = true;
    if (is(directive, "only-if-cached")) only_if_cached = true;
    if (is(directive, "max-age") && max_age == kNoDelta) max_age = number ? seconds : 0;
    if (is(directive, "min-fresh") && min_fresh == kNoDelta)
      min_fresh = number ? seconds : kDeltaMax;
    if (is(directive, "stale-if-error") && number && stale_if_error == kNoDelta)
      stale_if_error = seconds;
    if (is(directive, "max-stale") && max_stale == kNoDelta) {
      if (!directive.has_argument)
        max_stale = kDeltaMax;
      else if (number)
        max_stale = seconds;
    }
  }
}

}  // namespace fce
