// SPDX-License-Identifier: Apache-2.0
// Compressed messages of WebSocket: permessage-deflate (RFC 7692) where neither side keeps a
// context between messages. So a compressed message is the same for all who agreed on one window
// size, and a connection holds no state: what zlib needs belongs to the thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/chunk.h"
#include "http/ws_frame.h"
#include "metrics/counters.h"

namespace fce {

// The window sizes that we agree to, as base 2 logarithms. RFC 7692 knows 8 too, zlib does not.
constexpr int kWsWindowBitsMin = 9;
constexpr int kWsWindowBitsMax = 15;
// Shorter payloads are not worth it.
constexpr size_t kWsDeflateBytesMin = 64;

// A whole message as one compressed frame. Null when the payload is short, or does not shrink: then
// it is sent as it is. Any thread.
ChunkRef ws_deflate_message(WsOpcode opcode, Bytes payload, int window_bits, Counters& counters);

enum class WsInflated : uint8_t {
  done,
  too_big,  // it would be more than `bytes_max`
  broken,   // this is not what a compressor makes, or its end is missing
};
// What a compressed message says. `out` is borrowed until the thread's next call.
WsInflated ws_inflate_message(Bytes compressed, size_t bytes_max, Bytes* out);

}  // namespace fce
