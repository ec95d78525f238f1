// SPDX-License-Identifier: Apache-2.0
#include "pubsub/encode.h"

#include <cstring>

#include "pubsub/position.h"

namespace fce {
namespace {

constexpr std::string_view kData = "data: ";

// Calls `each(line)` for every line.
template <class F>
void for_each_line(std::string_view text, F&& each) {
  for (;;) {
    const size_t end = text.find_first_of("\r\n");
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    const bool pair = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (pair ? 2 : 1));
  }
}

}  // namespace

std::string channel_event(std::string_view channel, std::string_view what, std::string_view more,
                          const MessageId& reached) {
  std::string text = "{\"channel\":\"";
  text.append(json_escaped(channel)).append("\",\"").append(what).append("\":{").append(more);
  return text.append("\"id\":\"").append(id_text(reached)).append("\"}}");
}

std::string channel_end(std::string_view channel, uint16_t code, std::string_view reason) {
  std::string text = "{\"channel\":\"";
  text.append(json_escaped(channel)).append("\",\"end\":{\"code\":");
  text.append(std::to_string(code)).append(",\"reason\":\"").append(reason);
  return text.append("\"}}");
}

size_t sse_data_bytes(std::string_view text) {
  size_t size = 0;
  for_each_line(text, [&](std::string_view line) { size += kData.size() + line.size() + 1; });
  return size;
}

uint8_t* sse_data(std::string_view text, uint8_t* out) {
  for_each_line(text, [&](std::string_view line) {
    out = put(kData, out);
    if (!line.empty()) std::memcpy(out, line.data(), line.size());
    out += line.size();
    *out++ = '\n';
  });
  return out;
}

}  // namespace fce
