// SPDX-License-Identifier: Apache-2.0
#include "pubsub/live_answer.h"

#include <utility>

#include "loop/loop.h"
#include "pubsub/presence.h"

namespace fce {

void LiveSession::PublishAnswer::on_published(int status, const char* id, void* user) {
  std::unique_ptr<PublishAnswer> answer(static_cast<PublishAnswer*>(user));
  answer->status_ = static_cast<Status>(status);
  answer->id_ = id;
  // A publication that is cancelled at the node's end: the session's own loop may be gone.
  if (answer->status_ == Status::canceled) return;
  Loop& loop = answer->loop_;
  loop.post_always(std::move(answer));
}

class LiveSession::PresenceAnswer::Answer final : public Mail {
 public:
  Answer(std::shared_ptr<Anchor> anchor, CommandRef ref, std::string ok)
      : anchor_(std::move(anchor)), ref_(ref), ok_(std::move(ok)) {}
  void deliver() override {
    if (anchor_->session) anchor_->session->answer_ok(ref_, ok_);
  }

 private:
  const std::shared_ptr<Anchor> anchor_;
  const CommandRef ref_;
  const std::string ok_;
};

void LiveSession::PresenceAnswer::on_presence(uint32_t count,
                                              const std::vector<std::string>* members) {
  loop_.post_always(std::make_unique<Answer>(anchor_, ref_, presence_json(count, members)));
}

}  // namespace fce
