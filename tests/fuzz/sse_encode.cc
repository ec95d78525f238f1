// SPDX-License-Identifier: Apache-2.0
// A publication in all its encodings: whatever the payload, a client reads back one event with this
// id and this text, and nothing of the payload is taken for a field or a frame.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "pubsub/message.h"

using namespace fce;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Splits as WHATWG HTML 9.2.6 does: at CR, LF and CRLF.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n')
      lines.emplace_back();
    else
      lines.back() += text[i];
  }
  return lines;
}

void check_event(std::string_view event, std::string_view payload) {
  std::vector<std::string> lines = lines_of(event);
  const std::vector<std::string> expected = lines_of(payload);
  // "id", the data, the empty line that ends the event, and what follows its line end.
  require(lines.size() == expected.size() + 3);
  require(lines[0] == "id: 00000000.7-42");
  for (size_t i = 0; i < expected.size(); ++i) require(lines[i + 1] == "data: " + expected[i]);
  require(lines[lines.size() - 2].empty() && lines.back().empty());
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    require(static_cast<uint8_t>(text[i]) >= 0x20 && text[i] != '"');
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    require(++i < text.size());
    const std::string_view letters = "\"\\bfnrt";
    const size_t letter = letters.find(text[i]);
    if (letter != std::string_view::npos) {
      out += "\"\\\b\f\n\r\t"[letter];
    } else {
      require(text[i] == 'u' && i + 4 < text.size() && text.substr(i + 1, 2) == "00");
      const std::string hex(text.substr(i + 3, 2));
      out += static_cast<char>(std::strtol(hex.c_str(), nullptr, 16));
      i += 4;
    }
  }
  return out;
}

// The payload of the one frame that these bytes are.
std::string_view frame_payload(Bytes frame) {
  require(frame.size() >= 2 && frame[0] == 0x81);
  size_t header = 2;
  uint64_t size = frame[1];
  if (size > 125) {
    const size_t count = size == 126 ? 2 : 8;
    require(frame.size() >= 2 + count);
    size = 0;
    for (size_t i = 0; i < count; ++i) size = size << 8 | frame[2 + i];
    header += count;
  }
  require(frame.size() == header + size);
  return as_text(frame.subspan(header));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes payload(data, size);
  const Message message = Message::encode({7, 42}, "c", {payload, nullptr}, 0);
  require(as_text(message.payload()) == as_text(payload));
  require(frame_payload(message.raw_frame()) == as_text(payload));
  check_event(as_text(message.sse_event()), as_text(payload));
  std::string_view json = frame_payload(message.json_frame());
  const std::string_view head = "{\"channel\":\"c\",\"id\":\"00000000.7-42\",\"data\":\"";
  require(json.substr(0, head.size()) == head && json.substr(json.size() - 2) == "\"}");
  json = json.substr(head.size(), json.size() - head.size() - 2);
  require(unescape(json) == as_text(payload));
  return 0;
}
