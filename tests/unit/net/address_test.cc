// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace fce {
namespace {

PeerAddress v6(const char* text, uint16_t port) {
  sockaddr_storage storage{};
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  std::memcpy(&storage, &address, sizeof address);
  return PeerAddress::from(storage);
}

}  // namespace

TEST_CASE("peer address: text") {
  sockaddr_storage storage{};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4711);
  address.sin_addr.s_addr = htonl(0xc0000201);
  std::memcpy(&storage, &address, sizeof address);
  const PeerAddress v4 = PeerAddress::from(storage);
  CHECK(v4.text() == "192.0.2.1");
  CHECK(v4.port == 4711);
  CHECK(v4.family == PeerAddress::Family::ipv4);
  CHECK(v6("2001:db8::1", 1).text() == "2001:db8::1");
  CHECK(v6("2001:db8::1", 65'535).port == 65'535);
  CHECK(v6("::", 1).text() == "::");
  CHECK(v6("::ffff:192.0.2.7", 9).text() == "192.0.2.7");
  CHECK(v6("::ffff:192.0.2.7", 9).family == PeerAddress::Family::ipv4);
  CHECK(v6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 9).text().size() == 39);
  storage = {};
  storage.ss_family = AF_UNIX;
  CHECK(PeerAddress::from(storage).text() == "unix");
  CHECK(PeerAddress().text() == "unix");
}

TEST_CASE("listen address: good ones, and what they print") {
  const struct {
    const char* text;
    const char* printed;
    const char* host;
    uint16_t port;
  } table[] = {
      {"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", 8080},
      {"0.0.0.0:0", "0.0.0.0:0", "0.0.0.0", 0},
      {"[::1]:443", "[::1]:443", "::1", 443},
      {"[::]:65535", "[::]:65535", "::", 65'535},
      {":80", ":80", "", 80},
      {"localhost:9", "127.0.0.1:9", "127.0.0.1", 9},
      {"127.0.0.1:00080", "127.0.0.1:80", "127.0.0.1", 80},
  };
  for (const auto& entry : table) {
    CAPTURE(entry.text);
    ListenAddress address;
    REQUIRE(ListenAddress::parse(entry.text, &address) == Status::ok);
    CHECK(address.text() == entry.printed);
    CHECK(address.host == entry.host);
    CHECK(address.port == entry.port);
    CHECK(address.any == (entry.host[0] == '\0'));
    CHECK_FALSE(address.is_unix);
    ListenAddress again;
    REQUIRE(ListenAddress::parse(address.text(), &again) == Status::ok);
    CHECK(again.text() == address.text());
  }
  ListenAddress address;
  REQUIRE(ListenAddress::parse("unix:/run/edge:1.sock", &address) == Status::ok);
  CHECK(address.is_unix);
  CHECK(address.path == "/run/edge:1.sock");
  CHECK(address.text() == "unix:/run/edge:1.sock");
  CHECK(ListenAddress::parse("unix:" + std::string(107, 'x'), &address) == Status::ok);
}

TEST_CASE("listen address: bad ones are refused with what was given") {
  for (const std::string text : {"",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 ":",
                                 "127.0.0.1:65536",
                                 "127.0.0.1:99999999999",
                                 "127.0.0.1:-1",
                                 "127.0.0.1:+1",
                                 "127.0.0.1: 80",
                                 "127.0.0.1:80 ",
                                 "127.0.0.1:8x",
                                 "example.com:80",
                                 "::1:80",
                                 "[::1:80",
                                 "::1]:80",
                                 "[]:80",
                                 "[127.0.0.1]:80",
                                 "[localhost]:80",
                                 "1.2.3:80",
                                 "1.2.3.4.5:80",
                                 "256.1.1.1:80",
                                 " 127.0.0.1:80",
                                 "[::1]80",
                                 "[::g]:80",
                                 "unix:"}) {
    CAPTURE(text);
    ListenAddress address;
    CHECK(ListenAddress::parse(text, &address) == Status::invalid);
    CHECK(std::string(last_error()).find(text) != std::string::npos);
  }
  ListenAddress address;
  CHECK(ListenAddress::parse("unix:" + std::string(108, 'x'), &address) == Status::invalid);
}

TEST_CASE("networks") {
  for (const char* text : {"192.0.2.1", "192.0.2.0/24", "0.0.0.0/0", "::/0", "2001:db8::/32",
                           "10.0.0.0/7", "::1", "255.255.255.255/32", "::ffff:0:0/96"}) {
    CAPTURE(text);
    Network network;
    CHECK(Network::parse(text, &network) == Status::ok);
    CHECK(network.contains(network.first));
  }
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "10.0.0.1/8", "2001:db8::1/64", "::/129", "10.0.0", "example",
                           "11.0.0.0/7", "10.0.0.0/8 ", "10.0.0.0/256"}) {
    CAPTURE(text);
    Network network;
    CHECK(Network::parse(text, &network) == Status::invalid);
  }
  Network network;
  REQUIRE(Network::parse("10.0.0.0/15", &network) == Status::ok);
  const uint8_t inside[] = {10, 1, 2, 3}, outside[] = {10, 2, 0, 0};
  CHECK(network.contains(PeerAddress::from_v4(inside, 1)));
  CHECK_FALSE(network.contains(PeerAddress::from_v4(outside, 1)));
  CHECK_FALSE(network.contains(PeerAddress()));
  // All of IPv4 is not all of IPv6.
  REQUIRE(Network::parse("0.0.0.0/0", &network) == Status::ok);
  const uint8_t six[16] = {0x20};
  CHECK_FALSE(network.contains(PeerAddress::from_v6(six, 1)));
}

}  // namespace fce
