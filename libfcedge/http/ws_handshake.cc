// SPDX-License-Identifier: Apache-2.0
#include "http/ws_handshake.h"

#include <algorithm>

#include "base/crypto.h"
#include "http/field_list.h"

namespace fce {
namespace {

// Calls `each` with the members of a comma-separated field, which may be spread over several lines
// of the header (RFC 9110 section 5.3), until it returns true.
template <class Each>
bool any_member(const Request& request, std::string_view name, Each each) {
  for (const Header& header : request.headers) {
    if (header.name != name) continue;
    std::string_view left = header.value, member;
    while (next_member(&left, &member))
      if (each(member)) return true;
  }
  return false;
}

bool has_token(const Request& request, std::string_view name, std::string_view token) {
  return any_member(request, name, [token](std::string_view member) {
    return equals_ignoring_case(member, token);
  });
}

// The field when there is exactly one of that name.
bool single(const Request& request, std::string_view name, std::string_view* value) {
  int count = 0;
  for (const Header& header : request.headers) {
    if (header.name != name) continue;
    *value = trim_blanks(header.value);
    ++count;
  }
  return count == 1;
}

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

// 16 bytes are 22 digits and two signs of padding.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.substr(22) == "==" &&
         std::all_of(key.begin(), key.begin() + 22, is_base64_digit);
}

}  // namespace

bool is_websocket_request(const Request& request) {
  if (request.version == 20) return request.protocol == "websocket";
  return request.method == Method::get && has_token(request, "upgrade", "websocket");
}

bool websocket_offers(const Request& request, std::string_view subprotocol) {
  return any_member(request, "sec-websocket-protocol",
                    [subprotocol](std::string_view member) { return member == subprotocol; });
}

WsHandshake websocket_check(const Request& request) {
  std::string_view version, key;
  const bool h2 = request.version == 20;
  if (request.version != 11 && !h2) return {400, "WebSocket needs HTTP/1.1 or HTTP/2.", {}};
  if (!is_websocket_request(request))
    return {400, "This address speaks WebSocket: GET with Upgrade: websocket.", {}};
  if (!h2 && !has_token(request, "connection", "upgrade"))
    return {400, "The field Connection does not name upgrade.", {}};
  if (!single(request, "sec-websocket-version", &version) || version != "13")
    return {426, "Only version 13 of WebSocket is spoken.", {}};
  if (!h2 && (!single(request, "sec-websocket-key", &key) || !is_key(key)))
    return {400, "Sec-WebSocket-Key is not the base64 form of 16 bytes.", {}};
  if (!request.body.empty()) return {400, "A handshake has no body.", {}};
  return {101, {}, key};
}

std::string websocket_accept_value(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return base64(sha1(text));
}

}  // namespace fce
