// SPDX-License-Identifier: Apache-2.0
// What the sockets of a DNS server count on one shard. What its answers are is counted by who makes
// them.
#pragma once

#include <cstdint>
#include <span>

#include "metrics/tally.h"
#include "net/udp_socket.h"

namespace fce {

struct DnsStreamFigures {
  Tally opened;
  Tally closed;
  Tally queries;
  Tally idle;        // closed: no query came for too long
  Tally slow;        // closed: a query was sent, or an answer taken, too slowly
  Tally pushed_out;  // closed: idle for longest when there was no room for another
  Tally malformed;   // closed: a length that no query has
  Tally held_back;   // times that a client had to take answers before more queries were read
};

struct DnsTransportFigures {
  UdpSocket::Figures udp;
  DnsStreamFigures tcp, tls;
};

// One of them as OpenMetrics call it.
struct DnsTransportFigure {
  const char* name;
  const char* help;
  uint64_t (*get)(const DnsTransportFigures& figures);  // any thread
};

std::span<const DnsTransportFigure> dns_transport_figures();

}  // namespace fce
