// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_types.h"

#include <charconv>

#include "base/bytes.h"

namespace fce {
namespace {

struct NamedType {
  DnsType type;
  std::string_view name;
};

constexpr NamedType kNames[] = {
    {DnsType::a, "A"},         {DnsType::ns, "NS"},         {DnsType::cname, "CNAME"},
    {DnsType::soa, "SOA"},     {DnsType::ptr, "PTR"},       {DnsType::hinfo, "HINFO"},
    {DnsType::mx, "MX"},       {DnsType::txt, "TXT"},       {DnsType::aaaa, "AAAA"},
    {DnsType::srv, "SRV"},     {DnsType::opt, "OPT"},       {DnsType::ds, "DS"},
    {DnsType::rrsig, "RRSIG"}, {DnsType::nsec, "NSEC"},     {DnsType::dnskey, "DNSKEY"},
    {DnsType::tlsa, "TLSA"},   {DnsType::https, "HTTPS"},   {DnsType::ixfr, "IXFR"},
    {DnsType::axfr, "AXFR"},   {DnsType::any, "ANY"},       {DnsType::caa, "CAA"},
    {DnsType::geo, "GEO"},     {DnsType::nxname, "NXNAME"},
};

}  // namespace

std::string dns_type_text(DnsType type) {
  for (const NamedType& named : kNames)
    if (named.type == type) return std::string(named.name);
  return "TYPE" + std::to_string(static_cast<unsigned>(type));
}

bool parse_dns_type(std::string_view text, DnsType* out) {
  for (const NamedType& named : kNames) {
    if (!equals_ignoring_case(text, named.name)) continue;
    *out = named.type;
    return true;
  }
  if (text.size() < 5 || !equals_ignoring_case(text.substr(0, 4), "TYPE")) return false;
  uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 4, end, number);
  if (error != std::errc() || rest != end) return false;
  *out = static_cast<DnsType>(number);
  return true;
}

}  // namespace fce
