// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include <doctest/doctest.h>
#include <uv.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace fce {
namespace {

std::mutex answering;  // held by a test that has the system wait
std::atomic<int> asked{0};
std::atomic<int> answer{1};  // the last byte of the address; 0: none

std::vector<PeerAddress> look_up(const std::string&) {
  const std::lock_guard lock(answering);
  ++asked;
  if (answer == 0) return {};
  PeerAddress one;
  one.family = PeerAddress::Family::ipv4;
  one.ip = {10, 0, 0, static_cast<uint8_t>(answer)};
  return {one};
}

struct Asker final : Resolver::Waiter {
  void on_resolved(const std::vector<PeerAddress>& addresses) override {
    ++calls;
    text = addresses.empty() ? "none" : addresses.front().text();
  }
  int calls = 0;
  std::string text;
};

struct Setup {
  explicit Setup(Resolver::Times times = {}, uint32_t queue_max = 8)
      : workers(1, queue_max), resolver(loop, counters, &workers, look_up, times) {
    asked = 0;
    answer = 1;
    REQUIRE(loop.open() == Status::ok);
  }
  ~Setup() { workers.stop(); }
  // What is known at once; "later" or "none" else.
  std::string find(const std::string& name, Asker& asker) {
    std::vector<PeerAddress> out;
    switch (resolver.find(name, asker, &out)) {
      case Resolver::Found::now: return out.front().text();
      case Resolver::Found::later: return "later";
      case Resolver::Found::none: break;
    }
    return "none";
  }
  template <class Done>
  void run_until(Done&& done) {
    while (!done()) uv_run(loop.uv(), UV_RUN_ONCE);
  }
  void wait_for_answers(int count) {
    run_until([&] {
      return counters.get(Counter::resolver_lookups) == static_cast<uint64_t>(count) &&
             asked == count && loop.mail_waiting() == 0;
    });
    for (int i = 0; i < 4; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
  }

  Counters counters;
  Loop loop{2000};
  Workers workers;
  Resolver resolver;
};

}  // namespace

TEST_CASE("resolver: literal addresses need nobody") {
  Setup setup;
  Asker asker;
  CHECK(setup.find("192.0.2.7", asker) == "192.0.2.7");
  CHECK(setup.find("2001:db8::1", asker) == "2001:db8::1");
  Resolver alone(setup.loop, setup.counters, nullptr, look_up, {});
  std::vector<PeerAddress> out;
  CHECK(alone.find("192.0.2.7", asker, &out) == Resolver::Found::now);
  CHECK(alone.find("name", asker, &out) == Resolver::Found::none);
  CHECK(asked == 0);
}

TEST_CASE("resolver: all who ask for a name wait for one answer, which is then known") {
  Setup setup;
  Asker first, second;
  {
    const std::lock_guard lock(answering);
    CHECK(setup.find("name", first) == "later");
    CHECK(setup.find("name", second) == "later");
    Asker gone;
    CHECK(setup.find("name", gone) == "later");
  }
  CHECK(first.calls == 0);
  setup.run_until([&] { return second.calls > 0; });
  CHECK(first.text == "10.0.0.1");
  CHECK(second.text == "10.0.0.1");
  answer = 2;
  CHECK(setup.find("name", first) == "10.0.0.1");
  CHECK(asked == 1);
  CHECK(setup.counters.get(Counter::resolver_lookups) == 1);
  CHECK(first.calls == 1);
}

TEST_CASE("resolver: what is old is used while it is asked for again, and when that fails") {
  Setup setup({.fresh_ms = 0, .failed_ms = 0});
  Asker asker;
  CHECK(setup.find("name", asker) == "later");
  setup.run_until([&] { return asker.calls > 0; });
  answer = 2;
  CHECK(setup.find("name", asker) == "10.0.0.1");
  setup.wait_for_answers(2);
  answer = 0;
  CHECK(setup.find("name", asker) == "10.0.0.2");
  setup.wait_for_answers(3);
  CHECK(setup.counters.get(Counter::resolver_failures) == 1);
  CHECK(setup.find("name", asker) == "10.0.0.2");
  setup.wait_for_answers(4);
  CHECK(setup.counters.get(Counter::resolver_stale) == 3);
}

TEST_CASE("resolver: a failure is told, and remembered for a moment") {
  Setup setup;
  answer = 0;
  Asker asker;
  CHECK(setup.find("name", asker) == "later");
  setup.run_until([&] { return asker.calls > 0; });
  CHECK(asker.text == "none");
  answer = 1;
  CHECK(setup.find("name", asker) == "none");
  CHECK(asked == 1);
  Setup again({.fresh_ms = 0, .failed_ms = 0});
  answer = 0;
  Asker other;
  CHECK(again.find("name", other) == "later");
  again.run_until([&] { return other.calls > 0; });
  answer = 3;
  CHECK(again.find("name", other) == "later");
  again.run_until([&] { return other.calls > 1; });
  CHECK(other.text == "10.0.0.3");
}

TEST_CASE("resolver: so much is asked for at a time and no more") {
  Setup setup({}, 1);
  Asker askers[3];
  {
    const std::lock_guard lock(answering);
    // One is being asked for or waits to be; then the queue of one is full.
    CHECK(setup.find("a", askers[0]) == "later");
    while (setup.find("b", askers[1]) != "later") {
    }
    CHECK(setup.find("c", askers[2]) == "none");
    CHECK(setup.counters.get(Counter::limit_resolver) >= 1);
  }
  setup.run_until([&] { return askers[0].calls > 0 && askers[1].calls > 0; });
}

TEST_CASE("resolver: so many names are known and no more") {
  Setup setup({}, 512);
  std::vector<Asker> askers(Resolver::kNamesMax + 1);
  for (size_t i = 0; i < Resolver::kNamesMax; ++i)
    CHECK(setup.find("n" + std::to_string(i), askers[i]) == "later");
  CHECK(setup.find("more", askers.back()) == "none");
  CHECK(setup.counters.get(Counter::limit_resolver) == 1);
  setup.run_until([&] { return askers[Resolver::kNamesMax - 1].calls > 0; });
}

TEST_CASE("resolver: the system knows localhost") {
  const auto addresses = Resolver::ask_system("localhost");
  REQUIRE_FALSE(addresses.empty());
  CHECK((addresses.front().text() == "127.0.0.1" || addresses.front().text() == "::1"));
  CHECK(Resolver::ask_system("no-such-name.invalid").empty());
}

}  // namespace fce
