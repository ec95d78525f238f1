// SPDX-License-Identifier: Apache-2.0
#include "base/json_write.h"

namespace fce {
namespace {

// The short escape of a character, or 0.
char short_escape(uint8_t c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

bool needs_escape(uint8_t c) { return c < 0x20 || c == '"' || c == '\\'; }

}  // namespace

size_t json_escaped_bytes(std::string_view text) {
  size_t size = text.size();
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (needs_escape(byte)) size += short_escape(byte) ? 1 : 5;
  }
  return size;
}

uint8_t* json_escape(std::string_view text, uint8_t* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (!needs_escape(byte)) {
      *out++ = byte;
      continue;
    }
    *out++ = '\\';
    if (const char letter = short_escape(byte)) {
      *out++ = static_cast<uint8_t>(letter);
    } else {
      for (const char zero : {'u', '0', '0'}) *out++ = static_cast<uint8_t>(zero);
      *out++ = static_cast<uint8_t>(kHex[byte >> 4]);
      *out++ = static_cast<uint8_t>(kHex[byte & 15]);
    }
  }
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out(json_escaped_bytes(text), '\0');
  json_escape(text, reinterpret_cast<uint8_t*>(out.data()));
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out(json_escaped_bytes(text) + 2, '"');
  json_escape(text, reinterpret_cast<uint8_t*>(out.data()) + 1);
  return out;
}

}  // namespace fce
