// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_server.h"

#include <utility>

namespace fce {

Status DnsAddress::bind(const ListenAddress& address, bool tls, uint32_t shards, DnsAddress* out) {
  if (address.is_unix) return fail(Status::invalid, "DNS needs an IP address to listen on");
  DnsAddress bound;
  bound.tls = tls;
  BoundAddress::Options options;
  options.shards = shards;
  Status status = BoundAddress::bind(address, options, &bound.tcp);
  if (status == Status::ok && !tls) {
    ListenAddress same_port = address;
    same_port.port = bound.tcp.port();
    status = BoundUdp::bind(same_port, shards, &bound.udp);
  }
  if (status == Status::ok) *out = std::move(bound);
  return status;
}

DnsServer::DnsServer(NetContext& net, DnsHandler& handler, const DnsConnections::Limits& limits)
    : net_(net),
      handler_(handler),
      tcp_(net, handler, limits, DnsTransport::tcp, figures_.tcp),
      tls_(net, handler, limits, DnsTransport::tls, figures_.tls) {}

DnsServer::~DnsServer() = default;

Status DnsServer::serve(DnsAddress& address, uint32_t shard, const CertificateStore* certificates) {
  if (address.tls && !certificates)
    return fail(Status::bad_state, "DNS over TLS needs certificates");
  auto listener = address.tls ? std::make_unique<Listener>(net_, certificates, tls_door_)
                              : std::make_unique<Listener>(net_, nullptr, tcp_door_);
  Status status = listener->open(address.tcp.take(shard));
  if (status != Status::ok) return status;
  listeners_.push_back(std::move(listener));
  if (address.tls) return Status::ok;
  auto socket = std::make_unique<UdpSocket>(net_.loop, *this, figures_.udp);
  status = socket->open(address.udp.take(shard));
  if (status == Status::ok) sockets_.push_back(std::move(socket));
  return status;
}

// A client who has agreed on HTTP is not to be told what he may take for an answer to that.
void DnsServer::Door::on_stream(Stream& stream) {
  if (stream.alpn() != Alpn::none) return stream.abort(Status::protocol);
  DnsConnection::start(connections, stream);
}

size_t DnsServer::on_datagram(const PeerAddress& from, Bytes data, MutableBytes out) {
  return handler_.answer({from, DnsTransport::udp}, data, out);
}

void DnsServer::drain() {
  for (const auto& listener : listeners_) listener->close();
  for (DnsConnections* connections : {&tcp_, &tls_})
    connections->open.for_each([](DnsConnection* connection) { connection->drain(); });
}

void DnsServer::close() {
  for (const auto& listener : listeners_) listener->close();
  for (const auto& socket : sockets_) socket->close();
}

}  // namespace fce
