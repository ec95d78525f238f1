// SPDX-License-Identifier: Apache-2.0
#include "loop/workers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "loop/mails.h"

namespace fce {
namespace {

struct Fates {
  std::atomic<int> worked{0};
  std::atomic<int> done{0};
  std::atomic<int> destroyed{0};
};

class TestJob final : public Job {
 public:
  TestJob(Fates& fates, std::function<void()> work, std::function<void()> done)
      : fates_(fates), work_(std::move(work)), done_(std::move(done)) {}
  ~TestJob() override { ++fates_.destroyed; }
  void work() override {
    ++fates_.worked;
    work_();
  }
  void done() override {
    ++fates_.done;
    done_();
  }

 private:
  Fates& fates_;
  std::function<void()> work_, done_;
};

std::unique_ptr<Job> job(
    Fates& fates, std::function<void()> work = [] {}, std::function<void()> done = [] {}) {
  return std::make_unique<TestJob>(fates, std::move(work), std::move(done));
}

// Holds workers until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace

TEST_CASE("workers: work on a worker, done on the loop's thread") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  Fates fates;
  Workers workers(3, 1000);
  constexpr int kJobs = 200;
  const auto here = std::this_thread::get_id();
  std::atomic<int> elsewhere{0};
  int at_home = 0;
  for (int i = 0; i < kJobs; ++i) {
    auto one = job(
        fates, [&] { elsewhere += std::this_thread::get_id() != here; },
        [&] {
          at_home += std::this_thread::get_id() == here;
          if (at_home == kJobs) loop.stop();
        });
    REQUIRE(workers.submit(one, loop) == Status::ok);
    CHECK(one == nullptr);
  }
  loop.run();
  CHECK(elsewhere == kJobs);
  CHECK(at_home == kJobs);
  workers.stop();
  CHECK(fates.destroyed == kJobs);
}

TEST_CASE("workers: a full queue takes nothing; jobs that wait are dropped by a stop") {
  Loop loop(1000);
  REQUIRE(loop.open() == Status::ok);
  Fates fates;
  Gate gate;
  Workers workers(2, 3);
  for (int i = 0; i < 2; ++i) {
    auto one = job(fates, [&] { gate.pass(); });
    REQUIRE(workers.submit(one, loop) == Status::ok);
    gate.wait_for(i + 1);
  }
  for (int i = 0; i < 3; ++i) {
    auto one = job(fates);
    REQUIRE(workers.submit(one, loop) == Status::ok);
  }
  auto more = job(fates);
  CHECK(workers.submit(more, loop) == Status::full);
  REQUIRE(more != nullptr);

  std::thread stopper([&] { workers.stop(); });
  // A pool that stops takes no job: from then on the two that run may end.
  while (workers.submit(more, loop) != Status::bad_state) std::this_thread::yield();
  gate.open();
  stopper.join();
  CHECK(fates.worked == 2);
  CHECK(fates.destroyed == 3);
  MailFates mails;
  loop.post_always(test_mail(mails, [&] { loop.stop(); }));
  loop.run();
  CHECK(fates.done == 2);
  more.reset();
  CHECK(fates.destroyed == 6);
}

TEST_CASE("workers: a job whose loop has stopped is destroyed without done") {
  Fates fates;
  {
    Loop loop(1000);
    REQUIRE(loop.open() == Status::ok);
    loop.stop();
    loop.run();
    Workers workers(1, 10);
    auto one = job(fates);
    REQUIRE(workers.submit(one, loop) == Status::ok);
    while (fates.worked == 0) std::this_thread::yield();
    workers.stop();
    workers.stop();
  }
  CHECK(fates.done == 0);
  CHECK(fates.destroyed == 1);
}

}  // namespace fce
