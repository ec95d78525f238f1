// SPDX-License-Identifier: Apache-2.0
#include "pubsub/outbox.h"

#include <algorithm>

#include "pubsub/hub.h"

namespace fce {

void BatchMail::add(const HomeChannel& channel, uint64_t from) {
  const Ring& ring = channel.ring();
  from = std::max(from, ring.oldest());
  runs_.push_back({channel.key(), from, static_cast<size_t>(ring.next() - from)});
  for (uint64_t n = from; n != ring.next(); ++n) messages_.push_back(ring.at(n));
}

void BatchMail::deliver() {
  Message* messages = messages_.data();
  for (const Run& run : runs_) {
    if (ReplicaChannel* replica = to_.find_replica(run.key)) {
      switch (kind_) {
        case Kind::live: replica->take_live(run.first, messages, run.count); break;
        case Kind::snapshot: replica->take_snapshot(run.first, messages, run.count); break;
        case Kind::rest: replica->take_rest(run.first, messages, run.count); break;
      }
    }
    messages += run.count;
  }
}

void Outbox::add(Interest& interest) {
  if (!interest.linked()) waiting_.push_back(&interest);
  // While the other mailbox is full a timer tries again, not every turn.
  if (!behind_) from_.loop().mark_dirty(*this, Lane::answer);
}

void Outbox::flush() {
  if (waiting_.empty()) {
    // Those that waited have left, or were brought up to date.
    behind_ = false;
    return;
  }
  auto batch = std::make_unique<BatchMail>(to_, BatchMail::Kind::live);
  uint64_t channels = 0;
  waiting_.for_each([&](Interest* interest) {
    batch->add(interest->channel, interest->sent);
    ++channels;
  });
  std::unique_ptr<Mail> mail = std::move(batch);
  if (to_.loop().post(mail) != Status::ok) {
    from_.counters().add(Counter::mailbox_full);
    behind_ = true;
    from_.retry_later();
    return;
  }
  if (std::exchange(behind_, false)) from_.counters().add(Counter::holes_pulled, channels);
  while (Interest* interest = waiting_.pop_front())
    interest->sent = interest->channel.ring().next();
}

}  // namespace fce
