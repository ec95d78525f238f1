// SPDX-License-Identifier: Apache-2.0
#include "http/conditional.h"

#include "base/time.h"
#include "http/field_list.h"

namespace fce {
namespace {

enum class Comparison { strong, weak };

// Takes one entity-tag off the list. False at its end and where it is malformed: what follows is
// not to be trusted then.
bool next_etag(std::string_view* list, bool* weak, std::string_view* opaque) {
  while (!list->empty() && (list->front() == ',' || is_blank(list->front())))
    list->remove_prefix(1);
  *weak = list->substr(0, 2) == "W/";
  if (*weak) list->remove_prefix(2);
  if (list->empty() || list->front() != '"') return false;
  const size_t end = list->find('"', 1);
  if (end == std::string_view::npos) return false;
  *opaque = list->substr(0, end + 1);
  list->remove_prefix(end + 1);
  while (!list->empty() && is_blank(list->front())) list->remove_prefix(1);
  return list->empty() || list->front() == ',';
}

bool etag_listed(std::string_view list, std::string_view etag, Comparison comparison) {
  if (trim_blanks(list) == "*") return true;
  if (etag.empty()) return false;
  const bool etag_weak = etag.substr(0, 2) == "W/";
  if (comparison == Comparison::strong && etag_weak) return false;
  // An origin's tag may lack its quotes, and clients send back what they were given.
  if (comparison == Comparison::weak && trim_blanks(list) == etag) return true;
  const std::string_view wanted = etag_weak ? etag.substr(2) : etag;
  bool weak;
  for (std::string_view opaque; next_etag(&list, &weak, &opaque);)
    if (opaque == wanted && (!weak || comparison == Comparison::weak)) return true;
  return false;
}

// A date that came once and can be read.
bool date_of(const OptionalField& field, int64_t* seconds) {
  return field.single() && parse_http_date(field.value, seconds);
}

bool modified_since(const OptionalField& field, const Validators& validators) {
  // Most clients send back what they were given.
  if (field.single() && !field.value.empty() && field.value == validators.last_modified)
    return false;
  int64_t since;
  return !date_of(field, &since) || validators.modified_s > since;
}

bool unmodified_since(const OptionalField& field, const Validators& validators) {
  int64_t since;
  return !date_of(field, &since) || validators.modified_s <= since;
}

void take_single(const Header& header, OptionalField* field) {
  if (field->count == 0) field->value = header.value;
  if (field->count < 2) ++field->count;
}

void take_list(const Header& header, OptionalField* field, Arena& arena) {
  if (field->count > 0) {
    field->value = arena.concat(arena.concat(field->value, ","), header.value);
    field->count = 2;
  } else {
    field->value = header.value;
    field->count = 1;
  }
}

}  // namespace

SelectionFields SelectionFields::from(std::span<const Header> headers, Arena& arena) {
  SelectionFields fields;
  for (const Header& header : headers) {
    const std::string_view name = header.name;
    switch (name.size()) {
      case 5:
        if (name == "range") take_single(header, &fields.range);
        break;
      case 8:
        if (name == "if-match") take_list(header, &fields.if_match, arena);
        if (name == "if-range") take_single(header, &fields.if_range);
        break;
      case 13:
        if (name == "if-none-match") take_list(header, &fields.if_none_match, arena);
        break;
      case 15:
        if (name == "accept-encoding") take_list(header, &fields.accept_encoding, arena);
        break;
      case 17:
        if (name == "if-modified-since") take_single(header, &fields.if_modified_since);
        break;
      case 19:
        if (name == "if-unmodified-since") take_single(header, &fields.if_unmodified_since);
        break;
      default: break;
    }
  }
  return fields;
}

Precondition check_preconditions(const SelectionFields& fields, Method method,
                                 const Validators& validators) {
  if (fields.if_match) {
    if (!etag_listed(fields.if_match.value, validators.etag, Comparison::strong))
      return Precondition::failed;
  } else if (fields.if_unmodified_since) {
    if (!unmodified_since(fields.if_unmodified_since, validators)) return Precondition::failed;
  }
  const bool reads = method == Method::get || method == Method::head;
  if (fields.if_none_match) {
    if (etag_listed(fields.if_none_match.value, validators.etag, Comparison::weak))
      return reads ? Precondition::not_modified : Precondition::failed;
  } else if (fields.if_modified_since && reads) {
    if (!modified_since(fields.if_modified_since, validators)) return Precondition::not_modified;
  }
  return Precondition::passed;
}

bool range_applies(const SelectionFields& fields, Method method, const Validators& validators,
                   int64_t now_s) {
  if (method != Method::get || !fields.range.single()) return false;
  if (!fields.if_range) return true;
  if (!fields.if_range.single()) return false;
  const std::string_view value = trim_blanks(fields.if_range.value);
  if (!value.empty() && value.front() == '"') return value == validators.etag;
  int64_t since;
  return parse_http_date(value, &since) && since == validators.modified_s &&
         validators.modified_s < now_s;
}

}  // namespace fce
