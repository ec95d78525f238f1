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
  CHECK(admission.cost_us() == 50);  // nobody shakes hands here
  admission.expect_tls();
  CHECK(admission.cost_us() == 250);
  CHECK(admission.per_s() == 4000);
  for (int i = 0; i < 500; ++i) {
    admission.accepted(64 * 100, 64);
    admission.admitted(900);
  }
  CHECK(admission.cost_us() >= 990);
  CHECK(admission.cost_us() <= 1000);
  admission.admitted(60'000'000);  // as if the machine had slept
  CHECK(admission.cost_us() <= 5000);
  // Clients in clear say nothing about handshakes.
  for (int i = 0; i < 500; ++i) admission.admitted(900);
  for (int i = 0; i < 500; ++i) admission.accepted(0, 1000);
  CHECK(admission.cost_us() >= 890);
  for (int i = 0; i < 500; ++i) admission.admitted(0);
  CHECK(admission.cost_us() == 50);  // there is always something
}

TEST_CASE("admission: how long those who wait have to is measured while there are some") {
  Admission admission;
  uint64_t now_us = 100'000'000;
  const auto turns = [&](int count, uint64_t us, uint32_t gone, uint32_t left) {
    for (int i = 0; i < count; ++i) {
      admission.begin_lane(now_us, i > 0);
      admission.handshakes_waiting = left;
      for (uint32_t each = 0; each < gone; ++each) admission.stepped(true);
      admission.stepped(false);
      now_us += us;
    }
  };
  CHECK(admission.backlog_ms() == 0);
  admission.handshakes_waiting = 100;
  CHECK(admission.backlog_ms() == 50);
  admission.accept_queue = 3900;
  CHECK(admission.backlog_ms() == 2000);
  // Four of them in a turn of 10 ms are 400 a second, however little of it was theirs.
  turns(400, 10'000, 4, 256);
  CHECK(admission.taken_per_s() >= 390);
  CHECK(admission.taken_per_s() <= 420);
  CHECK(admission.backlog_ms() > 9'000);
  // A lane that is worked off says nothing of what it could take.
  turns(400, 10'000, 1, 0);
  CHECK(admission.taken_per_s() >= 390);
  CHECK(admission.taken_per_s() <= 420);
  // Nor does what was long ago of what is.
  now_us += 11'000'000;
  turns(1, 10'000, 1, 0);
  CHECK(admission.taken_per_s() == 2000);
  // Nobody gets in any more: it does not divide by nothing.
  turns(1000, 100'000, 0, 256);
  CHECK(admission.taken_per_s() == 1);
  admission.handshakes_waiting = admission.accept_queue = 0;
  CHECK(admission.backlog_ms() == 0);
}

TEST_CASE("admission: the lane of real handshakes is measured, and those who fail cost nobody") {
  TlsNode node;
  node.limits.tls_handshakes_per_turn = 2;
  node.loop.set_admission_us(10'000'000);
  Admission& admission = node.net.admission;
  admission.expect_tls();
  const uint32_t cost_us = admission.cost_us();
  const std::string garbage(200, 'x');
  for (int i = 0; i < 40; ++i) {
    node.open();
    REQUIRE(::send(node.client(), garbage.data(), garbage.size(), MSG_NOSIGNAL) > 0);
  }
  while (node.count(Counter::tls_failures) < 40) node.turn(1);
  CHECK(admission.cost_us() == cost_us);
  CHECK(admission.taken_per_s() != 2000);
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
  CHECK(node.counters.get(Gauge::accept_queue) == 4);
  CHECK(node.counters.get(Gauge::handshakes_waiting) == admission.handshakes_waiting);
  CHECK(admission.backlog_ms() >= 1);
  while (admission.handshakes_waiting >= 3) {
    CHECK(node.count(Counter::accepted) == 6);
    node.turn(1);
  }
  while (node.count(Counter::accepted) < 10) node.turn(1);
  while (admission.handshakes_waiting > 0) node.turn(1);
  node.turn(4);
  CHECK(admission.accept_queue == 0);
  CHECK(node.counters.get(Gauge::accept_queue) == 0);
  CHECK(node.counters.get(Gauge::handshakes_waiting) == 0);
  CHECK(node.counters.get(Gauge::clients_taken_per_s) == admission.taken_per_s());
  CHECK(node.counters.get(Gauge::clients_per_s_max) == admission.per_s());
  CHECK(node.count(Counter::limit_handshakes_pending) == 1);
  for (const int fd : node.clients) {
    char byte;
    CHECK(::recv(fd, &byte, 1, MSG_PEEK) == 1);
  }
  listener.close();
}

TEST_CASE("admission: a queue that was worked off at the limit of a turn is known to be empty") {
  TlsNode node;
  BoundAddress bound;
  ListenAddress address;
  REQUIRE(ListenAddress::parse("127.0.0.1:0", &address) == Status::ok);
  REQUIRE(BoundAddress::bind(address, {}, &bound) == Status::ok);
  Listener listener(node.net, &node.store, node);
  REQUIRE(listener.open(bound.take(0)) == Status::ok);
  Admission& admission = node.net.admission;
  admission.handshakes_waiting = node.limits.tls_handshakes_pending_max;
  constexpr uint32_t kAcceptsPerTurn = 64;
  for (uint32_t i = 0; i < 2 * kAcceptsPerTurn; ++i)
    node.clients.push_back(connect_to(bound.port()));
  node.turn(1);
  CHECK(admission.accept_queue == 2 * kAcceptsPerTurn);
  admission.handshakes_waiting = 0;
  while (node.count(Counter::accepted) == 0) node.turn(1);
  CHECK(node.count(Counter::accepted) == kAcceptsPerTurn);
  CHECK(admission.accept_queue == kAcceptsPerTurn);
  while (node.count(Counter::accepted) < 2 * kAcceptsPerTurn) node.turn(1);
  CHECK(admission.accept_queue == 0);
  listener.close();
}

TEST_CASE("admission: handshakes that are through are measured, clients in clear too") {
  for (const bool tls : {true, false}) {
    CAPTURE(tls);
    TlsNode node;
    Admission& admission = node.net.admission;
    // From far off, so that it shows.
    for (int i = 0; i < 500; ++i) admission.accepted(90'000, 1);
    if (tls)
      for (int i = 0; i < 500; ++i) admission.admitted(90'000);
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
