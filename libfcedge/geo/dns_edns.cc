// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_edns.h"

#include <algorithm>

namespace fce {
namespace {

constexpr size_t kOptFixed = 11, kOptionFixed = 4, kSubnetFixed = 4;
constexpr uint16_t kDnssecOk = 0x8000, kCompactOk = 0x4000;

size_t subnet_bytes(const ClientSubnet& subnet) { return (size_t{subnet.prefix.bits} + 7) / 8; }

bool take_option(DnsOption code, Bytes data, DnsEdns* out) {
  switch (code) {
    case DnsOption::nsid: out->wants_nsid = true; return true;
    case DnsOption::client_subnet:
      if (out->has_subnet) return true;
      out->has_subnet = parse_client_subnet(data, &out->subnet);
      return out->has_subnet;
    case DnsOption::cookie:
      if (!out->has_cookie) out->cookie = data;
      out->has_cookie = true;
      return true;
  }
  return true;  // one that we do not know
}

class OptionWriter {
 public:
  explicit OptionWriter(uint8_t* to) : to_(to) {}
  void begin(DnsOption code, size_t size) {
    u16(static_cast<uint16_t>(code));
    u16(static_cast<uint16_t>(size));
  }
  void u16(uint16_t value) {
    write_u16(to_, value);
    to_ += 2;
  }
  void u8(uint8_t value) { *to_++ = value; }
  void bytes(Bytes from) { to_ = std::copy(from.begin(), from.end(), to_); }

 private:
  uint8_t* to_;
};

size_t options_size(const DnsEdnsAnswer& edns) {
  size_t size = 0;
  if (!edns.nsid.empty()) size += kOptionFixed + edns.nsid.size();
  if (!edns.cookie.empty()) size += kOptionFixed + edns.cookie.size();
  if (edns.subnet) size += kOptionFixed + kSubnetFixed + subnet_bytes(*edns.subnet);
  return size;
}

}  // namespace

bool parse_client_subnet(Bytes option, ClientSubnet* out) {
  if (option.size() < kSubnetFixed) return false;
  out->family = read_u16(option.data());
  const uint8_t source = option[2], scope = option[3];
  const Bytes address = option.subspan(kSubnetFixed);
  // Of no bits the family does not matter, and there are clients that send 0 for it.
  const int bits_max = out->family == 1 ? 32 : out->family == 2 ? 128 : 0;
  if (out->family > 2 || source > bits_max || scope != 0) return false;
  out->prefix = {};
  out->prefix.v6 = out->family == 2;
  out->prefix.bits = source;
  if (address.size() != subnet_bytes(*out)) return false;
  if (source % 8 != 0 && (address.back() & (0xff >> source % 8)) != 0) return false;
  std::copy(address.begin(), address.end(), out->prefix.ip.begin());
  return true;
}

DnsParse parse_dns_edns(const uint8_t* fixed, Bytes options, DnsEdns* out) {
  out->present = true;
  out->udp_bytes = read_u16(fixed + 2);
  out->version = fixed[5];
  const uint16_t flags = read_u16(fixed + 6);
  out->dnssec_ok = (flags & kDnssecOk) != 0;
  out->compact_ok = (flags & kCompactOk) != 0;
  if (out->version != 0) return DnsParse::bad_version;
  while (!options.empty()) {
    if (options.size() < kOptionFixed) return DnsParse::format_error;
    const size_t size = read_u16(options.data() + 2);
    if (options.size() - kOptionFixed < size) return DnsParse::format_error;
    const auto code = static_cast<DnsOption>(read_u16(options.data()));
    if (!take_option(code, options.subspan(kOptionFixed, size), out)) return DnsParse::format_error;
    options = options.subspan(kOptionFixed + size);
  }
  return DnsParse::good;
}

size_t dns_edns_size(const DnsEdnsAnswer& edns) { return kOptFixed + options_size(edns); }

void write_dns_edns(const DnsEdnsAnswer& edns, uint8_t* to) {
  OptionWriter writer(to);
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(DnsType::opt));
  writer.u16(edns.udp_bytes);
  writer.u8(static_cast<uint8_t>(static_cast<uint16_t>(edns.rcode) >> 4));
  writer.u8(0);
  writer.u16(
      static_cast<uint16_t>((edns.dnssec_ok ? kDnssecOk : 0) | (edns.compact_ok ? kCompactOk : 0)));
  writer.u16(static_cast<uint16_t>(options_size(edns)));
  if (!edns.nsid.empty()) {
    writer.begin(DnsOption::nsid, edns.nsid.size());
    writer.bytes(edns.nsid);
  }
  if (!edns.cookie.empty()) {
    writer.begin(DnsOption::cookie, edns.cookie.size());
    writer.bytes(edns.cookie);
  }
  if (edns.subnet) {
    const size_t size = subnet_bytes(*edns.subnet);
    writer.begin(DnsOption::client_subnet, kSubnetFixed + size);
    writer.u16(edns.subnet->family);
    writer.u8(edns.subnet->prefix.bits);
    writer.u8(edns.scope_bits);
    writer.bytes(Bytes(edns.subnet->prefix.ip).first(size));
  }
}

}  // namespace fce
