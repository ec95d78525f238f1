// SPDX-License-Identifier: Apache-2.0
// Sec-WebSocket-Extensions as clients send it, and what a compressed message of theirs inflates to.
// The input is two lines of the field, then the message.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/ws_deflate.h"
#include "http/ws_extension.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

WsDeflate agree(std::string_view first, std::string_view second) {
  const Header headers[] = {{"sec-websocket-extensions", first},
                            {"sec-websocket-extensions", second}};
  Request request;
  request.headers = headers;
  return websocket_deflate(request);
}

void check_field(std::string_view first, std::string_view second) {
  const WsDeflate agreed = agree(first, second);
  require(agreed.window_bits == 0 ||
          (agreed.window_bits >= kWsWindowBitsMin && agreed.window_bits <= kWsWindowBitsMax));
  require(!agreed.malformed || agreed.window_bits == 0);
  // Several lines are one list (RFC 9110 section 5.3).
  const WsDeflate joined = agree(std::string(first) + "," + std::string(second), {});
  require(joined.malformed == agreed.malformed && joined.window_bits == agreed.window_bits &&
          joined.bits_asked == agreed.bits_asked);
  if (agreed.window_bits == 0) return;
  // Our answer is an offer that we would agree to in the same way.
  const WsDeflate again = agree(websocket_deflate_answer(agreed), {});
  require(again.window_bits == agreed.window_bits && again.bits_asked == agreed.bits_asked);
}

void check_message(Bytes message) {
  constexpr size_t kMost = 1000;
  Bytes inflated;
  if (ws_inflate_message(message, kMost, &inflated) != WsInflated::done) return;
  require(inflated.size() <= kMost);
  const std::string text(as_text(inflated));
  Counters counters;
  const ChunkRef frame = ws_deflate_message(WsOpcode::binary, as_bytes(text), 9, counters);
  if (!frame) return;
  const size_t header_bytes = frame->data()[1] == 126 ? 4 : 2;
  require(ws_inflate_message(frame.bytes().subspan(header_bytes), kMost, &inflated) ==
          WsInflated::done);
  require(as_text(inflated) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = as_text({data, size});
  const std::string_view first = take_line(&text);
  check_field(first, take_line(&text));
  check_message(as_bytes(text));
  return 0;
}
