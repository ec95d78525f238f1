// SPDX-License-Identifier: Apache-2.0
// Loop: one uv_loop on one thread. A turn is a frame: sockets are read and handlers run, then the
// mailbox is taken, then every dirty object is flushed once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/list.h"
#include "base/status.h"
#include "base/time.h"
#include "loop/mailbox.h"
#include "loop/timer.h"
#include "metrics/counters.h"

struct uv_loop_s;

namespace fce {

// Something that has output to flush at the end of the turn.
class Flushable : public ListNode<Flushable> {
 public:
  virtual void flush() = 0;

 protected:
  ~Flushable() = default;
};

// What flushes leave to be done for many of them at once.
class FlushBatch {
 public:
  // Called after the last flush of each lane.
  virtual void submit() = 0;
  // How long that will take, about.
  virtual uint64_t pending_us() const = 0;

 protected:
  ~FlushBatch() = default;
};

// Somebody who wants to know when a herd has been served.
class FanoutWatcher {
 public:
  // What waited for fan-out when the answers of turn `turn` had been flushed has had its part, and
  // all of it is submitted. So that is done with whatever was told to the answer lane before.
  virtual void on_fanned_out(uint64_t turn) = 0;

 protected:
  ~FanoutWatcher() = default;
};

// Answers go before fan-out, so that a herd does not hold up a request; and between them those who
// want to come in, so that neither holds up the other.
enum class Lane : uint8_t { answer, fanout, admission };

class Loop {
 public:
  // `fanout_us`: how long the fan-out lane may run per turn.
  explicit Loop(uint32_t fanout_us, uint32_t mailbox_capacity = 65'536);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Status open();
  // Runs turns until `stop`; then until every handle of the loop is closed.
  void run();
  // Closes the loop's own handles, so that `run` returns once all others are closed too. On the
  // loop's thread.
  void stop();

  uv_loop_s* uv() { return uv_; }
  TimerWheel& timers() { return wheel_; }
  // The time when this turn began. It does not move within a turn.
  uint64_t now_ms() const;
  // Where turns are timed; without it they are not. Before `run`.
  void count_in(Counters& counters) { counters_ = &counters; }
  // How long the admission lane may run per turn.
  void set_admission_us(uint32_t us) { admission_us_ = us; }
  // For callbacks of libuv, first of all: from here on the turn holds up others.
  void begin_turn() {
    if (turn_began_us_ == 0) turn_began_us_ = monotonic_us();
  }
  // When that was. It does not move within a turn either.
  uint64_t turn_began_us() {
    begin_turn();
    return turn_began_us_;
  }
  // A request that came at `began_us`, or with 0 was refused before, is answered. If that was in
  // this turn, it took the time of the turn, to the end of the flush: so many answers cost no look
  // at the clock for each.
  void answered(uint64_t began_us) {
    if (began_us == turn_began_us_) {
      ++answers_;
    } else {
      answered_late(began_us);
    }
  }
  // A number that grows with each turn, for budgets per turn.
  uint64_t turn() const { return turn_; }

  // Has `item` flushed at the end of this turn. Again is harmless; the answer lane wins.
  void mark_dirty(Flushable& item, Lane lane) {
    if (!item.linked()) {
      dirty_[static_cast<size_t>(lane)].push_back(&item);
      if (lane == Lane::fanout) ++fanout_waiting_;
    } else if (lane == Lane::answer) {
      dirty_[0].push_back(&item);
    }
  }

  // Tells it once, when those who wait in the fan-out lane behind the next answers have been
  // served, whoever has come to the lane since. There is one at a time, and it outlives the turns.
  void watch_fanout(FanoutWatcher& watcher) { watcher_ = &watcher; }
  // Has the loop submit it; null: none any more.
  void set_batch(FlushBatch* batch) { batch_ = batch; }

  // From any thread. `full` when the box has no room: nothing was taken, `mail` stays the caller's.
  Status post(std::unique_ptr<Mail>& mail);
  // The same without a bound, for answers to this loop's own questions and for control.
  void post_always(std::unique_ptr<Mail> mail);
  uint32_t mail_waiting() const { return mailbox_.size(); }  // any thread

 private:
  struct Handles;
  // Stands in the fan-out lane behind those whom the watcher asks about.
  struct Mark final : Flushable {
    void flush() override { passed = true; }
    uint64_t turn = 0;
    bool passed = false;
  };
  void end_turn();
  void place_mark();
  void tell_watcher();
  void flush_admission();
  void flush_fanout();
  void measure_turn();
  void answered_late(uint64_t began_us);
  bool dirty() const { return !dirty_[0].empty() || !dirty_[1].empty() || !dirty_[2].empty(); }
  void wake();
  void keep_turning(bool on);

  const uint32_t fanout_us_;
  uint32_t admission_us_ = 2000;
  uv_loop_s* uv_ = nullptr;
  FlushBatch* batch_ = nullptr;
  FanoutWatcher* watcher_ = nullptr;
  std::unique_ptr<Handles> handles_;
  TimerWheel wheel_;
  Mailbox mailbox_;
  List<Flushable> dirty_[3];
  Mark mark_;
  uint64_t turn_ = 1;
  Counters* counters_ = nullptr;
  uint64_t turn_began_us_ = 0;   // 0 between turns
  uint32_t answers_ = 0;         // to requests of this turn
  uint32_t fanout_waiting_ = 0;  // those that unlink themselves count until the lane is empty
  bool turning_ = false;         // the idle handle runs, so that the poll does not wait
};

}  // namespace fce
