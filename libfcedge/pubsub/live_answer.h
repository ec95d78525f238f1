// SPDX-License-Identifier: Apache-2.0
// The inside of a live session: what it waits for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "loop/mailbox.h"
#include "pubsub/live_session.h"
#include "pubsub/presence_desk.h"
#include "pubsub/subscribe_hook.h"

namespace fce {

// A subscription that may begin once nobody objects.
struct LiveSession::Start {
  CommandRef ref;
  ChannelKey key;
  Position position;
  bool watch;
};

// One about which the hook is asked.
class LiveSession::Asked final : public HookWait {
 public:
  Asked(LiveSession& session, Start its_start) : start(std::move(its_start)), session_(session) {}
  const Start start;

 private:
  void on_verdict(const HookVerdict& verdict) override { session_.on_verdict(*this, verdict); }
  LiveSession& session_;
};

// The outcome of a publication comes back from the channel's home shard, by mail to the session's.
class LiveSession::PublishAnswer final : public Mail {
 public:
  PublishAnswer(LiveSession& session, CommandRef ref)
      : loop_(session.hub_.loop()), anchor_(session.anchor()), ref_(ref) {}
  void deliver() override {
    if (anchor_->session) anchor_->session->on_published(ref_, status_, id_);
  }
  static void on_published(int status, const char* id, void* user);

 private:
  Loop& loop_;
  const std::shared_ptr<Anchor> anchor_;
  const CommandRef ref_;
  Status status_ = Status::ok;
  std::string id_;
};

// Likewise who is on a channel.
class LiveSession::PresenceAnswer final : public PresenceQuery {
 public:
  PresenceAnswer(LiveSession& session, CommandRef ref)
      : loop_(session.hub_.loop()), anchor_(session.anchor()), ref_(ref) {}
  void on_presence(uint32_t count, const std::vector<std::string>* members) override;

 private:
  class Answer;
  Loop& loop_;
  const std::shared_ptr<Anchor> anchor_;
  const CommandRef ref_;
};

}  // namespace fce
