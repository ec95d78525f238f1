// SPDX-License-Identifier: Apache-2.0
#include "pubsub/subscribe_hook.h"

#include <utility>

#include "base/time.h"
#include "loop/loop.h"
#include "metrics/counters.h"

namespace fce {

// Brings the verdict to the shard. Destroyed without delivery when the shard has ended.
class HookDesk::VerdictMail final : public Mail {
 public:
  VerdictMail(fce_subscription* given, HookVerdict verdict)
      : given_(given), verdict_(std::move(verdict)) {}
  void deliver() override {
    // The gate is not shut as long as somebody waits.
    if (given_->wait) given_->gate->desk->tell(*given_->wait, verdict_);
  }

 private:
  std::unique_ptr<fce_subscription> given_;
  const HookVerdict verdict_;
};

void HookWait::forget() {
  timer_.cancel();
  unlink();
  if (given_) std::exchange(given_, nullptr)->wait = nullptr;
}

void HookWait::on_time(void* self) {
  auto* wait = static_cast<HookWait*>(self);
  wait->desk_->counters_.add(Counter::limit_hook_time);
  wait->desk_->tell(*wait, {HookVerdict::Kind::busy, "the subscription was not decided in time"});
}

HookDesk::HookDesk(Loop& loop, Counters& counters)
    : loop_(loop), counters_(counters), gate_(std::make_shared<HookGate>()) {
  gate_->loop = &loop;
  gate_->desk = this;
}

HookDesk::~HookDesk() { shut(); }

Status HookDesk::ask(const SubscribeHook& hook, HookQuestion question, HookWait& wait) {
  if (gate_->questions.load(std::memory_order_relaxed) >= kQuestionsMax) {
    counters_.add(Counter::limit_hooks);
    return fail(Status::full, kTooMany);
  }
  auto* given = new fce_subscription(std::move(question), wait, gate_);
  wait.desk_ = this;
  wait.given_ = given;
  wait.asked_us_ = monotonic_us();
  waiting_.push_back(&wait);
  wait.timer_.arm(loop_.timers(), hook.limit_ms());
  counters_.add(Counter::hook_calls);
  // The last act: the answer comes by mail, even one that is given within this call.
  hook.call(given);
  return Status::ok;
}

void HookDesk::tell(HookWait& wait, const HookVerdict& verdict) {
  wait.forget();
  counters_.record(Histogram::hook, monotonic_us() - wait.asked_us_);
  if (verdict.kind != HookVerdict::Kind::allowed) counters_.add(Counter::hook_refusals);
  wait.on_verdict(verdict);
}

void HookDesk::shut() {
  List<HookWait> left;
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->loop = nullptr;
    gate_->desk = nullptr;
    // Questions belong to the hook, and from now on any thread may free them.
    while (HookWait* wait = waiting_.front()) {
      wait->forget();
      left.push_back(wait);
    }
  }
  while (HookWait* wait = left.pop_front()) wait->on_shut();
}

Status HookDesk::give_back(fce_subscription* given, HookVerdict verdict) {
  std::unique_ptr<fce_subscription> owned(given);
  const auto gate = given->gate;
  const std::lock_guard lock(gate->mutex);
  if (!gate->loop) return fail(Status::canceled, "the node has stopped");
  gate->loop->post_always(std::make_unique<VerdictMail>(owned.release(), std::move(verdict)));
  return Status::ok;
}

}  // namespace fce
