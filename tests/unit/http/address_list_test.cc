// SPDX-License-Identifier: Apache-2.0
#include "http/address_list.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <cstring>

namespace fce {
namespace {

PeerAddress peer(const char* text) {
  PeerAddress out;
  const bool v6 = std::strchr(text, ':') != nullptr;
  out.family = v6 ? PeerAddress::Family::ipv6 : PeerAddress::Family::ipv4;
  REQUIRE(inet_pton(v6 ? AF_INET6 : AF_INET, text, out.ip.data()) == 1);
  return out;
}

bool contains(const char* network, const char* address) {
  AddressList list;
  REQUIRE(list.add(network) == Status::ok);
  CHECK_FALSE(list.empty());
  return list.contains(peer(address));
}

}  // namespace

TEST_CASE("address list: networks of both families, to the bit") {
  CHECK(contains("192.0.2.0/24", "192.0.2.0"));
  CHECK(contains("192.0.2.0/24", "192.0.2.255"));
  CHECK_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  CHECK(contains("192.0.2.128/25", "192.0.2.128"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  CHECK(contains("10.0.0.0/15", "10.1.255.255"));
  CHECK_FALSE(contains("10.0.0.0/15", "10.2.0.0"));
  CHECK(contains("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(contains("192.0.2.7", "192.0.2.6"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(contains("::1", "::1"));
  CHECK_FALSE(contains("::/0", "127.0.0.1"));
  CHECK(contains("::ffff:192.0.2.0/120", "192.0.2.9"));
  CHECK_FALSE(contains("::ffff:192.0.2.0/120", "192.0.3.9"));
}

TEST_CASE("address list: peers of a unix socket, and an empty list") {
  AddressList list;
  CHECK(list.empty());
  CHECK_FALSE(list.contains(PeerAddress()));
  CHECK_FALSE(list.contains(peer("127.0.0.1")));
  REQUIRE(list.add("unix") == Status::ok);
  CHECK(list.contains(PeerAddress()));
  CHECK_FALSE(list.contains(peer("127.0.0.1")));
}

TEST_CASE("address list: what is no network is refused") {
  for (const char* text : {"", "/", "x", "192.0.2", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1",
                           "192.0.2.0/8x", "192.0.2.1/24", "2001:db8::/129", "2001:db8::1/64",
                           "1.2.3.4/24/8", " 10.0.0.0/8", "10.0.0.0/4294967296", "example.com"}) {
    CAPTURE(text);
    AddressList list;
    CHECK(list.add(text) == Status::invalid);
    CHECK(list.empty());
  }
}

}  // namespace fce
