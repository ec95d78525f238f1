// SPDX-License-Identifier: Apache-2.0
// Sec-WebSocket-Extensions (RFC 6455 section 9.1), of which we know permessage-deflate (RFC 7692).
#pragma once

#include <string>

#include "http/message.h"

namespace fce {

// What we agree to: nothing, or compression without contexts in either direction.
struct WsDeflate {
  bool malformed = false;  // the field is not what it has to be: the handshake fails
  int window_bits = 0;     // of what we send, 9 to 15; 0: messages are not compressed
  bool bits_asked = false;
};

// Looks at the client's offers in their order and takes the first that we can keep.
WsDeflate websocket_deflate(const Request& request);

// The value of the field in the answer, for an agreement with `window_bits`.
std::string websocket_deflate_answer(const WsDeflate& agreed);

}  // namespace fce
