// SPDX-License-Identifier: Apache-2.0
// A query as it comes off the wire (RFC 1035 section 4, RFC 6891), read strictly and without
// copies.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "geo/dns_types.h"
#include "geo/ip_prefix.h"

namespace fce {

constexpr size_t kDnsHeaderBytes = 12;

// EDNS client subnet (RFC 7871) of a query.
struct ClientSubnet {
  uint16_t family = 0;  // 1: IPv4, 2: IPv6, 0: none, which only goes with no bits
  IpPrefix prefix;      // no bits: the client does not want to be told apart
};

struct DnsEdns {
  bool present = false;
  uint8_t version = 0;
  uint16_t udp_bytes = 0;
  bool dnssec_ok = false;
  bool compact_ok = false;  // RFC 9824 section 5.1
  bool wants_nsid = false;
  bool has_subnet = false;
  bool has_cookie = false;
  ClientSubnet subnet;
  Bytes cookie;  // the option's data, of whatever size
};

struct DnsQuery {
  uint16_t id = 0;
  uint8_t opcode = 0;
  bool recursion_desired = false;
  bool has_question = false;
  Bytes name;  // valid
  DnsType type{};
  uint16_t qclass = 0;
  DnsEdns edns;
};

enum class DnsParse : uint8_t {
  good,             // has a question, or is one for a cookie (RFC 7873 section 5.4)
  silence,          // an answer, or no header: who answers that may answer for ever
  format_error,     // `out` has what could be read: the header at least
  not_implemented,  // an operation other than a query; the same
  bad_version,      // of EDNS
};

// Views of `out` are into `message`.
DnsParse parse_dns_query(Bytes message, DnsQuery* out);

// Reads the data of a client subnet option. False if it is not well formed.
bool parse_client_subnet(Bytes option, ClientSubnet* out);

}  // namespace fce
