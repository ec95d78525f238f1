// SPDX-License-Identifier: Apache-2.0
#include "net/admission.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <string>
#include <utility>

#include "net/listener.h"
#include "net/tls_client.h"
#include "net/tls_node.h"

namespace fce {
namespace {

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

std::string hello_of_a_client() {
  TlsClient client({});
  client.step();
  return client.out;
}

}  // namespace

TEST_CASE("admission: the cost of a client follows what was measured") {
  Admission admission;
  CHECK(admission.cost_us() == 250);
  CHECK(admission.per_s() == 4000);
  for (int i = 0; i < 500; ++i) {
    admission.spent(300);
    admission.spent(700);
    admission.admitted();
  }
  CHECK(admission.cost_us() >= 990);
  CHECK(admission.cost_us() <= 1000);
  // Those who fail cost as well.
  for (int i = 0; i < 500; ++i) {
    admission.spent(1000);
    admission.spent(1000);
    admission.admitted();
  }
  CHECK(admission.cost_us() >= 1990);
  for (int i = 0; i < 100; ++i) {
    admission.spent(64 * 100);
    admission.admitted(64);
  }
  CHECK(admission.cost_us() == 100);
  admission.admitted(1000);
  CHECK(admission.cost_us() == 50);  // there is always something
  CHECK(admission.per_s() == 20'000);
}

TEST_CASE("admission: how long those who wait have to") {
  Admission admission;
  CHECK(admission.backlog_ms() == 0);
  admission.handshakes_waiting = 100;
  CHECK(admission.backlog_ms() == 25);
  admission.accept_queue = 3900;
  CHECK(admission.backlog_ms() == 1000);
}

TEST_CASE("admission: handshakes wait for their turn in the order in which they came") {
  TlsNode node;
  node.limits.tls_handshakes_per_turn = 2;
  node.loop.set_admission_us(10'000'000);
  const std::string hello = hello_of_a_client();
  for (int i = 0; i < 7; ++i) {
    node.open();
    REQUIRE(::send(node.client(), hello.data(), hello.size(), MSG_NOSIGNAL) > 0);
  }
  node.turn(1);
  CHECK(node.net.admission.handshakes_waiting == 5);
  CHECK(node.net.stream_count == 7);
  node.turn(1);
  CHECK(node.net.admission.handshakes_waiting == 3);
  CHECK(node.count(Counter::handshakes_deferred) == 5);
  for (size_t i = 0; i < 7; ++i) {
    char byte;
    CHECK((::recv(node.clients[i], &byte, 1, MSG_PEEK) == 1) == (i < 4));
  }
  // One that waits and leaves, or takes too long, waits no more.
  ::close(std::exchange(node.clients.back(), -1));
  node.turn(2);
  CHECK(node.net.admission.handshakes_waiting == 0);
  node.pass_time(node.limits.tls_handshake_ms + 200);
  CHECK(node.net.stream_count == 0);
}

TEST_CASE("admission: who waits for too long is cut off") {
  TlsNode node;
  node.limits.tls_handshakes_per_turn = 1;
  const std::string hello = hello_of_a_client();
  for (int i = 0; i < 50; ++i) {
    node.open();
    REQUIRE(::send(node.client(), hello.data(), hello.size(), MSG_NOSIGNAL) > 0);
  }
  node.turn(1);
  CHECK(node.net.admission.handshakes_waiting == 49);
  node.loop.timers().advance(node.loop.now_ms() + node.limits.tls_handshake_ms + 200);
  CHECK(node.net.admission.handshakes_waiting == 0);
  CHECK(node.count(Counter::limit_tls_handshake) == 50);
}

TEST_CASE("admission: the slice of a turn lets one through at least") {
  TlsNode node;
  node.loop.set_admission_us(0);
  const std::string hello = hello_of_a_client();
  for (int i = 0; i < 3; ++i) {
    node.open();
    REQUIRE(::send(node.client(), hello.data(), hello.size(), MSG_NOSIGNAL) > 0);
  }
  for (uint32_t left : {2u, 1u, 0u}) {
    node.turn(1);
    CHECK(node.net.admission.handshakes_waiting == left);
  }
}

TEST_CASE("admission: while too many handshakes wait, new clients do so in the kernel") {
  TlsNode node;
  node.limits.tls_handshakes_per_turn = 1;
  node.limits.tls_handshakes_pending_max = 3;
  BoundAddress bound;
  ListenAddress address;
  REQUIRE(ListenAddress::parse("127.0.0.1:0", &address) == Status::ok);
  REQUIRE(BoundAddress::bind(address, {}, &bound) == Status::ok);
  Listener listener(node.net, &node.store, node);
  REQUIRE(listener.open(bound.take(0)) == Status::ok);
  const std::string hello = hello_of_a_client();
  const auto join = [&](int count) {
    for (int i = 0; i < count; ++i) {
      node.clients.push_back(connect_to(bound.port()));
      REQUIRE(::send(node.client(), hello.data(), hello.size(), MSG_NOSIGNAL) > 0);
    }
  };
  Admission& admission = node.net.admission;
  join(6);
  while (admission.handshakes_waiting < 5) node.turn(1);
  CHECK(node.count(Counter::accepted) == 6);
  join(4);
  node.turn(1);
  CHECK(node.count(Counter::accepted) == 6);
  CHECK(admission.accept_queue == 4);
  CHECK(admission.backlog_ms() >= 1);
  while (admission.handshakes_waiting >= 3) {
    CHECK(node.count(Counter::accepted) == 6);
    node.turn(1);
  }
  while (node.count(Counter::accepted) < 10) node.turn(1);
  while (admission.handshakes_waiting > 0) node.turn(1);
  node.turn(4);
  CHECK(admission.accept_queue == 0);
  for (const int fd : node.clients) {
    char byte;
    CHECK(::recv(fd, &byte, 1, MSG_PEEK) == 1);
  }
  listener.close();
}

TEST_CASE("admission: handshakes that are through are measured, clients in clear too") {
  for (const bool tls : {true, false}) {
    CAPTURE(tls);
    TlsNode node;
    Admission& admission = node.net.admission;
    // From far off, so that it shows.
    for (int i = 0; i < 500; ++i) {
      admission.spent(90'000);
      admission.admitted();
    }
    const uint32_t before = admission.cost_us();
    if (tls) {
      node.open();
      TlsClient client({});
      client.exchange(node);
      REQUIRE(client.connected);
    } else {
      BoundAddress bound;
      ListenAddress address;
      REQUIRE(ListenAddress::parse("127.0.0.1:0", &address) == Status::ok);
      REQUIRE(BoundAddress::bind(address, {}, &bound) == Status::ok);
      Listener listener(node.net, nullptr, node);
      REQUIRE(listener.open(bound.take(0)) == Status::ok);
      node.clients.push_back(connect_to(bound.port()));
      while (node.count(Counter::accepted) == 0) node.turn(1);
      listener.close();
    }
    CHECK(admission.cost_us() < before);
  }
}

}  // namespace fce
