// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_wait.h"

#include <utility>

#include "auth/bearer.h"
#include "pubsub/feed_handler.h"
#include "pubsub/hub.h"

namespace fce {

void FeedWait::ask(const FeedOpener& handler, const SubscribeHook& hook, Exchange& exchange,
                   Hub& hub, const ChannelKey& key, const FeedOpener::Who& who) {
  HookQuestion question;
  question.key = key;
  question.peer = exchange.peer.text();
  question.after = FeedHandler::position_text(exchange.request);
  if (who) {
    question.user = who->user;
    question.groups = who->groups;
  }
  auto* wait = new FeedWait(handler, exchange, hub, key, who);
  if (hub.hooks().ask(hook, std::move(question), *wait) == Status::ok) return;
  FeedHandler::refuse_for_now(exchange, hub, last_error());
  delete wait;
}

void FeedWait::on_verdict(const HookVerdict& verdict) {
  if (!exchange_.answered() && !exchange_.client_gone()) answer(verdict);
  delete this;
}

void FeedWait::on_shut() {
  exchange_.abort();
  delete this;
}

void FeedWait::answer(const HookVerdict& verdict) {
  const auto refuse = [&](uint16_t status, std::string_view why,
                          std::span<const Header> headers = {}) {
    hub_.counters().add(Counter::subscribe_forbidden);
    exchange_.respond_text(status, verdict.message.empty() ? why : verdict.message, headers);
  };
  switch (verdict.kind) {
    // Much may have happened meanwhile.
    case HookVerdict::Kind::allowed:
      if (FeedHandler::check(exchange_, hub_, key_)) handler_.open(exchange_, hub_, key_, who_);
      return;
    case HookVerdict::Kind::forbidden: return refuse(403, "no right to subscribe");
    case HookVerdict::Kind::unauthorized:
      return refuse(401, "no right to subscribe without a token", kBearerChallenge);
    case HookVerdict::Kind::busy:
      return FeedHandler::refuse_for_now(
          exchange_, hub_,
          verdict.message.empty() ? "try again later" : std::string_view(verdict.message));
  }
}

}  // namespace fce
