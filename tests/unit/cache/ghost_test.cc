// SPDX-License-Identifier: Apache-2.0
#include "cache/ghost.h"

#include <doctest/doctest.h>

#include "index_support.h"

using namespace fce;
using namespace fce::test;

TEST_CASE("a ghost is seen once") {
  Ghost ghost(1 << 20);
  CHECK_FALSE(ghost.take(numbered_key(1), 100));
  ghost.add(numbered_key(1), 100);
  CHECK_FALSE(ghost.take(numbered_key(2), 100));
  CHECK(ghost.take(numbered_key(1), 100));
  CHECK_FALSE(ghost.take(numbered_key(1), 100));
}

TEST_CASE("ghosts older than the window are gone") {
  Ghost ghost(1 << 20);
  for (uint64_t i = 0; i < 1000; ++i) ghost.add(numbered_key(i), 100);
  CHECK_FALSE(ghost.take(numbered_key(899), 100));
  CHECK(ghost.take(numbered_key(900), 100));
  CHECK(ghost.take(numbered_key(999), 100));
  CHECK_FALSE(ghost.take(numbered_key(0), 100));
}

TEST_CASE("one that comes again is young again") {
  Ghost ghost(1 << 20);
  ghost.add(numbered_key(1), 10);
  for (uint64_t i = 100; i < 109; ++i) ghost.add(numbered_key(i), 10);
  ghost.add(numbered_key(1), 10);
  for (uint64_t i = 200; i < 205; ++i) ghost.add(numbered_key(i), 10);
  CHECK(ghost.take(numbered_key(1), 10));
}

TEST_CASE("the table grows with the window, keeps nearly all of it, and stays within its bytes") {
  Ghost ghost(64 << 20);
  uint64_t count = 0;
  for (; count < 100'000; ++count) ghost.add(numbered_key(count), count);
  CHECK(ghost.memory_bytes() <= 100'000 * 8 * 15 / 8 + 128);
  uint64_t known = 0, strangers = 0;
  for (uint64_t i = 0; i < count; ++i) known += ghost.take(numbered_key(i), count);
  for (uint64_t i = 0; i < count; ++i) strangers += ghost.take(numbered_key(i + count), count);
  CHECK(known > count * 9 / 10);
  CHECK(strangers < 10);

  Ghost bounded(64 * 1000);
  for (uint64_t i = 0; i < count; ++i) bounded.add(numbered_key(i), count);
  CHECK(bounded.memory_bytes() <= 64 * 1000);
  CHECK(bounded.take(numbered_key(count - 1), count));
  CHECK_FALSE(bounded.take(numbered_key(0), count));
}

TEST_CASE("a ghost without memory remembers nothing") {
  Ghost ghost(0);
  ghost.add(numbered_key(1), 100);
  CHECK_FALSE(ghost.take(numbered_key(1), 100));
  CHECK(ghost.memory_bytes() == 0);
}
