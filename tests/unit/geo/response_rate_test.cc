// SPDX-License-Identifier: Apache-2.0
#include "geo/response_rate.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string_view>

namespace fce {
namespace {

using Kind = ResponseRate::Kind;
using Verdict = ResponseRate::Verdict;

PeerAddress client_of(std::string_view text) {
  Network network;
  REQUIRE(Network::parse(text, &network) == Status::ok);
  return network.first;
}

PeerAddress numbered(uint32_t number) {
  uint8_t ip[4];
  std::memcpy(ip, &number, sizeof ip);
  return PeerAddress::from_v4(ip, 53);
}

// Of so many answers at one moment, those that are sent whole.
uint32_t sent(ResponseRate& rate, std::string_view client, Kind kind, uint64_t name_hash,
              uint64_t now_ms, uint32_t answers = 1000) {
  const PeerAddress peer = client_of(client);
  uint32_t count = 0;
  for (uint32_t i = 0; i < answers; ++i)
    count += rate.judge(peer, kind, name_hash, now_ms) == Verdict::send;
  return count;
}

}  // namespace

TEST_CASE("response rate: so many answers a second for a network and a name") {
  ResponseRate rate({.answers_per_s = 20, .all_per_s = 0});
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 5000) == 20);
  CHECK(sent(rate, "192.0.2.254", Kind::answer, 1, 5000) == 0);  // the same network
  CHECK(sent(rate, "192.0.3.1", Kind::answer, 1, 5000) == 20);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 2, 5000) == 20);
  CHECK(sent(rate, "192.0.2.1", Kind::nodata, 1, 5000) == 20);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 5049) == 0);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 5550) == 11);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 500'000) == 20);  // no more than a second's
}

TEST_CASE("response rate: errors are counted together, whatever name they are for") {
  ResponseRate rate({.errors_per_s = 5});
  uint32_t count = 0;
  for (uint64_t name = 0; name < 100; ++name)
    count += sent(rate, "192.0.2.1", name % 2 ? Kind::nxdomain : Kind::error, name, 1000, 1);
  CHECK(count == 5);
}

TEST_CASE("response rate: all that a network gets") {
  ResponseRate rate({.answers_per_s = 20, .all_per_s = 50});
  uint32_t count = 0;
  for (uint64_t name = 0; name < 10; ++name)
    count += sent(rate, "192.0.2.1", Kind::answer, name, 1000, 10);
  CHECK(count == 50);
  CHECK(sent(rate, "192.0.3.1", Kind::answer, 0, 1000) == 20);
}

TEST_CASE("response rate: prefixes that are no whole bytes, of both families") {
  ResponseRate rate({.answers_per_s = 3, .v4_bits = 20, .v6_bits = 60});
  CHECK(sent(rate, "10.0.16.0", Kind::answer, 1, 1000) == 3);
  CHECK(sent(rate, "10.0.31.255", Kind::answer, 1, 1000) == 0);
  CHECK(sent(rate, "10.0.32.0", Kind::answer, 1, 1000) == 3);
  CHECK(sent(rate, "2001:db8:0:10::", Kind::answer, 1, 1000) == 3);
  CHECK(sent(rate, "2001:db8:0:1f:ffff::1", Kind::answer, 1, 1000) == 0);
  CHECK(sent(rate, "2001:db8:0:20::", Kind::answer, 1, 1000) == 3);
  CHECK(sent(rate, "a00:1000::", Kind::answer, 1, 1000) == 3);  // no IPv4 network
}

TEST_CASE("response rate: each so many-th that is too many is cut short") {
  for (const uint32_t slip : {0u, 1u, 2u, 3u}) {
    CAPTURE(slip);
    ResponseRate rate({.answers_per_s = 10, .slip = slip});
    uint32_t counts[3] = {};
    for (int i = 0; i < 70; ++i)
      ++counts[static_cast<int>(rate.judge(client_of("192.0.2.1"), Kind::answer, 1, 1000))];
    CHECK(counts[static_cast<int>(Verdict::send)] == 10);
    CHECK(counts[static_cast<int>(Verdict::slip)] == (slip == 0 ? 0 : 60 / slip));
  }
}

TEST_CASE("response rate: 0 is no limit") {
  ResponseRate rate({.answers_per_s = 0, .errors_per_s = 0, .all_per_s = 0});
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 1000) == 1000);
  CHECK(sent(rate, "192.0.2.1", Kind::error, 1, 1000) == 1000);
}

TEST_CASE("response rate: who is over his rate stays so among more networks than are remembered") {
  ResponseRate rate({.answers_per_s = 20, .all_per_s = 0, .table_size = 64});
  REQUIRE(sent(rate, "192.0.2.1", Kind::answer, 1, 1000) == 20);
  for (uint32_t i = 0; i < 100'000; ++i)
    REQUIRE(rate.judge(numbered(i * 2654435761u), Kind::answer, 1, 1000) == Verdict::send);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, 1000) == 0);
}

TEST_CASE("response rate: the clock of 32 bits goes round") {
  ResponseRate rate({.answers_per_s = 10, .all_per_s = 0});
  constexpr uint64_t kRound = uint64_t{1} << 32;
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, kRound - 500) == 10);
  CHECK(sent(rate, "192.0.2.1", Kind::answer, 1, kRound + 100) == 6);
}

}  // namespace fce
