// SPDX-License-Identifier: Apache-2.0
// Fields that are for the next hop only, so that no intermediary passes them on (RFC 9110 section
// 7.6.1).
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http/field_list.h"
#include "http/message.h"

namespace fce {

// Those that always are. Framing (Content-Length) is of the hop, too: each side has its own. `name`
// is in lower case.
bool is_hop_field(std::string_view name);

// Those that a Connection field of this message names.
inline bool is_named_by_connection(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name != "connection") continue;
    std::string_view list = header.value, member;
    while (next_member(&list, &member))
      if (equals_ignoring_case(member, name)) return true;
  }
  return false;
}

}  // namespace fce
