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

namespace {

Message keyed(uint64_t n, const char* key, uint64_t time_ms = 0) {
  Publication::More more;
  more.key = key;
  return Message::encode({1, n}, "c", {as_bytes("x"), &more}, time_ms * 1000);
}

}  // namespace

TEST_CASE("a message replaces the one before it with the same key") {
  Ring ring;
  RingBounds bounds{3, UINT32_MAX};
  bounds.conflate = true;
  CHECK(ring.append(keyed(1, "a"), bounds, 0).conflated == 0);
  CHECK(ring.append(message(2), bounds, 0).conflated == 0);
  CHECK(ring.append(keyed(3, "a"), bounds, 0).conflated == 1);
  CHECK(ring.append(keyed(4, "b"), bounds, 0).conflated == 0);
  CHECK(ring.oldest() == 1);
  CHECK_FALSE(ring.at(1));
  CHECK(ring.at(3).n() == 3);
  CHECK(ring.bytes() == ring.at(2).bytes() + ring.at(3).bytes() + ring.at(4).bytes());
  // A hole that comes from the home's log takes its number.
  ring.append(Message(), bounds, 0);
  CHECK(ring.next() == 6);
  CHECK_FALSE(ring.at(5));
  // What has left the ring is replaced by nobody.
  for (uint64_t n = 6; n < 9; ++n) ring.append(message(n), bounds, 0);
  CHECK(ring.oldest() == 5);
  CHECK(ring.append(keyed(9, "a"), bounds, 0).conflated == 0);
}

TEST_CASE("numbers of replaced messages are bounded too") {
  Ring ring;
  RingBounds bounds{4, UINT32_MAX};
  bounds.conflate = true;
  ring.append(message(1), bounds, 0);
  for (uint64_t n = 2; n <= 1000; ++n) {
    ring.append(keyed(n, "hot"), bounds, 0);
    REQUIRE(ring.next() - ring.oldest() <= 4 * Ring::kSlotsPerMessage);
  }
  CHECK(ring.at(1000).n() == 1000);
}

TEST_CASE("messages leave a ring by their age, and an empty ring holds nothing") {
  Ring ring;
  RingBounds bounds;
  bounds.age_ms_max = 100;
  ring.append(keyed(1, "a", 1000), bounds, 1000);
  ring.append(keyed(2, "b", 1050), bounds, 1050);
  CHECK(ring.expire(bounds, 1099) == 0);
  CHECK(ring.expire(bounds, 1100) == 1);
  CHECK(ring.oldest() == 2);
  CHECK(ring.append(keyed(3, "c", 1200), bounds, 1200).expired == 1);
  CHECK(ring.oldest() == 3);
  CHECK(ring.expire(bounds, 5000) == 1);
  CHECK(ring.empty());
  CHECK(ring.oldest() == 4);
  CHECK(ring.bytes() == 0);
  ring.append(keyed(4, "d", 5000), bounds, 5000);
  CHECK(ring.at(4).n() == 4);
}
