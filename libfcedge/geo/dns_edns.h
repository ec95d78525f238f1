// SPDX-License-Identifier: Apache-2.0
// The OPT record of EDNS (RFC 6891 section 6.1) as it comes, and as it is written.
#pragma once

#include "base/bytes.h"
#include "geo/dns_message.h"
#include "geo/dns_types.h"

namespace fce {

enum class DnsOption : uint16_t { nsid = 3, client_subnet = 8, cookie = 10 };

// `fixed` is what stands between the record's owner and its data. Of an option that comes twice the
// first one counts. Options of a version that is not ours are not looked at.
DnsParse parse_dns_edns(const uint8_t* fixed, Bytes options, DnsEdns* out);

// What the OPT of an answer says.
struct DnsEdnsAnswer {
  uint16_t udp_bytes = 0;
  DnsRcode rcode = DnsRcode::no_error;  // its upper bits stand here
  bool dnssec_ok = false;
  bool compact_ok = false;               // RFC 9824 section 5.1
  Bytes nsid;                            // empty: none
  Bytes cookie;                          // the same
  const ClientSubnet* subnet = nullptr;  // of the query
  uint8_t scope_bits = 0;
};

size_t dns_edns_size(const DnsEdnsAnswer& edns);
// Writes that many bytes.
void write_dns_edns(const DnsEdnsAnswer& edns, uint8_t* to);

}  // namespace fce
