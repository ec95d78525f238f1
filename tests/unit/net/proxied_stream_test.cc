// SPDX-License-Identifier: Apache-2.0
// Streams that begin with the PROXY protocol, and listeners that ask for it.
#include <arpa/inet.h>
#include <doctest/doctest.h>

#include "net/listener.h"
#include "net/proxy_header.h"
#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

constexpr std::string_view kLine = "PROXY TCP4 192.0.2.1 198.51.100.2 12345 80\r\n";

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

}  // namespace

TEST_CASE("proxied: the client has the address that the proxy tells, and what follows is its own") {
  for (const std::string& header :
       {std::string(kLine),
        proxy_v2(0x21, 0x11, std::string("\xc0\0\2\1\1\1\1\1\x30\x39\0\1", 12))}) {
    for (size_t cut = 0; cut <= header.size(); ++cut) {
      StreamNode node;
      node.proxied = true;
      node.open();
      node.send(header.substr(0, cut));
      if (cut < header.size()) CHECK(node.owners.empty());
      node.send(header.substr(cut) + "hello");
      REQUIRE(node.owners.size() == 1);
      CHECK(node.owner().data == "hello");
      CHECK(node.owner().stream->peer().text() == "192.0.2.1");
      CHECK(node.owner().stream->peer().port == 12345);
      CHECK(node.count(Counter::proxy_headers) == 1);
      node.owner().send("world");
      CHECK(node.receive() == "world");
    }
  }
}

TEST_CASE("proxied: who the proxy does not name has the address that the connection has") {
  for (const std::string& header : {std::string("PROXY UNKNOWN\r\n"), proxy_v2(0x20, 0, "")}) {
    StreamNode node;
    node.proxied = true;
    node.open();
    node.send(header);
    REQUIRE(node.owners.size() == 1);
    CHECK(node.owner().stream->peer().text() == "unix");
    CHECK(node.count(Counter::proxy_headers) == 0);
  }
}

TEST_CASE("proxied: no header or a bad one is the end") {
  for (const std::string_view text : {"GET / HTTP/1.1\r\n\r\n", "PROXY TCP4 x\r\n", "\r\n\r\nx"}) {
    StreamNode node;
    node.proxied = true;
    node.open();
    node.send(text);
    CHECK(node.receive().empty());
    CHECK(node.eof);
    CHECK(node.owners.empty());
    CHECK(node.count(Counter::proxy_malformed) == 1);
  }
}

TEST_CASE("proxied: a header that does not come in time is the end") {
  StreamNode node;
  node.proxied = true;
  node.limits.header_ms = 1000;
  node.open();
  node.send(kLine.substr(0, 20));
  node.pass_time(900);
  CHECK(node.count(Counter::limit_proxy_time) == 0);
  node.pass_time(300);
  CHECK(node.count(Counter::limit_proxy_time) == 1);
  CHECK(node.receive().empty());
  CHECK(node.eof);
  // One that has come is not timed any more.
  node.open();
  node.send(kLine);
  REQUIRE(node.owners.size() == 1);
  node.pass_time(10'000);
  CHECK(node.owner().closes == 0);
}

TEST_CASE("proxied: a client that leaves before, or that is cut off") {
  StreamNode node;
  node.proxied = true;
  StreamNode::leave(node.open());
  node.turn();
  node.open();
  node.send(kLine.substr(0, 10));
  StreamNode::leave(node.clients.back());
  node.turn();
  CHECK(node.connections.load() == 0);
  node.open();  // which the end of the node cuts off
}

TEST_CASE("proxied: TLS begins behind the header") {
  for (const bool at_once : {false, true}) {
    TlsNode node;
    node.proxied = true;
    node.open();
    TlsClient client({});
    if (at_once) {
      REQUIRE(::send(node.client(), kLine.data(), kLine.size(), MSG_NOSIGNAL) > 0);
    } else {
      node.send(kLine.substr(0, 30));
      node.send(kLine.substr(30));
    }
    client.exchange(node);
    REQUIRE(client.connected);
    client.write("hello");
    client.exchange(node);
    CHECK(node.owner().data == "hello");
    CHECK(node.owner().stream->peer().text() == "192.0.2.1");
    CHECK(node.net.admission.handshakes_waiting == 0);
  }
}

TEST_CASE("proxied: behind the header TLS has its own time") {
  TlsNode node;
  node.proxied = true;
  node.limits.header_ms = 1000;
  node.limits.tls_handshake_ms = 2000;
  node.open();
  node.send(kLine);
  node.pass_time(1500);
  CHECK(node.count(Counter::limit_proxy_time) == 0);
  CHECK(node.count(Counter::limit_tls_handshake) == 0);
  node.pass_time(800);
  CHECK(node.count(Counter::limit_tls_handshake) == 1);
}

TEST_CASE("proxied: a listener closes those whom it does not trust") {
  for (const bool trusted : {false, true}) {
    StreamNode node;
    ProxyPolicy policy;
    REQUIRE(ProxyPolicy::parse(trusted ? "127.0.0.0/8" : "10.0.0.0/8 ::1", &policy) == Status::ok);
    ListenAddress address;
    REQUIRE(ListenAddress::parse("127.0.0.1:0", &address) == Status::ok);
    BoundAddress bound;
    REQUIRE(BoundAddress::bind(address, {}, &bound) == Status::ok);
    Listener listener(node.net, nullptr, node);
    listener.require_proxy(policy);
    REQUIRE(listener.open(bound.take(0)) == Status::ok);
    node.clients.push_back(connect_to(bound.port()));
    while (node.count(Counter::accepted) < 1) node.turn(1);
    node.send(kLine);
    CHECK(node.owners.size() == (trusted ? 1 : 0));
    CHECK(node.count(Counter::proxy_untrusted) == (trusted ? 0 : 1));
    CHECK(node.connections.load() == (trusted ? 1 : 0));
    if (trusted) CHECK(node.owner().stream->peer().text() == "192.0.2.1");
  }
}

}  // namespace fce
