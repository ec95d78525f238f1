// SPDX-License-Identifier: Apache-2.0
// The subscribe hook: code of the embedding program that decides about a subscription what no token
// can say. It answers on any thread, at once or later, also after the client, the shard or the node
// has gone.
#pragma once

#include <fcedge/pubsub.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/list.h"
#include "base/status.h"
#include "loop/timer.h"
#include "pubsub/key.h"

namespace fce {

class Counters;
class HookDesk;
class HookWait;
class Loop;
struct HookGate;

// What the hook is asked.
struct HookQuestion {
  ChannelKey key;
  std::string user;  // "" nobody in particular
  std::vector<std::string> groups;
  std::string peer;   // the client's address
  std::string after;  // the position that it wants to resume from
};

struct HookVerdict {
  enum class Kind : uint8_t { allowed, forbidden, unauthorized, busy };
  Kind kind = Kind::allowed;
  std::string message;  // for the client
};

// The hook of a node, with what is released when it goes.
class SubscribeHook {
 public:
  static constexpr uint32_t kLimitMs = 5000;

  SubscribeHook(fce_subscribe_fn hook, uint32_t limit_ms, void* user, fce_release_fn release)
      : hook_(hook),
        limit_ms_(limit_ms != 0 ? limit_ms : kLimitMs),
        user_(user),
        release_(release) {}
  ~SubscribeHook() {
    if (release_) release_(user_);
  }
  SubscribeHook(const SubscribeHook&) = delete;
  SubscribeHook& operator=(const SubscribeHook&) = delete;

  void call(fce_subscription* subscription) const { hook_(subscription, user_); }
  uint32_t limit_ms() const { return limit_ms_; }

 private:
  const fce_subscribe_fn hook_;
  const uint32_t limit_ms_;
  void* const user_;
  const fce_release_fn release_;
};

// Who waits for the hook's answer. It may go before that: the answer then reaches nobody. Shard's
// thread only.
class HookWait : public ListNode<HookWait> {
 public:
  HookWait() : timer_(&on_time, this) {}
  virtual ~HookWait() { forget(); }

 protected:
  // Exactly one of them after a HookDesk::ask that went well, once, and later than that call: the
  // verdict, or the hub has stopped before. Either may be the end of this object.
  virtual void on_verdict(const HookVerdict& verdict) = 0;
  virtual void on_shut() {}

 private:
  friend class HookDesk;
  friend struct ::fce_subscription;
  static void on_time(void* self);
  void forget();

  HookDesk* desk_ = nullptr;
  fce_subscription* given_ = nullptr;  // in the hands of the hook
  uint64_t asked_us_ = 0;
  Timer timer_;
};

// The questions of one shard that are in the hands of the hook.
class HookDesk {
 public:
  // So many questions may be in the hands of the hook, also those that nobody waits for any more:
  // clients can leave faster than the hook decides.
  static constexpr uint32_t kQuestionsMax = 10'000;
  static constexpr const char* kTooMany =
      "too many subscriptions are being decided about: try again later";

  HookDesk(Loop& loop, Counters& counters);
  ~HookDesk();

  // Calls the hook. FCE_ENOBUFS when it has kQuestionsMax already. Shard's thread, before `shut`.
  Status ask(const SubscribeHook& hook, HookQuestion question, HookWait& wait);
  // Nobody is told any more: what comes back from now on is only freed. Shard's thread.
  void shut();

  // Any thread: ends the hook's ownership. FCE_ECANCELED when the shard has ended.
  static Status give_back(fce_subscription* given, HookVerdict verdict);

 private:
  friend class HookWait;
  void tell(HookWait& wait, const HookVerdict& verdict);

  Loop& loop_;
  Counters& counters_;
  std::shared_ptr<HookGate> gate_;
  List<HookWait> waiting_;

  class VerdictMail;
};

// The way back to the shard.
struct HookGate {
  std::atomic<uint32_t> questions{0};  // that exist; any thread may free one
  std::mutex mutex;
  Loop* loop = nullptr;  // null once it is shut
  HookDesk* desk = nullptr;
};

}  // namespace fce

// A question in the hands of C code, which owns it and only reads it.
struct fce_subscription {
  fce_subscription(fce::HookQuestion its_question, fce::HookWait& its_wait,
                   std::shared_ptr<fce::HookGate> its_gate)
      : question(std::move(its_question)), gate(std::move(its_gate)), wait(&its_wait) {
    gate->questions.fetch_add(1, std::memory_order_relaxed);
  }
  ~fce_subscription() {
    gate->questions.fetch_sub(1, std::memory_order_relaxed);
    if (wait) wait->given_ = nullptr;
  }

  const fce::HookQuestion question;
  const std::shared_ptr<fce::HookGate> gate;
  fce::HookWait* wait;  // for the shard's thread; null: nobody waits any more
};
