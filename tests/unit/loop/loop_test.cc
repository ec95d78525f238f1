// SPDX-License-Identifier: Apache-2.0
#include "loop/loop.h"

#include <doctest/doctest.h>
#include <uv.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "loop/mails.h"

namespace fce {
namespace {

struct Item final : Flushable {
  explicit Item(std::function<void(Item&)> an_action) : action(std::move(an_action)) {}
  void flush() override {
    ++flushed;
    action(*this);
  }
  std::function<void(Item&)> action;
  int flushed = 0;
};

void burn(uint64_t us) {
  const uint64_t end = monotonic_us() + us;
  while (monotonic_us() < end) {
  }
}

void turn(Loop& loop, int count = 1) {
  for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_NOWAIT);
}

}  // namespace

TEST_CASE("loop: opened and never run, or not even opened, it goes without a trace") {
  { Loop loop(1000); }
  {
    Loop loop(1000);
    REQUIRE(loop.open() == Status::ok);
  }
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  loop.stop();
  loop.stop();
  loop.run();
}

TEST_CASE("loop: answers before fan-out, in the order of marking") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  std::string order;
  Item a([&](Item&) { order += 'a'; }), b([&](Item&) { order += 'b'; });
  Item x([&](Item&) { order += 'x'; }), y([&](Item&) { order += 'y'; });
  loop.mark_dirty(x, Lane::fanout);
  loop.mark_dirty(y, Lane::fanout);
  loop.mark_dirty(a, Lane::answer);
  loop.mark_dirty(b, Lane::answer);
  loop.mark_dirty(a, Lane::fanout);  // an answer stays one
  turn(loop);
  CHECK(order == "abxy");
  turn(loop, 3);
  CHECK(order == "abxy");
  loop.mark_dirty(x, Lane::fanout);
  loop.mark_dirty(y, Lane::fanout);
  loop.mark_dirty(y, Lane::answer);  // the answer lane wins
  turn(loop);
  CHECK(order == "abxyyx");
}

TEST_CASE("loop: what is flushed may mark itself again, which is the next turn's") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  for (const Lane lane : {Lane::answer, Lane::fanout}) {
    Item again([&](Item& self) { loop.mark_dirty(self, lane); });
    loop.mark_dirty(again, lane);
    const uint64_t before = loop.turn();
    turn(loop, 5);
    CHECK(static_cast<uint64_t>(again.flushed) == loop.turn() - before);
  }
}

TEST_CASE("loop: items that mark themselves again do not starve others, in either lane") {
  Loop loop(0);  // the smallest slice
  REQUIRE(loop.open() == Status::ok);
  std::vector<std::unique_ptr<Item>> greedy;
  for (int i = 0; i < 20; ++i) {
    greedy.push_back(
        std::make_unique<Item>([&](Item& self) { loop.mark_dirty(self, Lane::fanout); }));
    loop.mark_dirty(*greedy.back(), Lane::fanout);
  }
  Item hungry([&](Item& self) { loop.mark_dirty(self, Lane::answer); });
  loop.mark_dirty(hungry, Lane::answer);
  Item late([](Item&) {});
  loop.mark_dirty(late, Lane::fanout);
  turn(loop, 3);
  CHECK(late.flushed == 1);
  turn(loop, 27);
  int least = 1000, most = 0;
  for (const auto& item : greedy) {
    least = std::min(least, item->flushed);
    most = std::max(most, item->flushed);
  }
  CHECK(least >= 1);
  CHECK(most - least <= 1);
}

TEST_CASE("loop: the fan-out has its slice, then answers are served before it goes on") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  std::string order;
  std::vector<std::unique_ptr<Item>> herd;
  Item answer([&](Item&) { order += 'a'; });
  for (int i = 0; i < 40; ++i) {
    herd.push_back(std::make_unique<Item>([&](Item&) {
      order += 'f';
      burn(500);
      loop.mark_dirty(answer, Lane::answer);
    }));
    loop.mark_dirty(*herd.back(), Lane::fanout);
  }
  turn(loop, 10);
  CHECK(order.size() >= 44);
  // Eight items are the clock's grain: no answer waits for more of them than that.
  CHECK(order.substr(0, 10) == "ffffffffaf");
  CHECK(order.find(std::string(9, 'f')) == order.npos);
  for (const auto& item : herd) CHECK(item->flushed == 1);
}

TEST_CASE("loop: those who want to come in have a slice too, between answers and fan-out") {
  Loop loop(1000);
  loop.set_admission_us(1000);
  REQUIRE(loop.open() == Status::ok);
  std::string order;
  std::vector<std::unique_ptr<Item>> items;
  const auto add = [&](char name, Lane lane, uint64_t us) {
    items.push_back(std::make_unique<Item>([&order, name, us](Item&) {
      order += name;
      burn(us);
    }));
    loop.mark_dirty(*items.back(), lane);
  };
  add('f', Lane::fanout, 0);
  for (int i = 0; i < 5; ++i) add('h', Lane::admission, 600);
  add('a', Lane::answer, 0);
  turn(loop);
  CHECK(order.starts_with("ah"));
  CHECK(order.ends_with("f"));
  CHECK(order.size() < 7);  // not all in one turn
  add('a', Lane::answer, 0);
  const size_t before = order.size();
  turn(loop);
  CHECK(order[before] == 'a');
  turn(loop, 5);
  CHECK(std::count(order.begin(), order.end(), 'h') == 5);
}

TEST_CASE("loop: turns are timed, waiting is not, and answers take the time of their turn") {
  Counters counters;
  Loop loop(1000);
  loop.count_in(counters);
  REQUIRE(loop.open() == Status::ok);
  const auto times = [&](Histogram histogram) {
    HistogramSnapshot snapshot;
    snapshot.add(counters.get(histogram));
    return snapshot;
  };
  turn(loop, 3);
  CHECK(times(Histogram::loop_turn).count() == 0);  // nothing happened
  Item slow([](Item&) { burn(2000); });
  loop.mark_dirty(slow, Lane::answer);
  const uint64_t began_us = loop.turn_began_us();
  loop.answered(began_us);
  loop.answered(began_us);
  loop.answered(0);  // not timed
  CHECK(times(Histogram::http_answer).count() == 0);
  turn(loop);
  CHECK(times(Histogram::loop_turn).count() == 1);
  CHECK(times(Histogram::loop_turn).sum() >= 2000);
  CHECK(times(Histogram::http_answer).count() == 2);
  CHECK(times(Histogram::http_answer).sum() == 2 * times(Histogram::loop_turn).sum());
  const uint64_t before = times(Histogram::http_answer).sum();
  burn(3000);
  CHECK(loop.turn_began_us() > began_us);  // another turn
  loop.answered(began_us);                 // to what came in the one before
  CHECK(times(Histogram::http_answer).count() == 3);
  CHECK(times(Histogram::http_answer).sum() >= before + 5000);
  CHECK(times(Histogram::fanout_slice).count() == 0);
  Item item([](Item&) { burn(2000); });
  loop.mark_dirty(item, Lane::fanout);
  turn(loop, 3);
  CHECK(times(Histogram::fanout_slice).count() == 1);
  CHECK(times(Histogram::fanout_slice).sum() >= 2000);
}

TEST_CASE("loop: what waits for fan-out at the end of a turn is measured") {
  Counters counters;
  Loop loop(0);  // the smallest slice: eight items
  loop.count_in(counters);
  REQUIRE(loop.open() == Status::ok);
  std::vector<std::unique_ptr<Item>> herd;
  for (int i = 0; i < 30; ++i) {
    herd.push_back(std::make_unique<Item>([](Item&) { burn(10); }));
    loop.mark_dirty(*herd.back(), Lane::fanout);
    loop.mark_dirty(*herd.back(), Lane::fanout);  // counts once
  }
  for (const int64_t left : {22, 14, 6, 0, 0}) {
    turn(loop);
    CHECK(counters.get(Gauge::fanout_queue) == left);
  }
  // One that leaves by itself is forgotten when the lane is empty.
  loop.mark_dirty(*herd[0], Lane::fanout);
  loop.mark_dirty(*herd[1], Lane::fanout);
  herd[0]->unlink();
  turn(loop);
  CHECK(counters.get(Gauge::fanout_queue) == 0);
}

TEST_CASE("loop: a watcher is told when those are served who waited, whoever comes behind them") {
  struct Watcher final : FanoutWatcher {
    void on_fanned_out(uint64_t told) override { turn = told; }
    uint64_t turn = 0;
  } watcher;
  Loop loop(0);  // the smallest slice: eight items
  REQUIRE(loop.open() == Status::ok);
  // Like a download: there is always more.
  Item download([&](Item& self) { loop.mark_dirty(self, Lane::fanout); });
  loop.mark_dirty(download, Lane::fanout);
  turn(loop, 3);
  int served = 0;
  std::vector<std::unique_ptr<Item>> herd;
  for (int i = 0; i < 20; ++i) herd.push_back(std::make_unique<Item>([&](Item&) { ++served; }));
  // As a publication does it: its channel is flushed with the answers, and wakes the herd.
  Item channel([&](Item&) {
    for (const auto& item : herd) loop.mark_dirty(*item, Lane::fanout);
  });
  SUBCASE("published before the answers") {
    loop.mark_dirty(channel, Lane::answer);
    loop.watch_fanout(watcher);
    const uint64_t marked = loop.turn();
    turn(loop, 2);
    CHECK(served < 20);
    CHECK(watcher.turn == 0);
    turn(loop, 2);
    CHECK(served == 20);
    CHECK(watcher.turn > marked);
  }
  SUBCASE("published from the lane of those who want to come in") {
    uint64_t marked = 0;
    Item request([&](Item&) {
      loop.mark_dirty(channel, Lane::answer);
      loop.watch_fanout(watcher);
      marked = loop.turn();
    });
    loop.mark_dirty(request, Lane::admission);
    turn(loop, 1);
    CHECK(watcher.turn == 0);
    turn(loop, 5);
    CHECK(served == 20);
    CHECK(watcher.turn > marked);
  }
  SUBCASE("nobody is there") {
    download.unlink();
    loop.watch_fanout(watcher);
    turn(loop, 1);
    CHECK(watcher.turn == loop.turn());
  }
  download.unlink();
}

TEST_CASE("loop: an item may be destroyed by another's flush") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  for (const Lane lane : {Lane::answer, Lane::fanout}) {
    auto doomed = std::make_unique<Item>([](Item&) { FAIL("it is gone"); });
    Item killer([&](Item&) { doomed.reset(); });
    loop.mark_dirty(killer, lane);
    loop.mark_dirty(*doomed, lane);
    turn(loop, 2);
    CHECK(killer.flushed == 1);
  }
}

TEST_CASE("loop: what timers and mails mark is flushed without waiting for the poll") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  Item item([](Item&) {});
  MailFates fates;
  loop.post_always(test_mail(fates, [&] { loop.mark_dirty(item, Lane::fanout); }));
  uv_run(loop.uv(), UV_RUN_ONCE);
  CHECK(item.flushed == 1);
  // The wheel's callbacks run before the poll, which must not wait then: the mark is served in the
  // same turn.
  struct Marker {
    Loop& loop;
    Item item;
    uint64_t marked_in = 0;
    uint64_t flushed_in = 0;
  } marker{loop, Item([&](Item&) {
             marker.flushed_in = loop.turn();
             loop.stop();
           })};
  Timer timer(
      [](void* self) {
        auto& m = *static_cast<Marker*>(self);
        m.marked_in = m.loop.turn();
        m.loop.mark_dirty(m.item, Lane::answer);
      },
      &marker);
  timer.arm(loop.timers(), 0);
  loop.run();
  CHECK(marker.marked_in > 0);
  CHECK(marker.flushed_in == marker.marked_in + 1);
}

TEST_CASE("loop: mails from many threads arrive in order, then the loop stops") {
  constexpr int kThreads = 4, kMails = 2000;
  Loop loop(1000, 64);
  REQUIRE(loop.open() == Status::ok);
  MailFates fates;
  std::vector<int> next(kThreads, 0);
  bool in_order = true;
  int left = kThreads;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kMails; ++n) {
        std::unique_ptr<Mail> mail = test_mail(fates, [&, t, n] {
          in_order = in_order && next[t] == n;
          next[t] = n + 1;
        });
        while (loop.post(mail) == Status::full) std::this_thread::yield();
      }
      loop.post_always(test_mail(fates, [&] {
        if (--left == 0) loop.stop();
      }));
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  CHECK(in_order);
  CHECK(next == std::vector<int>(kThreads, kMails));
}

TEST_CASE("loop: a full mailbox says so and takes nothing") {
  Loop loop(1000, 1);
  REQUIRE(loop.open() == Status::ok);
  MailFates fates;
  std::unique_ptr<Mail> first = test_mail(fates), second = test_mail(fates);
  CHECK(loop.post(first) == Status::ok);
  CHECK(loop.post(second) == Status::full);
  CHECK(second != nullptr);
  loop.post_always(std::move(second));
  turn(loop, 2);
  CHECK(fates.delivered == 2);
}

TEST_CASE("loop: mail to a loop that has stopped is destroyed with it, undelivered") {
  MailFates fates;
  {
    Loop loop(1000);
    REQUIRE(loop.open() == Status::ok);
    loop.post_always(test_mail(fates, [&] {
      loop.stop();
      loop.post_always(test_mail(fates, [] { FAIL("it has stopped"); }));
    }));
    loop.run();
    std::thread([&] { loop.post_always(test_mail(fates, [] { FAIL("it has stopped"); })); }).join();
    CHECK(fates.delivered == 1);
  }
  CHECK(fates.destroyed == 3);
}

TEST_CASE("loop: run goes on until the handles of others are closed too") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  struct Foreign {
    uv_timer_t timer;
    Loop* loop;
    bool closed = false;
  } foreign{{}, &loop};
  uv_timer_init(loop.uv(), &foreign.timer);
  foreign.timer.data = &foreign;
  uv_timer_start(
      &foreign.timer,
      [](uv_timer_t* timer) {
        uv_close(reinterpret_cast<uv_handle_t*>(timer),
                 [](uv_handle_t* handle) { static_cast<Foreign*>(handle->data)->closed = true; });
      },
      5, 0);
  MailFates fates;
  loop.post_always(test_mail(fates, [&] { loop.stop(); }));
  loop.run();
  CHECK(foreign.closed);
}

TEST_CASE("loop: the clock stands still within a turn, and turns are counted") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  uint64_t first = 0, second = 0;
  Item item([&](Item&) {
    first = loop.now_ms();
    burn(3000);
    second = loop.now_ms();
  });
  const uint64_t before = loop.turn();
  loop.mark_dirty(item, Lane::answer);
  turn(loop);
  CHECK(first == second);
  CHECK(first > 0);
  CHECK(loop.turn() == before + 1);
}

TEST_CASE("loop: a batch is submitted behind each lane, and its time counts") {
  struct Batch final : FlushBatch {
    void submit() override { order += '|'; }
    uint64_t pending_us() const override { return us; }
    std::string order;
    uint64_t us = 0;
  } batch;
  Loop loop(1'000'000);
  REQUIRE(loop.open() == Status::ok);
  loop.set_batch(&batch);
  Item a([&](Item&) { batch.order += 'a'; });
  Item x([&](Item&) { batch.order += 'x'; });
  loop.mark_dirty(x, Lane::fanout);
  loop.mark_dirty(a, Lane::answer);
  turn(loop);
  CHECK(batch.order == "a|x|");
  // As much as the slice is waiting: the others are for the next turn.
  batch.us = 2'000'000;
  std::vector<std::unique_ptr<Item>> many;
  for (int i = 0; i < 20; ++i) {
    many.push_back(std::make_unique<Item>([&](Item&) { batch.order += 'm'; }));
    loop.mark_dirty(*many.back(), Lane::fanout);
  }
  batch.order.clear();
  turn(loop);
  CHECK(batch.order == "|mmmmmmmm|");
  batch.us = 0;
  turn(loop);
  CHECK(batch.order == "|mmmmmmmm||mmmmmmmmmmmm|");
  loop.set_batch(nullptr);
}

}  // namespace fce
