// SPDX-License-Identifier: Apache-2.0
#include "pubsub/publish_query.h"

#include <algorithm>

#include "http/percent.h"

namespace fce {
namespace {

// Where a field of that name goes; both null for one that is not ours.
struct Place {
  std::string* single = nullptr;
  std::vector<std::string>* list = nullptr;
};

Place place_of(std::string_view name, Publication::More* more) {
  if (name == "key") return {&more->key, nullptr};
  if (name == "author") return {&more->author, nullptr};
  if (name == "group") return {nullptr, &more->audience.groups};
  if (name == "user") return {nullptr, &more->audience.users};
  if (name == "exclude") return {nullptr, &more->audience.exclude};
  return {};
}

}  // namespace

Status parse_publish_query(std::string_view query, Publication::More* out, bool* any) {
  *any = false;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = std::min(field.find('='), field.size());
    const Place place = place_of(field.substr(0, equals), out);
    if (!place.single && !place.list) continue;
    std::string value;
    if (!percent_decode_field(field.substr(std::min(equals + 1, field.size())), &value))
      return fail(Status::invalid, "the query has an escape that is none");
    // An audience that names nobody must not become one of everybody.
    if (value.empty()) return fail(Status::invalid, "a name in the query is empty");
    *any = true;
    if (place.single) {
      if (!place.single->empty()) return fail(Status::invalid, "a query field is there twice");
      *place.single = std::move(value);
    } else {
      if (out->audience.names() >= Audience::kNamesMax)
        return fail(Status::invalid, "an audience names at most 256 groups and users");
      place.list->push_back(std::move(value));
    }
  }
  return Status::ok;
}

}  // namespace fce
