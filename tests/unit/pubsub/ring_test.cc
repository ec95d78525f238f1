// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ring.h"

#include <doctest/doctest.h>

#include <string>

using namespace fce;

namespace {

Message message(uint64_t n, size_t payload_bytes = 10) {
  const std::string payload(payload_bytes, 'x');
  return Message::encode({1, n}, "c", {as_bytes(payload), nullptr}, n * 1000);
}

}  // namespace

TEST_CASE("an empty ring begins at 1") {
  Ring ring;
  CHECK(ring.empty());
  CHECK(ring.oldest() == 1);
  CHECK(ring.next() == 1);
  CHECK(ring.bytes() == 0);
}

TEST_CASE("a ring keeps the newest messages up to its count") {
  for (const uint32_t max : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 100u}) {
    CAPTURE(max);
    Ring ring;
    const RingBounds bounds{max, UINT32_MAX};
    for (uint64_t n = 1; n <= 300; ++n) {
      ring.append(message(n), bounds, 0);
      REQUIRE(ring.next() == n + 1);
      REQUIRE(ring.oldest() == (n > max ? n - max + 1 : 1));
      REQUIRE(ring.at(n).n() == n);
      REQUIRE(ring.at(ring.oldest()).n() == ring.oldest());
    }
    for (uint64_t n = ring.oldest(); n != ring.next(); ++n) CHECK(ring.at(n).n() == n);
  }
}

TEST_CASE("a ring keeps its bytes within bounds, but never less than the newest message") {
  Ring ring;
  const auto small = static_cast<uint32_t>(message(1).bytes());
  const RingBounds bounds{1000, small * 3};
  for (uint64_t n = 1; n <= 5; ++n) {
    ring.append(message(n), bounds, 0);
    CHECK(ring.bytes() <= bounds.bytes_max);
  }
  CHECK(ring.oldest() == 3);
  ring.append(message(6, 100'000), bounds, 0);
  CHECK(ring.oldest() == 6);
  CHECK(ring.at(6).payload().size() == 100'000);
  ring.append(message(7), bounds, 0);
  CHECK(ring.oldest() == 7);
  CHECK(ring.bytes() == small);
}

TEST_CASE("a message outlives the ring that let it go") {
  Ring ring;
  ring.append(message(1), {1, UINT32_MAX}, 0);
  const Message kept = ring.at(1);
  ring.append(message(2), {1, UINT32_MAX}, 0);
  CHECK(kept.n() == 1);
  CHECK(kept.payload().size() == 10);
}

TEST_CASE("a ring that is reset goes on elsewhere") {
  Ring ring;
  for (uint64_t n = 1; n <= 9; ++n) ring.append(message(n), {4, UINT32_MAX}, 0);
  ring.reset(100);
  CHECK(ring.empty());
  CHECK(ring.bytes() == 0);
  CHECK(ring.oldest() == 100);
  for (uint64_t n = 100; n <= 110; ++n) ring.append(message(n), {4, UINT32_MAX}, 0);
  CHECK(ring.oldest() == 107);
  CHECK(ring.at(108).n() == 108);
}
