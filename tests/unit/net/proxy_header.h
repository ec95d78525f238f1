// SPDX-License-Identifier: Apache-2.0
// Makes headers of version 2 of the PROXY protocol.
#pragma once

#include <cstdint>
#include <string>

namespace fce {

inline std::string proxy_v2(uint8_t command, uint8_t family, const std::string& rest) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const size_t byte : {size_t{command}, size_t{family}, rest.size() >> 8, rest.size()})
    header += static_cast<char>(byte);
  return header + rest;
}

// With a checksum at its end.
inline std::string proxy_v2_checked(uint8_t command, uint8_t family, const std::string& rest) {
  std::string header = proxy_v2(command, family, rest + std::string("\3\0\4\0\0\0\0", 7));
  uint32_t crc = ~uint32_t{0};
  for (const char c : header) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  for (size_t i = 0; i < 4; ++i)
    header[header.size() - 4 + i] = static_cast<char>(~crc >> (24 - 8 * i));
  return header;
}

}  // namespace fce
