// SPDX-License-Identifier: Apache-2.0
#include "loop/timer.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

namespace fce {
namespace {

constexpr uint64_t kTick = TimerWheel::kTickMs;

// A timer that does what the test says.
struct Alarm {
  explicit Alarm(std::function<void()> an_action = [] {}) : action(std::move(an_action)) {}
  Timer timer{[](void* self) {
                auto* alarm = static_cast<Alarm*>(self);
                ++alarm->fired;
                const auto keep = alarm->action;  // it may destroy the alarm
                keep();
              },
              this};
  std::function<void()> action;
  int fired = 0;
};

}  // namespace

TEST_CASE("timer: never early, at most two ticks late, whatever the delay and the time of day") {
  for (const uint64_t start : {0u, 1u, 99u, 100u, 51'199u, 51'200u, 123'456u}) {
    for (const uint64_t delay :
         {0u, 1u, 50u, 99u, 100u, 101u, 1000u, 51'100u, 51'200u, 51'300u, 75'000u, 200'000u}) {
      CAPTURE(start);
      CAPTURE(delay);
      TimerWheel wheel(start);
      Alarm alarm;
      alarm.timer.arm(wheel, delay);
      CHECK(alarm.timer.armed());
      uint64_t now = start;
      while (alarm.fired == 0 && now < start + delay + 10 * kTick) wheel.advance(++now);
      REQUIRE(alarm.fired == 1);
      CHECK_FALSE(alarm.timer.armed());
      CHECK(now - start >= delay);
      CHECK(now - start <= delay + 2 * kTick);
      wheel.advance(now + 600'000);
      CHECK(alarm.fired == 1);
    }
  }
}

TEST_CASE("timer: armed again it counts from then on, cancelled it is silent") {
  TimerWheel wheel(0);
  Alarm alarm;
  alarm.timer.arm(wheel, 1000);
  wheel.advance(900);
  alarm.timer.arm(wheel, 1000);
  wheel.advance(1800);
  CHECK(alarm.fired == 0);
  wheel.advance(2100);
  CHECK(alarm.fired == 1);
  alarm.timer.arm(wheel, 100);
  alarm.timer.cancel();
  alarm.timer.cancel();
  wheel.advance(10'000);
  CHECK(alarm.fired == 1);
}

TEST_CASE("timer: a callback may arm its own timer, which then waits its time") {
  TimerWheel wheel(0);
  Alarm alarm;
  alarm.action = [&] { alarm.timer.arm(wheel, 0); };
  alarm.timer.arm(wheel, 0);
  for (uint64_t now = 0; now <= 2000; now += kTick) {
    const int before = alarm.fired;
    wheel.advance(now);
    CHECK(alarm.fired - before <= 1);
  }
  CHECK(alarm.fired >= 18);
}

TEST_CASE("timer: callbacks may arm, cancel and destroy others that are due in the same tick") {
  TimerWheel wheel(0);
  auto doomed = std::make_unique<Alarm>();
  Alarm cancelled, moved;
  Alarm first([&] {
    doomed.reset();
    cancelled.timer.cancel();
    moved.timer.arm(wheel, 1000);
  });
  for (Alarm* alarm : {&first, doomed.get(), &cancelled, &moved}) alarm->timer.arm(wheel, 300);
  wheel.advance(600);
  CHECK(first.fired == 1);
  CHECK(doomed == nullptr);
  CHECK(cancelled.fired == 0);
  CHECK(moved.fired == 0);
  wheel.advance(2000);
  CHECK(moved.fired == 1);
}

TEST_CASE("timer: a callback may destroy its own timer") {
  TimerWheel wheel(0);
  auto alarm = std::make_unique<Alarm>();
  int fired = 0;
  alarm->action = [&] {
    ++fired;
    alarm.reset();
  };
  alarm->timer.arm(wheel, 100);
  wheel.advance(1000);
  CHECK(fired == 1);
  CHECK(alarm == nullptr);
}

TEST_CASE("timer: after a stall everything that is due fires, and nothing that is not") {
  for (const uint64_t stall : {5'000u, 51'200u, 51'300u, 1'000'000u, 100'000'000u}) {
    CAPTURE(stall);
    TimerWheel wheel(1000);
    std::vector<std::unique_ptr<Alarm>> due, later;
    for (uint64_t delay = 0; delay + 2 * kTick <= stall && delay < 120'000; delay += 1700) {
      due.push_back(std::make_unique<Alarm>());
      due.back()->timer.arm(wheel, delay);
    }
    for (uint64_t more = 1; more < 60'000; more += 900) {
      later.push_back(std::make_unique<Alarm>());
      later.back()->timer.arm(wheel, stall + more);
    }
    wheel.advance(1000 + stall);
    for (const auto& alarm : due) REQUIRE(alarm->fired == 1);
    for (const auto& alarm : later) REQUIRE(alarm->fired == 0);
    wheel.advance(1000 + stall + 62'000);
    for (const auto& alarm : due) REQUIRE(alarm->fired == 1);
    for (const auto& alarm : later) REQUIRE(alarm->fired == 1);
  }
}

TEST_CASE("timer: what is armed while a stall is made up for is not early either") {
  TimerWheel wheel(0);
  Alarm second;
  Alarm first([&] { second.timer.arm(wheel, 1000); });
  first.timer.arm(wheel, 100);
  wheel.advance(30'000);
  CHECK(first.fired == 1);
  CHECK(second.fired == 0);
  wheel.advance(30'900);
  CHECK(second.fired == 0);
  wheel.advance(31'200);
  CHECK(second.fired == 1);
}

TEST_CASE("timer: a clock that does not move or goes back fires nothing") {
  TimerWheel wheel(10'000);
  Alarm alarm;
  alarm.timer.arm(wheel, 0);
  wheel.advance(10'000);
  wheel.advance(5'000);
  CHECK(alarm.fired == 0);
  wheel.advance(10'200);
  CHECK(alarm.fired == 1);
}

TEST_CASE("timer: a wheel may go before its timers") {
  Alarm alarm;
  {
    TimerWheel wheel(0);
    alarm.timer.arm(wheel, 100);
  }
  CHECK_FALSE(alarm.timer.armed());
}

}  // namespace fce
