// SPDX-License-Identifier: Apache-2.0
// Conditional requests (RFC 9110 section 13), as functions of the request's fields and the selected
// representation's validators, without I/O.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace fce {

// A field of a request that may be absent, which is another thing than empty.
struct OptionalField {
  std::string_view value;
  uint8_t count = 0;  // how many there were, up to 2

  explicit operator bool() const { return count > 0; }
  // A field that must come once and came once.
  bool single() const { return count == 1; }
};

// The fields of a request that choose among 200, 206, 304, 412 and 416 and among codings. Lists
// that came in several fields are joined; of other fields that came twice the first one is kept,
// and `single` is false.
struct SelectionFields {
  OptionalField if_match, if_none_match;
  OptionalField if_modified_since, if_unmodified_since;
  OptionalField range, if_range;
  OptionalField accept_encoding;

  // One pass over the fields. The arena is used for lists in several fields only.
  static SelectionFields from(std::span<const Header> headers, Arena& arena);
};

struct Validators {
  std::string_view etag;           // with its quotes, and W/ if it is weak; "": none
  int64_t modified_s = 0;          // seconds since 1970
  std::string_view last_modified;  // the same as a date; "": none was sent
};

enum class Precondition : uint8_t {
  passed,        // answer as if there were none
  not_modified,  // 304
  failed,        // 412
};

// The order of section 13.2.2, its steps 1 to 4. Dates that cannot be read are ignored.
Precondition check_preconditions(const SelectionFields& fields, Method method,
                                 const Validators& validators);

// Step 5: whether Range is to be obeyed. `now_s` is the answer's Date: a modification date is a
// strong validator only if it is at least a second before it.
bool range_applies(const SelectionFields& fields, Method method, const Validators& validators,
                   int64_t now_s);

}  // namespace fce
