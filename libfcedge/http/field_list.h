// SPDX-License-Identifier: Apache-2.0
// Values of header fields that are comma-separated lists (RFC 9110 section 5.6.1).
#pragma once

#include <cstddef>
#include <string_view>

namespace fce {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the first member off a list without quoted strings; empty members are skipped, as
// recipients must. False when none is left.
inline bool next_member(std::string_view* list, std::string_view* member) {
  while (!list->empty()) {
    const size_t comma = list->find(',');
    *member = trim_blanks(list->substr(0, comma));
    list->remove_prefix(comma == std::string_view::npos ? list->size() : comma + 1);
    if (!member->empty()) return true;
  }
  return false;
}

// A weight (RFC 9110 section 12.4.2) in thousandths: "0", "0.75", "1.000". -1 for anything else.
inline int parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return -1;
  if (text.size() > 1 && text[1] != '.') return -1;
  int weight = (text[0] - '0') * 1000;
  int unit = 100;
  for (size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return -1;
    weight += (text[i] - '0') * unit;
  }
  return weight > 1000 ? -1 : weight;
}

// A character of a token (RFC 9110 section 5.6.2).
inline bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_char(c)) return false;
  return !text.empty();
}

}  // namespace fce
