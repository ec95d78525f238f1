// SPDX-License-Identifier: Apache-2.0
#include "net/udp_socket.h"

#include <doctest/doctest.h>
#include <uv.h>

#include <functional>
#include <memory>
#include <vector>

#include "net/bound_udp.h"
#include "net/datagram_runs.h"
#include "net/udp_client.h"

namespace fce {
namespace {

struct UdpNode final : DatagramHandler {
  Loop loop{2000};
  UdpSocket::Figures figures;
  UdpSocket socket{loop, *this, figures};
  uint16_t port = 0;
  std::vector<std::string> came;
  std::vector<PeerAddress> from;
  std::function<std::string(std::string_view)> reply = [](std::string_view data) {
    return "re:" + std::string(data);
  };

  explicit UdpNode(const std::string& address) {
    REQUIRE(loop.open() == Status::ok);
    BoundUdp bound;
    REQUIRE(BoundUdp::bind(udp_address(address), 1, &bound) == Status::ok);
    port = bound.port();
    REQUIRE(socket.open(bound.take(0)) == Status::ok);
  }
  ~UdpNode() {
    socket.close();
    turn();
  }
  size_t on_datagram(const PeerAddress& client, Bytes data, MutableBytes out) override {
    CHECK(out.size() == UdpSocket::kAnswerBytes);
    came.emplace_back(as_text(data));
    from.push_back(client);
    const std::string answer = reply(as_text(data));
    std::copy(answer.begin(), answer.end(), out.begin());
    return answer.size();
  }
  void turn(int count = 4) {
    for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  }
};

}  // namespace

TEST_CASE("udp socket: a question and its answer") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  client.send("hello");
  node.turn();
  CHECK(client.receive() == "re:hello");
  REQUIRE(node.from.size() == 1);
  CHECK(node.from[0].text() == "127.0.0.1");
  CHECK(node.from[0].port == client.port());
  CHECK(node.figures.received.get() == 1);
  CHECK(node.figures.sent.get() == 1);
}

TEST_CASE("udp socket: silence, an empty datagram, and the longest answer") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  node.reply = [](std::string_view data) {
    return data == "?" ? std::string(UdpSocket::kAnswerBytes, 'x') : std::string();
  };
  client.send("silent");
  client.send("");
  client.send("?");
  node.turn();
  CHECK(node.came == std::vector<std::string>{"silent", "", "?"});
  CHECK(client.receive() == std::string(UdpSocket::kAnswerBytes, 'x'));
  CHECK(client.receive().empty());
  CHECK(node.figures.sent.get() == 1);
}

TEST_CASE("udp socket: many at once, from many, each gets his own answer") {
  UdpNode node("127.0.0.1:0");
  std::vector<std::unique_ptr<UdpClient>> clients;
  for (int i = 0; i < 150; ++i)
    clients.push_back(std::make_unique<UdpClient>("127.0.0.1", node.port));
  // Sizes that move the answers behind each other, and some without one.
  node.reply = [](std::string_view data) {
    return data.size() % 3 == 0 ? std::string() : std::string(data) + std::string(data);
  };
  for (size_t i = 0; i < clients.size(); ++i)
    for (const size_t size : {i, i + 1}) clients[i]->send(std::string(size, static_cast<char>(i)));
  node.turn();
  CHECK(node.figures.received.get() == 2 * clients.size());
  for (size_t i = 0; i < clients.size(); ++i) {
    CAPTURE(i);
    for (const size_t size : {i, i + 1})
      if (size % 3 != 0)
        CHECK(clients[i]->receive() == std::string(2 * size, static_cast<char>(i)));
    CHECK(clients[i]->receive().empty());
  }
}

TEST_CASE("udp socket: answers of one size to one client go together, each a datagram of its own") {
  UdpNode node("0.0.0.0:0");
  UdpClient one("127.0.0.1", node.port), two("127.0.0.1", node.port), other("127.0.0.2", node.port);
  for (int i = 0; i < 20; ++i) {
    one.send(std::to_string(10 + i));
    two.send(std::to_string(10 + i));
    other.send(std::to_string(10 + i));
  }
  one.send("longer");
  node.turn();
  CHECK(node.figures.sent.get() == 61);
  CHECK(node.figures.together.get() == 60);
  for (int i = 0; i < 20; ++i)
    for (UdpClient* client : {&one, &two, &other})
      CHECK(client->receive() == "re:" + std::to_string(10 + i));
  CHECK(one.receive() == "re:longer");
  for (UdpClient* client : {&one, &two, &other}) CHECK(client->receive().empty());
}

TEST_CASE("udp socket: no client keeps another's answers from going together") {
  UdpNode node("127.0.0.1:0");
  std::vector<std::unique_ptr<UdpClient>> clients;
  for (int i = 0; i < 32; ++i)
    clients.push_back(std::make_unique<UdpClient>("127.0.0.1", node.port));
  // One after the other, twice, so that each has others between his two, and all are one batch.
  for (const char* text : {"a", "b"})
    for (const auto& client : clients) client->send(text);
  node.turn();
  CHECK(node.figures.together.get() == 2 * clients.size());
  for (const auto& client : clients)
    for (const char* text : {"re:a", "re:b"}) CHECK(client->receive() == text);
}

TEST_CASE("udp socket: as much goes together as a packet may hold") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  size_t size = 0;
  node.reply = [&size](std::string_view data) { return std::string(size, data[0]); };
  for (const size_t next : {DatagramRuns::kPieceBytesMax, DatagramRuns::kPieceBytesMax + 1}) {
    CAPTURE(next);
    size = next;
    for (char c = '0'; c < '0' + 60; ++c) client.send(std::string(1, c));
    node.turn();
    for (char c = '0'; c < '0' + 60; ++c) CHECK(client.receive() == std::string(size, c));
    CHECK(node.figures.together.get() == 60);  // of the smaller ones
  }
  CHECK(node.figures.sent.get() == 120);
}

TEST_CASE("udp socket: what the kernel does not take together goes singly") {
  UdpNode node("127.0.0.1:0");
  node.socket.close();
  node.turn();
  const int fd = make_bound_socket(
      udp_address("127.0.0.1:0"), node.port, SOCK_DGRAM, [](int, bool) {}, false);
  REQUIRE(fd >= 0);
  // Without checksums there is nothing that could be cut.
  set_socket_option(fd, SOL_SOCKET, SO_NO_CHECK, 1);
  REQUIRE(node.socket.open(fd) == Status::ok);
  UdpClient one("127.0.0.1", node.port), two("127.0.0.1", node.port);
  for (const char* text : {"a", "b", "c"})
    for (UdpClient* client : {&one, &two}) client->send(text);
  node.turn();
  for (const char* text : {"re:a", "re:b", "re:c"})
    for (UdpClient* client : {&one, &two}) CHECK(client->receive() == text);
  CHECK(node.figures.sent.get() == 6);
  CHECK(node.figures.together.get() == 0);
  CHECK(node.figures.not_sent.get() == 0);
}

TEST_CASE("udp socket: a flood does not keep the loop from its other work") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  node.reply = [](std::string_view) { return std::string(); };
  // As many as the kernel's queue takes; the test needs a few hundred of them.
  for (int i = 0; i < 400; ++i) client.send("x");
  uv_run(node.loop.uv(), UV_RUN_NOWAIT);
  CHECK(node.came.size() == 256);
  node.turn();
  CHECK(node.came.size() == 400);
}

TEST_CASE("udp socket: what is longer than there is room for is dropped and counted") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  client.send(std::string(UdpSocket::kReceiveBytes + 1, 'x'));
  client.send(std::string(UdpSocket::kReceiveBytes, 'y'));
  node.turn();
  REQUIRE(node.came.size() == 1);
  CHECK(node.came[0] == std::string(UdpSocket::kReceiveBytes, 'y'));
  CHECK(node.figures.too_long.get() == 1);
}

TEST_CASE("udp socket: an answer leaves from the address that was asked") {
  UdpNode node("0.0.0.0:0");
  for (const char* host : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
    CAPTURE(host);
    UdpClient client(host, node.port);
    client.send("hello");
    node.turn();
    CHECK(client.receive() == "re:hello");
  }
}

TEST_CASE("udp socket: IPv6, and both families on one socket") {
  if (!has_ipv6()) {
    MESSAGE("no IPv6");
    return;
  }
  UdpNode alone("[::1]:0"), both(":0");
  UdpClient to_alone("[::1]", alone.port), v6("[::1]", both.port), v4("127.0.0.2", both.port);
  to_alone.send("a");
  v6.send("b");
  v4.send("c");
  alone.turn();
  both.turn();
  CHECK(to_alone.receive() == "re:a");
  CHECK(v6.receive() == "re:b");
  CHECK(v4.receive() == "re:c");
  CHECK(alone.from[0].text() == "::1");
  CHECK(both.from[1].family == PeerAddress::Family::ipv4);
}

TEST_CASE("udp socket: a client that has gone does not end it, nor cost others their answers") {
  UdpNode node("127.0.0.1:0");
  UdpClient before("127.0.0.1", node.port), after("127.0.0.1", node.port);
  before.send("1");
  { UdpClient("127.0.0.1", node.port).send("gone"); }
  after.send("2");
  node.turn();
  CHECK(before.receive() == "re:1");
  CHECK(after.receive() == "re:2");
  before.send("3");
  node.turn();
  CHECK(before.receive() == "re:3");
}

TEST_CASE("udp socket: an error that the kernel tells of does not end it") {
  UdpNode node("127.0.0.1:0");
  node.socket.close();
  node.turn();
  // A connected socket is told of its peer's ICMP errors.
  auto peer = std::make_unique<UdpClient>("127.0.0.1", node.port);
  const uint16_t peer_port = peer->port();
  const int fd = make_bound_socket(
      udp_address("127.0.0.1:0"), node.port, SOCK_DGRAM, [](int, bool) {}, false);
  REQUIRE(fd >= 0);
  SocketAddress to = SocketAddress::of(udp_address("127.0.0.1:0"), peer_port);
  REQUIRE(::connect(fd, to.get(), to.length) == 0);
  REQUIRE(node.socket.open(fd) == Status::ok);
  peer->send("1");
  node.turn();
  CHECK(peer->receive() == "re:1");
  peer->send("2");
  peer.reset();
  node.turn();  // the answer's error comes with the next turn
  CHECK(node.came.size() == 2);
  const int again = make_bound_socket(
      udp_address("127.0.0.1:0"), peer_port, SOCK_DGRAM, [](int, bool) {}, false);
  REQUIRE(again >= 0);
  SocketAddress server = SocketAddress::of(udp_address("127.0.0.1:0"), node.port);
  REQUIRE(::sendto(again, "3", 1, 0, server.get(), server.length) == 1);
  node.turn();
  CHECK(node.came.size() == 3);
  ::close(again);
}

TEST_CASE("udp socket: answers that cannot be sent are counted, each by itself") {
  UdpNode node("127.0.0.1:0");
  node.socket.close();
  node.turn();
  BoundUdp bound;
  REQUIRE(BoundUdp::bind(udp_address("127.0.0.1:0"), 1, &bound) == Status::ok);
  UdpClient client("127.0.0.1", bound.port());
  const int fd = bound.take(0);
  ::shutdown(fd, SHUT_WR);  // sending fails from here on
  REQUIRE(node.socket.open(fd) == Status::ok);
  for (const char* data : {"1", "2", "3"}) client.send(data);
  node.turn();
  CHECK(node.came.size() == 3);
  CHECK(node.figures.not_sent.get() == 3);
  CHECK(node.figures.sent.get() == 0);
  CHECK(client.receive().empty());
}

TEST_CASE("udp socket: a closed one answers nobody and may be closed again") {
  UdpNode node("127.0.0.1:0");
  UdpClient client("127.0.0.1", node.port);
  client.send("hello");
  node.socket.close();
  node.socket.close();
  node.turn();
  CHECK(node.came.empty());
  CHECK(client.receive().empty());
}

}  // namespace fce
