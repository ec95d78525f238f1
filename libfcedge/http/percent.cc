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
    if (path.size() - i < 3) return false;
    const int high = hex_value(path[i + 1]);
    const int low = hex_value(path[i + 2]);
    if (high < 0 || low < 0) return false;
    const char c = static_cast<char>(high * 16 + low);
    if (c == '/' || c == '\0') return false;
    to[size++] = c;
    i += 3;
  }
  *out = {to, size};
  return true;
}

}  // namespace fce
