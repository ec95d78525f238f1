// SPDX-License-Identifier: Apache-2.0
// How a payload stands in JSON and in an event stream. Each encoding is measured first and then
// written, so that a message is one allocation. Pure code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_write.h"

namespace fce {

struct MessageId;
// What is said of a channel besides messages: {"channel":"C","WHAT":{MORE"id":"POSITION"}}.
std::string channel_event(std::string_view channel, std::string_view what, std::string_view more,
                          const MessageId& reached);
// The last that is said of it: {"channel":"C","end":{"code":CODE,"reason":"REASON"}}. The reason is
// one of ours, and is not escaped.
std::string channel_end(std::string_view channel, uint16_t code, std::string_view reason);

// One "data: LINE\n" for each line (WHATWG HTML 9.2.6): CR, LF and CRLF all end lines there, so the
// client sees LF for each of them. A text that ends in a line end has an empty last line.
size_t sse_data_bytes(std::string_view text);
uint8_t* sse_data(std::string_view text, uint8_t* out);

inline uint8_t* put(std::string_view text, uint8_t* out) {
  for (const char c : text) *out++ = static_cast<uint8_t>(c);
  return out;
}

}  // namespace fce
