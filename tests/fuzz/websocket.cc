// SPDX-License-Identifier: Apache-2.0
// What a WebSocket client sends. The input is two bytes that choose the cuts and the limit, then
// the stream; half of the choices allow compressed messages. However it is cut, and wherever
// payloads are put, the parser has to tell the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/utf8.h"
#include "http/ws_frame.h"

using namespace fce;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Reading {
  WsParser parser;
  size_t scratch_bytes;
  uint32_t message_max;
  std::string told;

  Reading(uint32_t max, bool deflate, size_t scratch)
      : parser(max, deflate), scratch_bytes(scratch), message_max(max) {}

  void feed(Bytes in) {
    uint8_t scratch[512];
    WsParser::Item item;
    for (;;) {
      const WsParser::Step step = parser.next(&in, {scratch, scratch_bytes}, &item);
      if (step == WsParser::Step::more) return require(in.empty());
      if (step == WsParser::Step::failed) return require(parser.idle() && parser.error() != 0);
      check(step, item);
      told += std::to_string(static_cast<int>(item.opcode)) + " " +
              std::to_string(item.close_code * (item.opcode == WsOpcode::close)) + " ";
      told += std::to_string(item.payload.size()) + ":";
      told += as_text(item.payload);
    }
  }

  void check(WsParser::Step step, const WsParser::Item& item) {
    const bool control = item.opcode >= WsOpcode::close;
    require(control == (step == WsParser::Step::control));
    require(item.opcode != WsOpcode::continuation);
    require(item.payload.size() <= (control ? kWsControlBytesMax : message_max));
    if (item.opcode == WsOpcode::text || item.opcode == WsOpcode::close)
      require(is_utf8(item.payload));
    if (item.opcode == WsOpcode::close)
      require(item.close_code == WsClose::no_status || ws_close_code_valid(item.close_code));
  }

  void require_same(const Reading& other) const {
    require(told == other.told);
    require(parser.error() == other.parser.error());
    require(parser.inflated_too_big() == other.parser.inflated_too_big());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  uint32_t dice = data[0] | 1u;
  const uint32_t message_max = data[1] < 128 ? 300 : data[1];
  const bool deflate = (data[0] & 1) != 0;
  const Bytes input(data + 2, size - 2);

  Reading whole(message_max, deflate, 512);
  whole.feed(input);

  Reading cut(message_max, deflate, 16);
  for (size_t at = 0; at < input.size();) {
    dice = dice * 1664525 + 1013904223;
    const size_t piece = std::min<size_t>(input.size() - at, 1 + (dice >> 16) % 23);
    cut.feed(input.subspan(at, piece));
    at += piece;
  }
  cut.require_same(whole);

  Reading single(message_max, deflate, 0);
  for (size_t at = 0; at < input.size(); ++at) single.feed(input.subspan(at, 1));
  single.require_same(whole);
  return 0;
}
