// SPDX-License-Identifier: Apache-2.0
// Numbers of the DNS (the registries of IANA), and the two-byte integers of its wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fce {

// Any other number may stand in one, too.
enum class DnsType : uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  hinfo = 13,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  opt = 41,
  ds = 43,
  rrsig = 46,
  nsec = 47,
  dnskey = 48,
  tlsa = 52,
  https = 65,
  nxname = 128,  // RFC 9824: stands in bitmaps only
  ixfr = 251,
  axfr = 252,
  any = 255,
  caa = 257,
  // Of the range for private use: the nodes of a set, as A and AAAA. It never shows on the wire.
  geo = 65'280,
};

enum class DnsRcode : uint16_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,  // NXDOMAIN
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
  bad_cookie = 23,
};

constexpr uint16_t kDnsClassIn = 1;

// "AAAA", or "TYPE1234" for what has no name here (RFC 3597 section 5).
std::string dns_type_text(DnsType type);
// Reads both, in any case. False for what is neither.
bool parse_dns_type(std::string_view text, DnsType* out);

inline uint16_t read_u16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

inline uint32_t read_u32(const uint8_t* at) {
  return static_cast<uint32_t>(read_u16(at)) << 16 | read_u16(at + 2);
}

inline void write_u16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void write_u32(uint8_t* at, uint32_t value) {
  write_u16(at, static_cast<uint16_t>(value >> 16));
  write_u16(at + 2, static_cast<uint16_t>(value));
}

}  // namespace fce
