// SPDX-License-Identifier: Apache-2.0
#include "geo/dnssec_record.h"

#include <algorithm>
#include <array>
#include <vector>

#include "geo/dns_name.h"
#include "geo/rdata.h"

namespace fce {
namespace {

void put_u16(uint32_t value, std::string* out) {
  *out += static_cast<char>(value >> 8);
  *out += static_cast<char>(value);
}

void put_u32(uint32_t value, std::string* out) {
  put_u16(value >> 16, out);
  put_u16(value, out);
}

void put_lower(Bytes bytes, std::string* out) {
  for (const uint8_t byte : bytes) *out += static_cast<char>(dns_lower(byte));
}

std::string next_name(Bytes owner, NsecNext next) {
  constexpr size_t kLabel = 2;  // "\000", the least that can stand before a name
  std::string out;
  if (next == NsecNext::below && owner.size() + kLabel <= DnsName::kBytesMax) {
    out.assign("\1\0", kLabel);
    put_lower(owner, &out);
    return out;
  }
  const size_t label = owner[0];
  if (label == 0) return out;
  put_lower(owner, &out);
  if (label < DnsName::kLabelMax && owner.size() < DnsName::kBytesMax) {
    ++out[0];
    out.insert(1 + label, 1, '\0');
    return out;
  }
  // With no room for another byte the next label of this length is the next name; capitals are
  // none, since they count as small letters.
  const auto last = static_cast<uint8_t>(out[label]);
  if (last == 0xff) return {};
  out[label] = static_cast<char>(last == 'A' - 1 ? 'Z' + 1 : last + 1);
  return out;
}

}  // namespace

std::string rrsig_head(const DnssecSet& set, const DnssecSpan& span, uint8_t algorithm,
                       uint16_t tag, Bytes zone) {
  std::string out;
  put_u16(static_cast<uint16_t>(set.type), &out);
  out += static_cast<char>(algorithm);
  // A wildcard's own name, when it is asked for as such, has its star not counted.
  out += static_cast<char>(dns_label_count(set.owner) - (is_dns_wildcard(set.owner) ? 1 : 0));
  put_u32(set.ttl, &out);
  put_u32(span.expiration, &out);
  put_u32(span.inception, &out);
  put_u16(tag, &out);
  put_lower(zone, &out);
  return out;
}

std::string signed_data(std::string head, const DnssecSet& set) {
  std::vector<std::string> data;
  for (const Bytes one : set.data) data.push_back(canonical_rdata(set.type, one));
  std::sort(data.begin(), data.end(), [](const std::string& a, const std::string& b) {
    // As bytes without a sign.
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return static_cast<uint8_t>(x) < static_cast<uint8_t>(y);
    });
  });
  // The same record twice is one record.
  data.erase(std::unique(data.begin(), data.end()), data.end());
  std::string out = std::move(head);
  for (const std::string& one : data) {
    put_lower(set.owner, &out);
    put_u16(static_cast<uint16_t>(set.type), &out);
    put_u16(kDnsClassIn, &out);
    put_u32(set.ttl, &out);
    put_u16(static_cast<uint32_t>(one.size()), &out);
    out += one;
  }
  return out;
}

std::string compact_nsec(Bytes owner, NsecNext next, std::span<const DnsType> types) {
  std::string out = next_name(owner, next);
  if (out.empty()) return out;
  for (size_t i = 0; i < types.size();) {
    // A window of 256 types, as far as its last one (RFC 4034 section 4.1.2).
    const unsigned window = static_cast<unsigned>(types[i]) >> 8;
    std::array<uint8_t, 32> bits{};
    size_t used = 0;
    for (; i < types.size() && static_cast<unsigned>(types[i]) >> 8 == window; ++i) {
      const unsigned low = static_cast<unsigned>(types[i]) & 0xff;
      bits[low / 8] |= static_cast<uint8_t>(0x80 >> low % 8);
      used = low / 8 + 1;
    }
    out += static_cast<char>(window);
    out += static_cast<char>(used);
    out += as_text(Bytes(bits).first(used));
  }
  return out;
}

}  // namespace fce
