// SPDX-License-Identifier: Apache-2.0
// FeedWait: the request for a channel about which the subscribe hook is asked. It owns itself.
#pragma once

#include "http/exchange.h"
#include "pubsub/feed_opener.h"
#include "pubsub/subscribe_hook.h"

namespace fce {

class FeedWait final : private HookWait {
 public:
  // `handler` is kept by the exchange's route table.
  static void ask(const FeedOpener& handler, const SubscribeHook& hook, Exchange& exchange,
                  Hub& hub, const ChannelKey& key, const FeedOpener::Who& who);

 private:
  FeedWait(const FeedOpener& handler, Exchange& exchange, Hub& hub, const ChannelKey& key,
           const FeedOpener::Who& who)
      : handler_(handler), exchange_(exchange), hub_(hub), key_(key), who_(who) {
    exchange_.ref();
  }
  ~FeedWait() override { exchange_.unref(); }
  void on_verdict(const HookVerdict& verdict) override;
  void on_shut() override;
  void answer(const HookVerdict& verdict);

  const FeedOpener& handler_;
  Exchange& exchange_;
  Hub& hub_;
  const ChannelKey key_;
  const FeedOpener::Who who_;
};

}  // namespace fce
