// SPDX-License-Identifier: Apache-2.0
#include "loop/loop.h"

#include <uv.h>

#include <utility>

#include "base/fatal.h"

namespace fce {

// libuv's handles refer to the loop by address, so they live apart from the class.
struct Loop::Handles {
  uv_loop_t loop;
  uv_check_t check;      // end of a turn
  uv_prepare_t prepare;  // what was marked outside of the poll must not wait for it
  uv_idle_t idle;        // runs while something is left to flush, so that the poll returns at once
  uv_async_t async;      // the mailbox's bell
  uv_timer_t ticks;      // moves the timer wheel
  std::atomic<bool> open{false};
};

Loop::Loop(uint32_t fanout_us, uint32_t mailbox_capacity)
    : fanout_us_(fanout_us),
      handles_(std::make_unique<Handles>()),
      wheel_(monotonic_us() / 1000),
      mailbox_(mailbox_capacity) {}

Loop::~Loop() {
  if (!uv_) return;
  if (handles_->open.load()) {
    // Never run, or stopped before `run`: close the own handles here.
    stop();
    uv_run(uv_, UV_RUN_DEFAULT);
  }
  if (uv_loop_close(uv_) != 0) fatal("a loop was destroyed with open handles");
}

Status Loop::open() {
  if (uv_loop_init(&handles_->loop) != 0) return fail(Status::io, "cannot make an event loop");
  uv_ = &handles_->loop;
  uv_check_init(uv_, &handles_->check);
  uv_prepare_init(uv_, &handles_->prepare);
  uv_idle_init(uv_, &handles_->idle);
  uv_timer_init(uv_, &handles_->ticks);
  const auto on_bell = [](uv_async_t* async) {
    auto* loop = static_cast<Loop*>(async->data);
    loop->begin_turn();
    loop->mailbox_.drain();
  };
  if (uv_async_init(uv_, &handles_->async, on_bell) != 0) fatal("cannot make an eventfd");
  handles_->check.data = handles_->prepare.data = handles_->idle.data = handles_->ticks.data =
      handles_->async.data = this;
  uv_check_start(&handles_->check,
                 [](uv_check_t* check) { static_cast<Loop*>(check->data)->end_turn(); });
  uv_prepare_start(&handles_->prepare, [](uv_prepare_t* prepare) {
    auto* loop = static_cast<Loop*>(prepare->data);
    if (loop->dirty()) {
      loop->keep_turning(true);
    } else {
      loop->measure_turn();  // of timers: waiting in the poll is no part of it
    }
  });
  const auto on_tick = [](uv_timer_t* timer) {
    auto* loop = static_cast<Loop*>(timer->data);
    loop->begin_turn();
    loop->wheel_.advance(uv_now(loop->uv_));
  };
  uv_timer_start(&handles_->ticks, on_tick, TimerWheel::kTickMs, TimerWheel::kTickMs);
  handles_->open.store(true);
  return Status::ok;
}

void Loop::run() { uv_run(uv_, UV_RUN_DEFAULT); }

void Loop::stop() {
  if (!handles_->open.exchange(false)) return;
  for (auto* handle : {reinterpret_cast<uv_handle_t*>(&handles_->check),
                       reinterpret_cast<uv_handle_t*>(&handles_->prepare),
                       reinterpret_cast<uv_handle_t*>(&handles_->idle),
                       reinterpret_cast<uv_handle_t*>(&handles_->async),
                       reinterpret_cast<uv_handle_t*>(&handles_->ticks)})
    uv_close(handle, nullptr);
}

uint64_t Loop::now_ms() const { return uv_now(uv_); }

void Loop::end_turn() {
  ++turn_;
  if (dirty()) begin_turn();
  // What marks itself dirty again while it is flushed waits for the next turn.
  List<Flushable> answers;
  answers.splice_back(dirty_[0]);
  while (Flushable* item = answers.pop_front()) item->flush();
  if (batch_) batch_->submit();
  if (watcher_ && !mark_.linked()) place_mark();
  if (!dirty_[2].empty()) flush_admission();
  if (!dirty_[1].empty()) flush_fanout();
  if (mark_.passed) tell_watcher();
  keep_turning(dirty());
  measure_turn();
}

void Loop::place_mark() {
  mark_.turn = turn_;
  if (dirty_[1].empty()) {
    mark_.passed = true;
  } else {
    mark_dirty(mark_, Lane::fanout);
  }
}

void Loop::tell_watcher() {
  mark_.passed = false;
  std::exchange(watcher_, nullptr)->on_fanned_out(mark_.turn);
}

// One at least: each is a step of a handshake, which costs more than a look at the clock.
void Loop::flush_admission() {
  const uint64_t end = monotonic_us() + admission_us_;
  List<Flushable> now;
  now.splice_back(dirty_[2]);
  do {
    now.pop_front()->flush();
  } while (!now.empty() && monotonic_us() < end);
  now.splice_back(dirty_[2]);
  dirty_[2].splice_back(now);
}

void Loop::flush_fanout() {
  // The clock is read every few items only: it costs as much as the smallest of them.
  const uint64_t begin = monotonic_us();
  List<Flushable> now;
  now.splice_back(dirty_[1]);
  do {
    for (int i = 0; i < 8; ++i) {
      Flushable* item = now.pop_front();
      if (!item) break;
      if (fanout_waiting_ > 0) --fanout_waiting_;
      item->flush();
    }
  } while (!now.empty() &&
           monotonic_us() + (batch_ ? batch_->pending_us() : 0) < begin + fanout_us_);
  if (batch_) batch_->submit();
  // Those that were not reached go before those that came meanwhile.
  now.splice_back(dirty_[1]);
  dirty_[1].splice_back(now);
  if (dirty_[1].empty()) fanout_waiting_ = 0;
  if (!counters_) return;
  counters_->record(Histogram::fanout_slice, monotonic_us() - begin);
  counters_->set(Gauge::fanout_queue, fanout_waiting_);
}

void Loop::measure_turn() {
  if (turn_began_us_ == 0) return;
  const uint64_t us = monotonic_us() - std::exchange(turn_began_us_, 0);
  if (!counters_) return;
  const size_t bucket = LogHistogram::bucket_of(us);
  counters_->at(Histogram::loop_turn).record(bucket, us, 1);
  if (answers_ > 0)
    counters_->at(Histogram::http_answer).record(bucket, us, std::exchange(answers_, 0));
}

void Loop::answered_late(uint64_t began_us) {
  if (counters_ && began_us != 0)
    counters_->record(Histogram::http_answer, monotonic_us() - began_us);
}

void Loop::keep_turning(bool on) {
  if (on == turning_ || !handles_->open.load(std::memory_order_relaxed)) return;
  turning_ = on;
  if (on) {
    uv_idle_start(&handles_->idle, [](uv_idle_t*) {});
  } else {
    uv_idle_stop(&handles_->idle);
  }
}

Status Loop::post(std::unique_ptr<Mail>& mail) {
  switch (mailbox_.post(mail)) {
    case Mailbox::Post::first: wake(); [[fallthrough]];
    case Mailbox::Post::more: return Status::ok;
    case Mailbox::Post::full: break;
  }
  return Status::full;
}

void Loop::post_always(std::unique_ptr<Mail> mail) {
  if (mailbox_.post(mail, true) == Mailbox::Post::first) wake();
}

void Loop::wake() {
  if (handles_->open.load()) uv_async_send(&handles_->async);
}

}  // namespace fce
