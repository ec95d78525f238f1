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

// NSEC that covers no name but its owner (RFC 9824 section 3). `types` in ascending order. Empty
// when the owner is too long for there to be a name right behind it.
std::string compact_nsec(Bytes owner, std::span<const DnsType> types);

}  // namespace fce
