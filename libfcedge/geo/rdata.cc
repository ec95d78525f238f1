// SPDX-License-Identifier: Apache-2.0
#include "geo/rdata.h"

#include "geo/dns_name.h"

namespace fce {
namespace {

// Takes a name off; false if there is none.
bool take_name(Bytes* data) {
  const size_t size = dns_name_size(*data);
  *data = data->subspan(size);
  return size > 0;
}

bool is_name(Bytes data) { return take_name(&data) && data.empty(); }

bool is_soa(Bytes data) {
  constexpr size_t kNumbers = 20;
  return take_name(&data) && take_name(&data) && data.size() == kNumbers;
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

}  // namespace

bool valid_rdata(DnsType type, Bytes data) {
  constexpr size_t kPreference = 2, kSrvNumbers = 6, kDsNumbers = 4, kTlsaNumbers = 3;
  if (data.size() > UINT16_MAX) return false;
  switch (type) {
    case DnsType::a: return data.size() == 4;
    case DnsType::aaaa: return data.size() == 16;
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: return is_name(data);
    case DnsType::soa: return is_soa(data);
    case DnsType::mx: return data.size() > kPreference && is_name(data.subspan(kPreference));
    case DnsType::srv: return data.size() > kSrvNumbers && is_name(data.subspan(kSrvNumbers));
    case DnsType::txt: return is_text(data);
    case DnsType::caa: return is_caa(data);
    case DnsType::ds: return data.size() > kDsNumbers;
    case DnsType::tlsa: return data.size() > kTlsaNumbers;
    default: return true;
  }
}

}  // namespace fce
