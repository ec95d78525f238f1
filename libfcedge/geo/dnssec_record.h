// SPDX-License-Identifier: Apache-2.0
// What a signature of DNSSEC is made over (RFC 4034 sections 3.1.8.1 and 6), and the data of NSEC.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "geo/dns_types.h"

namespace fce {

// A set of records as it stands in an answer.
struct DnssecSet {
  Bytes owner;
  DnsType type{};
  uint32_t ttl = 0;
  std::span<const Bytes> data;  // names uncompressed
  bool made_up = false;         // the owner is a name that who asks has chosen, not one of the zone
};

struct DnssecSpan {
  uint32_t inception = 0, expiration = 0;  // seconds since 1970
};

// The data of RRSIG up to its signature. The owner is taken as it is: what a wildcard stands for is
// signed in its own name.
std::string rrsig_head(const DnssecSet& set, const DnssecSpan& span, uint8_t algorithm,
                       uint16_t tag, Bytes zone);
// That, and the records in their canonical form and order.
std::string signed_data(std::string head, const DnssecSet& set);

// What comes next to a name that is to be the only one that NSEC speaks of.
enum class NsecNext : uint8_t {
  below,   // "\000.name": right behind it (RFC 9824 section 3.1)
  beside,  // "name\000": behind all that is below it, which is another zone's (section 3.4)
};

// The data of NSEC. `types` in ascending order. Empty when there is no next name, which only some
// of the longest ones have not.
std::string compact_nsec(Bytes owner, NsecNext next, std::span<const DnsType> types);

}  // namespace fce
