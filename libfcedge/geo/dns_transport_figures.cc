// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_transport_figures.h"

namespace fce {
namespace {

using Figures = DnsTransportFigures;

template <Tally UdpSocket::Figures::*figure>
uint64_t udp(const Figures& figures) {
  return (figures.udp.*figure).get();
}

template <DnsStreamFigures Figures::*kind, Tally DnsStreamFigures::*figure>
uint64_t stream(const Figures& figures) {
  return (figures.*kind.*figure).get();
}

using Udp = UdpSocket::Figures;
using Stream = DnsStreamFigures;

// The same of connections in clear and of those of TLS.
#define FCE_DNS_STREAM_FIGURES_(word, shown)                                          \
  {"fcedge_dns_" #word "_opened_total", "Connections of DNS over " shown,             \
   stream<&Figures::word, &Stream::opened>},                                          \
      {"fcedge_dns_" #word "_closed_total", "Of these: those that have ended",        \
       stream<&Figures::word, &Stream::closed>},                                      \
      {"fcedge_limit_dns_" #word "_idle_total", "Closed: no query came for too long", \
       stream<&Figures::word, &Stream::idle>},                                        \
      {"fcedge_limit_dns_" #word "_slow_total",                                       \
       "Closed: a query was sent, or an answer taken, too slowly",                    \
       stream<&Figures::word, &Stream::slow>},                                        \
      {"fcedge_limit_dns_" #word "_pushed_out_total",                                 \
       "Closed: idle for longest when there was no room for another",                 \
       stream<&Figures::word, &Stream::pushed_out>},                                  \
      {"fcedge_limit_dns_" #word "_held_back_total",                                  \
       "Clients that had to take answers before more of their queries were read",     \
       stream<&Figures::word, &Stream::held_back>},                                   \
  {                                                                                   \
    "fcedge_dns_" #word "_malformed_total", "Closed: a length that no query has",     \
        stream<&Figures::word, &Stream::malformed>                                    \
  }

constexpr DnsTransportFigure kFigures[] = {
    {"fcedge_dns_udp_received_total", "Datagrams that came to DNS", udp<&Udp::received>},
    {"fcedge_limit_dns_udp_bytes_total", "Of these: dropped, longer than any query",
     udp<&Udp::too_long>},
    {"fcedge_dns_udp_sent_total", "Datagrams of DNS that were sent", udp<&Udp::sent>},
    {"fcedge_dns_udp_together_total", "Of these: in one go with others to the same client",
     udp<&Udp::together>},
    {"fcedge_dns_udp_not_sent_total", "Answers that the kernel did not take", udp<&Udp::not_sent>},
    FCE_DNS_STREAM_FIGURES_(tcp, "TCP"),
    FCE_DNS_STREAM_FIGURES_(tls, "TLS"),
};

#undef FCE_DNS_STREAM_FIGURES_

}  // namespace

std::span<const DnsTransportFigure> dns_transport_figures() { return kFigures; }

}  // namespace fce
