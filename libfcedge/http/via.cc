// SPDX-License-Identifier: Apache-2.0
#include "http/via.h"

#include <string>

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {

std::string_view via_version(const Request& request) {
  switch (request.version) {
    case 10: return "1.0";
    case 20: return "2.0";
    default: return "1.1";
  }
}

std::string_view via_value(std::span<const Header> headers, std::string_view version,
                           std::string_view name, Arena& arena) {
  std::string value;
  for (const Header& header : headers)
    if (header.name == "via" && !trim_blanks(header.value).empty())
      value.append(trim_blanks(header.value)).append(", ");
  return arena.copy(value.append(version).append(" ").append(name));
}

uint32_t times_via(const Request& request, std::string_view name) {
  uint32_t times = 0;
  for (const Header& header : request.headers) {
    if (header.name != "via") continue;
    std::string_view list = header.value, member;
    while (next_member(&list, &member)) {
      const size_t blank = member.find_first_of(" \t");
      if (blank == std::string_view::npos) continue;
      const std::string_view by = trim_blanks(member.substr(blank));
      if (equals_ignoring_case(by.substr(0, by.find_first_of(" \t")), name)) ++times;
    }
  }
  return times;
}

}  // namespace fce
