// SPDX-License-Identifier: Apache-2.0
#include "http/peer_health.h"

#include <doctest/doctest.h>

namespace fce {
namespace {

using State = PeerHealth::State;
using Change = PeerHealth::Change;

constexpr PeerHealth::Rules kRules = {3, 1000, 5000, 2, 3};

}  // namespace

TEST_CASE("peer health: so many failures in a window take it out for a time") {
  PeerHealth health;
  CHECK(health.state(100) == State::up);
  CHECK(health.on_failure(kRules, 100) == Change::none);
  CHECK(health.on_failure(kRules, 200) == Change::none);
  // The window is over.
  CHECK(health.on_failure(kRules, 1200) == Change::none);
  CHECK(health.on_failure(kRules, 1300) == Change::none);
  CHECK(health.state(1300) == State::up);
  CHECK(health.on_failure(kRules, 1400) == Change::down);
  CHECK(health.state(1400) == State::down);
  CHECK(health.state(6399) == State::down);
  CHECK(health.state(6400) == State::probe);
}

TEST_CASE("peer health: a success ends the count") {
  PeerHealth health;
  for (int i = 0; i < 10; ++i) {
    CHECK(health.on_failure(kRules, 100) == Change::none);
    CHECK(health.on_failure(kRules, 100) == Change::none);
    CHECK(health.on_success() == Change::none);
  }
  CHECK(health.state(100) == State::up);
}

TEST_CASE("peer health: one tries when the time is over") {
  PeerHealth health;
  for (int i = 0; i < 3; ++i) (void)health.on_failure(kRules, 100);
  CHECK_FALSE(health.claim_probe(kRules, 5000));
  CHECK(health.claim_probe(kRules, 5100));
  CHECK(health.state(5100) == State::down);
  CHECK_FALSE(health.claim_probe(kRules, 5100));
  CHECK(health.on_failure(kRules, 6000) == Change::none);
  CHECK(health.state(10'999) == State::down);
  CHECK(health.claim_probe(kRules, 11'000));
  CHECK(health.on_success() == Change::up);
  CHECK(health.on_success() == Change::none);
  CHECK(health.state(11'000) == State::up);
}

TEST_CASE("peer health: checks take it out and back") {
  PeerHealth health;
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, true) == Change::none);
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, false) == Change::down);
  CHECK(health.state(100) == State::down);
  CHECK_FALSE(health.claim_probe(kRules, 100));
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, true) == Change::none);
  CHECK(health.on_check(kRules, false) == Change::none);
  CHECK(health.on_check(kRules, true) == Change::none);
  CHECK(health.on_check(kRules, true) == Change::up);
  CHECK(health.state(100) == State::up);
}

TEST_CASE("peer health: zero failures allowed means that they do not count") {
  PeerHealth health;
  PeerHealth::Rules rules = kRules;
  rules.fails_max = 0;
  for (int i = 0; i < 100; ++i) CHECK(health.on_failure(rules, 100) == Change::none);
  CHECK(health.state(100) == State::up);
}

}  // namespace fce
