// SPDX-License-Identifier: Apache-2.0
// Text as JSON strings (RFC 8259 section 7). The text is UTF-8, which stays as it is. Pure code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fce {

// The inside of a string: measured first and then written, so that a message is one allocation.
size_t json_escaped_bytes(std::string_view text);
// Writes exactly that many bytes and returns their end.
uint8_t* json_escape(std::string_view text, uint8_t* out);
std::string json_escaped(std::string_view text);

// The string with its quotes.
std::string json_quote(std::string_view text);

}  // namespace fce
