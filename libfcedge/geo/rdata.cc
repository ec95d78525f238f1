// SPDX-License-Identifier: Apache-2.0
#include "geo/rdata.h"

#include "geo/dns_name.h"

namespace fce {
namespace {

// Data that names stand in: bytes, strings with their lengths, names, and bytes again.
struct Layout {
  uint16_t type;
  uint8_t ahead;
  uint8_t strings;
  uint8_t names;
  uint8_t behind;
};

// Those types whose names are signed in lower case: RFC 4034 section 6.2, less what RFC 6840
// section 5.1 takes out, and less those that no zone can have here.
constexpr Layout kLayouts[] = {
    {2, 0, 0, 1, 0},   // NS
    {3, 0, 0, 1, 0},   // MD
    {4, 0, 0, 1, 0},   // MF
    {5, 0, 0, 1, 0},   // CNAME
    {6, 0, 0, 2, 20},  // SOA
    {7, 0, 0, 1, 0},   // MB
    {8, 0, 0, 1, 0},   // MG
    {9, 0, 0, 1, 0},   // MR
    {12, 0, 0, 1, 0},  // PTR
    {14, 0, 0, 2, 0},  // MINFO
    {15, 2, 0, 1, 0},  // MX
    {17, 0, 0, 2, 0},  // RP
    {18, 2, 0, 1, 0},  // AFSDB
    {21, 2, 0, 1, 0},  // RT
    {26, 2, 0, 2, 0},  // PX
    {33, 6, 0, 1, 0},  // SRV
    {35, 4, 3, 1, 0},  // NAPTR
    {36, 2, 0, 1, 0},  // KX
};

const Layout* layout_of(DnsType type) {
  for (const Layout& layout : kLayouts)
    if (layout.type == static_cast<uint16_t>(type)) return &layout;
  return nullptr;
}

// How many bytes stand ahead of its names; more than there are if they cannot.
size_t before_names(const Layout& layout, Bytes data) {
  size_t at = layout.ahead;
  for (size_t i = 0; i < layout.strings && at < data.size(); ++i) at += size_t{1} + data[at];
  return at;
}

bool has_layout(const Layout& layout, Bytes data) {
  const size_t ahead = before_names(layout, data);
  if (ahead >= data.size()) return false;
  data = data.subspan(ahead);
  for (size_t i = 0; i < layout.names; ++i) {
    const size_t size = dns_name_size(data);
    if (size == 0) return false;
    data = data.subspan(size);
  }
  return data.size() == layout.behind;
}

// Strings with a byte of length each, one at least.
bool is_text(Bytes data) {
  if (data.empty()) return false;
  while (!data.empty()) {
    const size_t size = size_t{data[0]} + 1;
    if (size > data.size()) return false;
    data = data.subspan(size);
  }
  return true;
}

// Flags, and a tag of letters and digits (RFC 8659 section 4.1).
bool is_caa(Bytes data) {
  if (data.size() < 2 || data[1] == 0 || data.size() < size_t{2} + data[1]) return false;
  for (const uint8_t byte : data.subspan(2, data[1])) {
    const uint8_t low = dns_lower(byte);
    if (!(low >= 'a' && low <= 'z') && !(low >= '0' && low <= '9')) return false;
  }
  return true;
}

constexpr DnsType kCds{59};
constexpr std::string_view kCdsDelete("\0\0\0\0\0", 5);  // RFC 8078 section 4

// Tag, algorithm, the digest's type and the digest, whose size the registry of IANA tells.
bool is_ds(Bytes data) {
  constexpr size_t kNumbers = 4;
  if (data.size() <= kNumbers) return false;
  const size_t digest = data.size() - kNumbers;
  switch (data[3]) {
    case 0: return false;         // reserved
    case 1: return digest == 20;  // SHA-1
    case 2:                       // SHA-256
    case 3:                       // GOST R 34.11-94
    case 5:                       // GOST R 34.11-2012
    case 6: return digest == 32;  // SM3
    case 4: return digest == 48;  // SHA-384
    default: return true;
  }
}

}  // namespace

bool valid_rdata(DnsType type, Bytes data) {
  constexpr size_t kTlsaNumbers = 3;
  if (data.size() > UINT16_MAX) return false;
  if (const Layout* layout = layout_of(type)) return has_layout(*layout, data);
  if (type == kCds) return is_ds(data) || as_text(data) == kCdsDelete;
  switch (type) {
    case DnsType::a: return data.size() == 4;
    case DnsType::aaaa: return data.size() == 16;
    case DnsType::txt: return is_text(data);
    case DnsType::caa: return is_caa(data);
    case DnsType::ds: return is_ds(data);
    case DnsType::tlsa: return data.size() > kTlsaNumbers;
    default: return true;
  }
}

std::string canonical_rdata(DnsType type, Bytes data) {
  std::string out(as_text(data));
  const Layout* layout = layout_of(type);
  if (!layout || !has_layout(*layout, data)) return out;
  // Bytes of length are no letters, so all names are lowered as one.
  for (size_t at = before_names(*layout, data); at < data.size() - layout->behind; ++at)
    out[at] = static_cast<char>(dns_lower(data[at]));
  return out;
}

}  // namespace fce
