// SPDX-License-Identifier: Apache-2.0
// Text messages that a feed or a live session makes itself, between those of the log.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/ws_frame.h"
#include "net/gather.h"

namespace fce {

// Copies a text message into a flush, where it keeps its place among the others.
inline void add_ws_text(std::string_view text, Gather& out) {
  uint8_t header[10];
  out.copy(Bytes(header, ws_frame_header(WsOpcode::text, text.size(), header)));
  out.copy(text);
}

}  // namespace fce
