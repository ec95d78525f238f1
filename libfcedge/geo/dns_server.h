// SPDX-License-Identifier: Apache-2.0
// DnsServer: the sockets of a DNS server on one shard: UDP, TCP and TLS.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "geo/dns_connection.h"
#include "geo/dns_handler.h"
#include "geo/dns_transport_figures.h"
#include "net/bound_udp.h"
#include "net/listener.h"
#include "net/net_context.h"
#include "net/udp_socket.h"

namespace fce {

// The sockets of one address for all shards.
struct DnsAddress {
  BoundUdp udp;      // of clear text: TCP and UDP have the same port
  BoundAddress tcp;  // in clear or for TLS
  bool tls = false;

  static Status bind(const ListenAddress& address, bool tls, uint32_t shards, DnsAddress* out);
  uint16_t port() const { return tcp.port(); }
};

class DnsServer final : public DatagramHandler {
 public:
  DnsServer(NetContext& net, DnsHandler& handler, const DnsConnections::Limits& limits);
  ~DnsServer();

  // Takes the sockets of this shard. `certificates` are for addresses of TLS.
  Status serve(DnsAddress& address, uint32_t shard, const CertificateStore* certificates);
  // Takes no connections any more, and ends those that there are. Over UDP nobody can be told to go
  // elsewhere, so there answers go on.
  void drain();
  // Closes what it listens on. Whoever ends the loop aborts the streams.
  void close();

  size_t on_datagram(const PeerAddress& from, Bytes data, MutableBytes out) override;

  const DnsTransportFigures& figures() const { return figures_; }

 private:
  // Takes streams that are ready.
  struct Door final : StreamAcceptor {
    explicit Door(DnsConnections& the_connections) : connections(the_connections) {}
    void on_stream(Stream& stream) override;
    DnsConnections& connections;
  };

  NetContext& net_;
  DnsHandler& handler_;
  DnsTransportFigures figures_;
  DnsConnections tcp_, tls_;
  Door tcp_door_{tcp_}, tls_door_{tls_};
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<UdpSocket>> sockets_;
};

}  // namespace fce
