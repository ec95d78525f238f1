// SPDX-License-Identifier: Apache-2.0
// Frames as a client makes them, right ones and wrong ones, for the tests of WebSocket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ws_client {

// Bits of the first byte.
constexpr int kFin = 0x80;
enum Opcode { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

struct Shape {
  bool masked = true;
  int length_bytes = -1;  // -1: the shortest form
};

inline std::string header(int first, uint64_t size, Shape shape = {}) {
  std::string out;
  out += static_cast<char>(first);
  const int mask_bit = shape.masked ? 0x80 : 0;
  int count = shape.length_bytes;
  if (count < 0) count = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
  const uint64_t form = count == 0 ? size : count == 2 ? 126 : 127;
  out += static_cast<char>(mask_bit | static_cast<int>(form));
  for (int i = count - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xFF);
  return out;
}

// `first` is the first byte: kFin | opcode and reserved bits.
inline std::string frame(int first, std::string_view payload, Shape shape = {}) {
  static constexpr char kMask[] = {'\x37', '\xFA', '\x21', '\x3D'};
  std::string out = header(first, payload.size(), shape);
  if (!shape.masked) return out.append(payload);
  out.append(kMask, 4);
  for (size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return out;
}

inline std::string close_frame(int code, std::string_view reason = {}) {
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xFF);
  payload += reason;
  return frame(kFin | closing, payload);
}

}  // namespace ws_client
