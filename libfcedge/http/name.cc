// SPDX-License-Identifier: Apache-2.0
#include "http/name.h"

#include <cstdint>

#include "http/utf8.h"

namespace fce {
namespace {

bool has_control_character(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xA0)
      return true;
  }
  return false;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && is_utf8(as_bytes(text)) &&
         !has_control_character(text);
}

}  // namespace fce
