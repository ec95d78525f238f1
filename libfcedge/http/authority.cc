// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <algorithm>

#include "base/bytes.h"

namespace fce {

bool valid_authority(std::string_view authority) {
  constexpr std::string_view kMarks = ".-_~:[]%!$&'()*+,;=";
  const std::string_view port = authority.substr(host_of_authority(authority).size());
  for (size_t i = 1; i < port.size(); ++i)
    if (port[i] < '0' || port[i] > '9') return false;
  return std::all_of(authority.begin(), authority.end(), [&](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string_view host_of_authority(std::string_view authority) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos && colon < bracket) return authority;
  return authority.substr(0, colon);
}

}  // namespace fce
