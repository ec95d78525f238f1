// SPDX-License-Identifier: Apache-2.0
#include "pubsub/subscriber.h"

#include "pubsub/channel.h"
#include "pubsub/hub.h"

namespace fce {

void Subscriber::subscribe(Hub& hub, const ChannelKey& key, const Position& position) {
  if (hub.stopped()) return;
  from_ = position.kind;
  next_ = position.id.n;
  // All positions of other epochs are alike, so the epoch need not be kept while waiting.
  if (from_ == Position::Kind::after && position.id.epoch != hub.epoch()) gap_ = GapReason::epoch;
  channel_ = &hub.channel_for(key);
  channel_->add(*this);
}

void Subscriber::unsubscribe() {
  if (!channel_) return;
  Channel* channel = channel_;
  channel_ = nullptr;
  channel->remove(*this);
}

void Subscriber::begin() {
  const Ring& ring = channel_->ring();
  const uint64_t epoch = channel_->hub().epoch();
  if (gap_ == GapReason::none) {
    const Resume start = resume({from_, {epoch, next_}}, epoch, ring.oldest(), ring.next());
    gap_ = start.gap;
    next_ = start.next;
  } else {
    next_ = ring.next();
  }
  replay_left_ = static_cast<uint32_t>(ring.next() - next_);
  state_ = State::replaying;
}

bool Subscriber::waits_ahead() const {
  return waits() && gap_ == GapReason::none && from_ == Position::Kind::after &&
         next_ >= channel_->ring().next();
}

Subscriber::Item Subscriber::take() {
  Item item;
  if (!pending()) return item;
  const Ring& ring = channel_->ring();
  Counters& counters = channel_->hub().counters();
  if (gap_ == GapReason::none && next_ < ring.oldest()) {
    // The ring has passed a slow subscriber.
    gap_ = GapReason::overflow;
    next_ = ring.next();
    replay_left_ = 0;
  }
  if (gap_ != GapReason::none) {
    counters.add(Counter::gaps);
    item.kind = Item::Kind::gap;
    item.reason = std::exchange(gap_, GapReason::none);
  } else if (state_ == State::replaying && replay_left_ == 0) {
    state_ = State::live;
    item.kind = Item::Kind::ready;
  } else {
    counters.add(Counter::delivered);
    if (state_ == State::replaying) {
      --replay_left_;
      counters.add(Counter::replayed);
    }
    item.kind = Item::Kind::message;
    item.message = &ring.at(next_++);
  }
  return item;
}

bool Subscriber::pending() {
  // While replaying there is `ready` to come at least.
  if (state_ == State::replaying && channel_) return true;
  if (state_ == State::live && channel_ && next_ != channel_->ring().next()) return true;
  woken_ = false;
  return false;
}

MessageId Subscriber::reached() const {
  return channel_ ? MessageId{channel_->hub().epoch(), next_ - 1} : MessageId{};
}

Hub* Subscriber::hub() const { return channel_ ? &channel_->hub() : nullptr; }

}  // namespace fce
