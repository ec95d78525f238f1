// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <algorithm>

#include "base/bytes.h"

namespace fce {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What stands between the brackets; that it is an address as well is for who connects to it.
bool is_v6_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const char lower = ascii_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'f') || c == ':' || c == '.';
  });
}

bool is_reg_name(std::string_view text) {
  constexpr std::string_view kMarks = ".-_~%!$&'()*+,;=";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char lower = ascii_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') || kMarks.find(c) != kMarks.npos;
  });
}

}  // namespace

bool valid_authority(std::string_view authority) {
  if (authority.empty()) return true;
  const std::string_view host = without_port(authority);
  const std::string_view port = authority.substr(host.size());
  if (!port.empty() && !std::all_of(port.begin() + 1, port.end(), is_digit)) return false;
  if (host.starts_with('['))
    return host.ends_with(']') && is_v6_text(host.substr(1, host.size() - 2));
  return is_reg_name(host);
}

std::string_view without_port(std::string_view authority) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  if (bracket != std::string_view::npos && colon < bracket) return authority;
  return authority.substr(0, colon);
}

std::string_view host_of_authority(std::string_view authority) {
  std::string_view host = without_port(authority);
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace fce
