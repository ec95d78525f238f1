// SPDX-License-Identifier: Apache-2.0
// The opening handshake of WebSocket over HTTP/1.1 (RFC 6455 section 4.2) and HTTP/2 (RFC 8441
// section 5), as pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace fce {

// Tells whether a request asks for a WebSocket (GET with Upgrade: websocket, or an extended CONNECT
// of HTTP/2).
bool is_websocket_request(const Request& request);
// Whether the client offers that subprotocol (Sec-WebSocket-Protocol).
bool websocket_offers(const Request& request, std::string_view subprotocol);

// The answer that the handshake deserves: 101 (in HTTP/2 that will be 200), or 400, or 426 for
// another version than 13. `key` is the client's Sec-WebSocket-Key, which HTTP/2 has none of;
// `reason` what is wrong.
struct WsHandshake {
  uint16_t status;
  std::string_view reason;
  std::string_view key;
};
WsHandshake websocket_check(const Request& request);

// Sec-WebSocket-Accept for that key.
std::string websocket_accept_value(std::string_view key);

}  // namespace fce
