// SPDX-License-Identifier: Apache-2.0
#include "http/percent.h"

#include <cstring>

namespace fce {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of the escape that begins at `i`; -1 when there is none.
int escaped_byte(std::string_view text, size_t i) {
  if (text.size() - i < 3) return -1;
  const int high = hex_value(text[i + 1]);
  const int low = hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

bool percent_decode_path(std::string_view path, Arena& arena, std::string_view* out) {
  const size_t first = path.find('%');
  if (first == std::string_view::npos) {
    *out = path;
    return true;
  }
  char* to = arena.allocate_array<char>(path.size());
  std::memcpy(to, path.data(), first);
  size_t size = first;
  for (size_t i = first; i < path.size();) {
    if (path[i] != '%') {
      to[size++] = path[i++];
      continue;
    }
    const int byte = escaped_byte(path, i);
    if (byte <= 0 || byte == '/') return false;
    to[size++] = static_cast<char>(byte);
    i += 3;
  }
  *out = {to, size};
  return true;
}

bool percent_decode_field(std::string_view field, std::string* out) {
  out->clear();
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '%') {
      out->push_back(field[i] == '+' ? ' ' : field[i]);
      continue;
    }
    const int byte = escaped_byte(field, i);
    if (byte < 0) return false;
    out->push_back(static_cast<char>(byte));
    i += 2;
  }
  return true;
}

}  // namespace fce
