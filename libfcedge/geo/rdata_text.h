// SPDX-License-Identifier: Apache-2.0
// The data of records as master files have it: RFC 1035 section 5, and of each type its own RFC.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "geo/dns_name.h"
#include "geo/dns_types.h"
#include "geo/zone_lexer.h"

namespace fce {

// Reads A AAAA NS CNAME PTR SOA MX TXT SRV CAA DS TLSA, and any type as "\# SIZE HEX" (RFC 3597
// section 5). Of GEO it is the name of a set of nodes, which is what `out` is then.
Status parse_rdata(DnsType type, std::span<const ZoneToken> tokens, const DnsName& origin,
                   std::string* out);

// Seconds, or with units: "1h30m". False for anything else, and for more than 2147483647.
bool parse_ttl(std::string_view text, uint32_t* out);
bool parse_seconds(std::string_view text, uint32_t most, uint32_t* out);

}  // namespace fce
