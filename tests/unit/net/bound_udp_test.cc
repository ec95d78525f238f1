// SPDX-License-Identifier: Apache-2.0
#include "net/bound_udp.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <set>

#include "net/udp_client.h"

namespace fce {
namespace {

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

}  // namespace

TEST_CASE("bound udp: port 0 takes a free one, the same for all shards") {
  BoundUdp bound;
  REQUIRE(BoundUdp::bind(udp_address("127.0.0.1:0"), 3, &bound) == Status::ok);
  CHECK(bound.port() > 0);
  for (uint32_t shard = 0; shard < 3; ++shard) {
    const int fd = bound.take(shard);
    REQUIRE(fd >= 0);
    CHECK(SocketAddress::of_socket(fd).port() == bound.port());
    CHECK(option_of(fd, IPPROTO_IP, IP_MTU_DISCOVER) == IP_PMTUDISC_OMIT);
    CHECK(option_of(fd, IPPROTO_IP, IP_PKTINFO) == 0);
    CHECK(bound.take(shard) == -1);
    ::close(fd);
  }
  CHECK(bound.take(3) == -1);
}

TEST_CASE("bound udp: a taken port is an error, and ours is free when it goes") {
  uint16_t port;
  {
    BoundUdp first, second;
    REQUIRE(BoundUdp::bind(udp_address("127.0.0.1:0"), 2, &first) == Status::ok);
    port = first.port();
    const std::string text = "127.0.0.1:" + std::to_string(port);
    CHECK(BoundUdp::bind(udp_address(text), 2, &second) == Status::address_in_use);
    CHECK(std::string(last_error()).find(text) != std::string::npos);
    CHECK(BoundUdp::bind(udp_address(":" + std::to_string(port)), 2, &second) ==
          Status::address_in_use);
    second = std::move(first);
    CHECK(second.port() == port);
    CHECK(BoundUdp::bind(udp_address(text), 2, &first) == Status::address_in_use);
  }
  BoundUdp again;
  CHECK(BoundUdp::bind(udp_address("127.0.0.1:" + std::to_string(port)), 1, &again) == Status::ok);
}

TEST_CASE("bound udp: addresses that cannot be") {
  BoundUdp bound;
  CHECK(BoundUdp::bind(udp_address("192.0.2.1:0"), 1, &bound) == Status::address_unavailable);
  CHECK(BoundUdp::bind(udp_address("unix:/tmp/socket"), 1, &bound) == Status::invalid);
}

TEST_CASE("bound udp: the kernel spreads clients over the shards") {
  constexpr uint32_t kShards = 3;
  BoundUdp bound;
  REQUIRE(BoundUdp::bind(udp_address("127.0.0.1:0"), kShards, &bound) == Status::ok);
  std::set<uint32_t> reached;
  int sockets[kShards];
  for (uint32_t shard = 0; shard < kShards; ++shard) sockets[shard] = bound.take(shard);
  for (int i = 0; i < 1000 && reached.size() < kShards; ++i) {
    UdpClient("127.0.0.1", bound.port()).send("x");
    char byte;
    for (uint32_t shard = 0; shard < kShards; ++shard)
      if (::recv(sockets[shard], &byte, 1, MSG_DONTWAIT) == 1) reached.insert(shard);
  }
  CHECK(reached.size() == kShards);
  for (const int fd : sockets) ::close(fd);
}

}  // namespace fce
