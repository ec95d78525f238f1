// SPDX-License-Identifier: Apache-2.0
#include "http/h2_budget.h"

#include <doctest/doctest.h>

namespace fce {

using Level = H2Budget::Level;

TEST_CASE("h2 budget: warns at three quarters of the burst and is spent after all of it") {
  H2Budget budget;
  for (int i = 1; i <= 75; ++i) CHECK(budget.spend(1000, 10, 100) == Level::fine);
  for (int i = 76; i <= 100; ++i) CHECK(budget.spend(1000, 10, 100) == Level::high);
  CHECK(budget.spend(1000, 10, 100) == Level::spent);
}

TEST_CASE("h2 budget: earns at its rate, and no more than the burst") {
  H2Budget budget;
  for (int i = 0; i < 100; ++i) budget.spend(1000, 10, 100);
  // Ten seconds later all of it is back.
  CHECK(budget.spend(11'000, 10, 100) == Level::fine);
  for (int i = 0; i < 74; ++i) budget.spend(11'000, 10, 100);
  CHECK(budget.spend(11'000, 10, 100) == Level::high);
  // A year of silence is worth one burst.
  for (int i = 0; i < 100; ++i) CHECK(budget.spend(31'536'000'000, 10, 100) != Level::spent);
  CHECK(budget.spend(31'536'000'000, 10, 100) == Level::spent);
}

TEST_CASE("h2 budget: a steady rate within the limit is never warned") {
  H2Budget budget;
  for (uint64_t i = 1; i < 10'000; ++i) REQUIRE(budget.spend(i * 10, 100, 1000) == Level::fine);
}

TEST_CASE("h2 budget: none is allowed where the rate is zero") {
  H2Budget budget;
  CHECK(budget.spend(5, 0, 0) == Level::spent);
}

TEST_CASE("h2 window credit: updates are paid for by what was sent") {
  H2WindowCredit credit;
  int paid = 0;
  while (credit.pay()) ++paid;
  CHECK(paid == 16);
  CHECK_FALSE(credit.pay());
  credit.earn();
  CHECK(credit.pay());
  CHECK(credit.pay());
  CHECK_FALSE(credit.pay());
  for (int i = 0; i < 100'000; ++i) credit.earn();
  paid = 0;
  while (credit.pay()) ++paid;
  CHECK(paid == 4096);
}

}  // namespace fce
