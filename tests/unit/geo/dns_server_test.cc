// SPDX-License-Identifier: Apache-2.0
#include "geo/dns_server.h"

#include <doctest/doctest.h>

#include <vector>

#include "geo/echo_handler.h"
#include "net/tls_client.h"
#include "net/tls_node.h"
#include "net/udp_client.h"

namespace fce {
namespace {

// The server's loop is a node's, which carries no streams of its own.
struct ServerNode : TlsNode {
  EchoHandler handler;
  DnsServer server{net, handler, {}};

  ServerNode() { tcp = true; }
  ~ServerNode() {
    server.close();
    net.streams.for_each([](Stream* stream) { stream->abort(Status::canceled); });
    turn();
  }
  // Connects to where the server listens.
  void connect(uint16_t port) {
    SocketAddress to = SocketAddress::of(udp_address("127.0.0.1:0"), port);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(fd, to.get(), to.length) == 0);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    clients.push_back(fd);
  }
};

}  // namespace

TEST_CASE("dns server: UDP and TCP at the same port") {
  ServerNode node;
  DnsAddress address;
  REQUIRE(DnsAddress::bind(udp_address("127.0.0.1:0"), false, 1, &address) == Status::ok);
  const uint16_t port = address.port();
  REQUIRE(node.server.serve(address, 0, nullptr) == Status::ok);
  UdpClient client("127.0.0.1", port);
  client.send(query_of("udp"));
  node.turn();
  CHECK(client.receive() == "re:" + query_of("udp"));
  CHECK(node.handler.room == UdpSocket::kAnswerBytes);
  node.connect(port);
  node.send(with_length(query_of("tcp")));
  CHECK(node.receive() == with_length("re:" + query_of("tcp")));
  REQUIRE(node.handler.clients.size() == 2);
  CHECK(node.handler.clients[0].transport == DnsTransport::udp);
  CHECK(node.handler.clients[1].transport == DnsTransport::tcp);
  CHECK(node.handler.clients[1].address.text() == "127.0.0.1");
  CHECK(node.server.figures().udp.received.get() == 1);
  CHECK(node.server.figures().tcp.queries.get() == 1);

  node.server.drain();
  CHECK(node.receive().empty());
  CHECK(node.eof);
  client.send(query_of("late"));
  node.turn();
  CHECK(client.receive() == "re:" + query_of("late"));
}

TEST_CASE("dns server: TLS, with and without its ALPN, and not for HTTP's") {
  ServerNode node;
  DnsAddress address;
  REQUIRE(DnsAddress::bind(udp_address("127.0.0.1:0"), true, 1, &address) == Status::ok);
  const uint16_t port = address.port();
  REQUIRE(node.server.serve(address, 0, &node.store) == Status::ok);
  for (const char* offer : {"", "dot"}) {
    CAPTURE(offer);
    node.connect(port);
    TlsClient client({.server_name = "first.example", .alpn = offer});
    client.exchange(node);
    REQUIRE(client.connected);
    CHECK(client.protocol() == offer);
    client.write(with_length(query_of("tls")));
    client.exchange(node);
    CHECK(client.data == with_length("re:" + query_of("tls")));
  }
  CHECK(node.handler.clients.back().transport == DnsTransport::tls);
  CHECK(node.server.figures().tls.opened.get() == 2);
  node.connect(port);
  TlsClient client({.server_name = "first.example", .alpn = "h2"});
  client.exchange(node);
  CHECK(node.eof);
  CHECK(node.server.figures().tls.opened.get() == 2);
}

TEST_CASE("dns server: addresses that cannot be") {
  ServerNode node;
  DnsAddress address, other;
  CHECK(DnsAddress::bind(udp_address("unix:/tmp/socket"), false, 1, &address) == Status::invalid);
  // A port whose UDP half is somebody else's is not taken at all.
  BoundUdp taken;
  REQUIRE(BoundUdp::bind(udp_address("127.0.0.1:0"), 1, &taken) == Status::ok);
  const auto text = "127.0.0.1:" + std::to_string(taken.port());
  CHECK(DnsAddress::bind(udp_address(text), false, 1, &address) == Status::address_in_use);
  REQUIRE(DnsAddress::bind(udp_address(text), true, 1, &other) == Status::ok);
  CHECK(node.server.serve(other, 0, nullptr) == Status::bad_state);
}

}  // namespace fce
