// SPDX-License-Identifier: Apache-2.0
#include "pubsub/subscriber.h"

#include <algorithm>

#include "pubsub/channel.h"
#include "pubsub/hub.h"

namespace fce {
namespace {

Counter counter_of(GapReason reason) {
  switch (reason) {
    case GapReason::expired: return Counter::gaps_expired;
    case GapReason::epoch: return Counter::gaps_epoch;
    case GapReason::invalid: return Counter::gaps_invalid;
    case GapReason::none:
    case GapReason::overflow: break;
  }
  return Counter::gaps_overflow;
}

}  // namespace

std::string_view end_reason_text(EndReason reason) {
  switch (reason) {
    case EndReason::none: break;
    case EndReason::revoked: return "revoked";
    case EndReason::locked: return "locked";
    case EndReason::banned: return "banned";
    case EndReason::expired: return "expired";
    case EndReason::overflow: return "overflow";
  }
  return "";
}

uint16_t end_code(EndReason reason) {
  switch (reason) {
    case EndReason::expired: return 4401;
    case EndReason::overflow: return 4408;
    default: return 4403;
  }
}

void Subscriber::subscribe(Hub& hub, const ChannelKey& key, const Position& position,
                           FilterRef filter) {
  if (hub.stopped()) return;
  from_ = position.kind;
  next_ = position.id.n;
  filter_ = std::move(filter);
  // All positions of other epochs are alike, so the epoch need not be kept while waiting.
  if (from_ == Position::Kind::after && (position.foreign || position.id.epoch != hub.epoch()))
    gap_ = GapReason::epoch;
  hub.counters().add(Counter::subscribed);
  hub.counters().add(Gauge::subscribers, 1);
  channel_ = &hub.channel_for(key);
  channel_->add(*this);
}

void Subscriber::unsubscribe() {
  if (!channel_) return;
  Channel* channel = channel_;
  channel_ = nullptr;
  deadline_.reset();
  channel->hub().counters().add(Counter::unsubscribed);
  channel->hub().counters().add(Gauge::subscribers, -1);
  channel->remove(*this);
}

void Subscriber::set_filter(FilterRef filter) {
  if (channel_ && filter.user() != filter_.user())
    channel_->rename(filter_.user_name(), filter.user_name());
  filter_ = std::move(filter);
}

void Subscriber::end(EndReason reason) {
  if (!channel_ || end_ != EndReason::none) return;
  end_ = reason;
  wake();
}

void Subscriber::expire_after(uint64_t ms) {
  if (!channel_) return;
  deadline_ = std::make_unique<Timer>(&on_deadline, this);
  deadline_->arm(channel_->hub().loop().timers(), ms);
}

void Subscriber::on_deadline(void* self) {
  auto* subscriber = static_cast<Subscriber*>(self);
  if (!subscriber->channel_) return;
  subscriber->channel_->hub().counters().add(Counter::tokens_expired);
  subscriber->end(EndReason::expired);
}

void Subscriber::begin() {
  const Ring& ring = channel_->ring();
  const uint64_t epoch = channel_->hub().epoch();
  const bool latest = channel_->policy().cache && from_ != Position::Kind::whole_ring;
  state_ = State::replaying;
  if (latest) {
    // Nothing older than the latest message is ever missed.
    const bool known = gap_ == GapReason::none && from_ == Position::Kind::after;
    const bool knows_latest = known && next_ + 1 >= ring.next();
    // Unless that itself is gone.
    gap_ = known && !knows_latest && ring.empty() ? GapReason::expired : GapReason::none;
    next_ = ring.empty() || knows_latest ? ring.next() : ring.next() - 1;
  } else if (gap_ == GapReason::none) {
    Position position;
    position.kind = from_;
    position.id = {epoch, next_};
    const Resume start = resume(position, epoch, ring.oldest(), ring.next());
    gap_ = start.gap;
    next_ = start.next;
    if (gap_ == GapReason::none && from_ == Position::Kind::after)
      channel_->hub().counters().add(Counter::recoveries);
  } else {
    next_ = ring.next();
  }
  replay_left_ = static_cast<uint32_t>(ring.next() - next_);
}

bool Subscriber::waits_ahead() const {
  return waits() && gap_ == GapReason::none && from_ == Position::Kind::after &&
         next_ >= channel_->ring().next();
}

// Moves past what is not for this subscriber. False when there is no message to be taken then.
bool Subscriber::pass_others() {
  const Ring& ring = channel_->ring();
  for (; next_ != ring.next(); advance()) {
    if (state_ == State::replaying && replay_left_ == 0) return false;
    const Message& message = ring.at(next_);
    if (!message) continue;
    const AudienceHashes* audience = message.audience();
    if (!audience || filter_.admits(*audience)) return true;
    channel_->hub().counters().add(Counter::filtered);
  }
  return false;
}

void Subscriber::advance() {
  ++next_;
  ++untold_;
  if (replay_left_ > 0) --replay_left_;
}

// The ring has passed a slow subscriber.
void Subscriber::fall_behind() {
  const Ring& ring = channel_->ring();
  Counters& counters = channel_->hub().counters();
  switch (channel_->policy().overflow) {
    case Overflow::latest:
      counters.add(Counter::skipped_latest, ring.oldest() - next_);
      replay_left_ -=
          static_cast<uint32_t>(std::min<uint64_t>(replay_left_, ring.oldest() - next_));
      next_ = ring.oldest();
      return;
    case Overflow::close:
      counters.add(Counter::closed_overflow);
      end_ = EndReason::overflow;
      return;
    case Overflow::gap:
    case Overflow::conflate: break;
  }
  gap_ = GapReason::overflow;
  next_ = ring.next();
  replay_left_ = 0;
}

// All that came was for others. The client is to hear of it before the log has left behind what it
// knows, so that it could still resume.
bool Subscriber::position_is_old() const {
  if (untold_ == 0) return false;
  const Ring& ring = channel_->ring();
  const RingBounds& bounds = channel_->policy().history;
  if (position_is_lost() || untold_ >= bounds.messages_max / 4 + 1) return true;
  return ring.bytes() > bounds.bytes_max / 2 && untold_ > (ring.next() - ring.oldest()) / 2;
}

bool Subscriber::position_is_lost() const {
  return moved() && next_ - untold_ < channel_->ring().oldest();
}

void Subscriber::on_expired() {
  if (position_is_lost()) wake();
}

Subscriber::Item Subscriber::take_end() {
  Item item;
  item.kind = Item::Kind::end;
  item.end = end_;
  if (end_ != EndReason::overflow && end_ != EndReason::expired)
    channel_->hub().counters().add(Counter::revoked);
  unsubscribe();
  return item;
}

Subscriber::Item Subscriber::take() {
  Item item;
  if (!pending()) return item;
  const Ring& ring = channel_->ring();
  if (end_ == EndReason::none && gap_ == GapReason::none && next_ < ring.oldest()) fall_behind();
  if (end_ != EndReason::none) return take_end();
  Counters& counters = channel_->hub().counters();
  if (gap_ != GapReason::none) {
    counters.add(Counter::gaps);
    counters.add(counter_of(gap_));
    item.kind = Item::Kind::gap;
    item.reason = std::exchange(gap_, GapReason::none);
    untold_ = 0;
    return item;
  }
  if (pass_others()) {
    counters.add(Counter::delivered);
    if (state_ == State::replaying) counters.add(Counter::replayed);
    item.kind = Item::Kind::message;
    item.message = &ring.at(next_);
    advance();
    untold_ = 0;
  } else if (state_ == State::replaying) {
    state_ = State::live;
    item.kind = Item::Kind::ready;
    untold_ = 0;
  } else if (position_is_old()) {
    counters.add(Counter::positions_told);
    item.kind = Item::Kind::at;
    untold_ = 0;
  } else {
    woken_ = false;
  }
  return item;
}

Subscriber::Frame Subscriber::deflated_frame_of(const Message& message, FrameForm form,
                                                int window_bits) {
  Chunk* frame = channel_->deflated(message.n(), form, window_bits);
  if (!frame) return {plain_frame(message, form), message.chunk()};
  return {Bytes(frame->data(), frame->size()), frame};
}

bool Subscriber::pending() {
  // While replaying there is `ready` to come at least.
  if (channel_ && (end_ != EndReason::none || state_ == State::replaying)) return true;
  if (channel_ && state_ == State::live && next_ != channel_->ring().next()) return true;
  if (position_is_lost()) return true;
  woken_ = false;
  return false;
}

MessageId Subscriber::reached() const {
  if (!channel_) return {};
  const Hub& hub = channel_->hub();
  return {hub.epoch(), next_ - 1, hub.origin()};
}

}  // namespace fce
