// SPDX-License-Identifier: Apache-2.0
#include "base/rate.h"

#include <doctest/doctest.h>

namespace fce {
namespace {

int take_all(RateLimit& rate, uint64_t now_ms, uint32_t per_s, uint32_t burst) {
  int taken = 0;
  while (taken < 100'000 && rate.take(now_ms, per_s, burst)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("rate: the burst first, then so many a second") {
  RateLimit rate;
  CHECK(take_all(rate, 5000, 10, 20) == 20);
  CHECK(take_all(rate, 5000, 10, 20) == 0);
  CHECK(take_all(rate, 5099, 10, 20) == 0);
  CHECK(take_all(rate, 5100, 10, 20) == 1);
  CHECK(take_all(rate, 6100, 10, 20) == 10);
}

TEST_CASE("rate: what is not used up to the burst is lost") {
  RateLimit rate;
  CHECK(rate.take(1, 10, 20));
  CHECK(take_all(rate, 3'600'001, 10, 20) == 20);
  CHECK(take_all(rate, UINT64_C(1) << 40, 4'000'000, 20) == 20);
}

TEST_CASE("rate: several at once, all or none") {
  RateLimit rate;
  CHECK(rate.take(1000, 10, 20, 15));
  CHECK_FALSE(rate.take(1000, 10, 20, 6));
  CHECK(rate.take(1000, 10, 20, 5));
  CHECK(rate.take(1000, 10, 20, 0));
  CHECK_FALSE(rate.take(1900, 10, 20, 10));
  CHECK(rate.take(2000, 10, 20, 10));
  RateLimit large;
  CHECK(large.take(1000, 1 << 30, 1 << 30, 1 << 30));
  CHECK_FALSE(large.take(1000, 1 << 30, 1 << 30, 1));
}

TEST_CASE("rate: parts of a token are kept") {
  RateLimit rate;
  CHECK(take_all(rate, 1000, 3, 2) == 2);
  int taken = 0;
  for (uint64_t now = 1001; now <= 11'000; ++now) taken += rate.take(now, 3, 2);
  CHECK(taken == 30);
}

TEST_CASE("rate: a limit of nothing lets nothing through") {
  RateLimit rate;
  CHECK_FALSE(rate.take(1000, 0, 0));
  CHECK_FALSE(rate.take(9'000'000, 0, 0));
}

}  // namespace fce
