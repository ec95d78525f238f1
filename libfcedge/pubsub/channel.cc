// SPDX-License-Identifier: Apache-2.0
#include "pubsub/channel.h"

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "pubsub/hub.h"
#include "pubsub/namespace.h"

namespace fce {
namespace {

// Clients that lose their connection come back to a replica that is still there.
constexpr uint64_t kLingerMs = 10'000;

}  // namespace

Channel::Channel(Hub& hub, const ChannelKey& key, const Namespace& policy, bool open)
    : hub_(hub), key_(key), policy_(policy), open_(open) {}

Channel::~Channel() {
  abandon();
  ring_.reset(ring_.next());
  weigh_log();
}

void Channel::weigh_log() {
  const auto bytes = static_cast<uint32_t>(ring_.bytes());
  if (bytes == weighed_) return;
  const int64_t change = int64_t{bytes} - std::exchange(weighed_, bytes);
  hub_.counters().add(Gauge::log_bytes, change);
  on_weighed(change);
}

void Channel::add(Subscriber& subscriber) {
  list_.push_back(&subscriber);
  if (++subscribers_ == 1) on_first_came();
  if (policy_.presence != PresenceMode::none) {
    make_presence();
    presence_->add(subscriber.filter().user_name());
    hub_.presence().mark(*presence_);
  }
  // Only this one begins: the others have nothing new to be woken for.
  if (open_ && !(subscriber.waits_ahead() && catch_up())) subscriber.begin();
}

void Channel::remove(Subscriber& subscriber) {
  subscriber.ListNode<Subscriber>::unlink();
  if (presence_) {
    presence_->remove(subscriber.filter().user_name());
    hub_.presence().mark(*presence_);
  }
  // The last act: the channel may be gone afterwards.
  if (--subscribers_ == 0) on_last_left();
}

void Channel::make_presence() {
  if (presence_) return;
  const bool members = policy_.presence == PresenceMode::members;
  presence_ = std::make_unique<ChannelPresence>(*this, members);
  if (hub_.is_home(key_))
    presence_->make_roster(policy_.presence_members_max, policy_.presence_leave_ms);
}

void Channel::rename(std::string_view before, std::string_view after) {
  if (!presence_) return;
  presence_->remove(before);
  presence_->add(after);
  hub_.presence().mark(*presence_);
}

void Channel::abandon() {
  while (Subscriber* subscriber = list_.pop_front()) subscriber->channel_ = nullptr;
  hub_.counters().add(Gauge::subscribers, -int64_t{std::exchange(subscribers_, 0)});
}

void Channel::flush() {
  list_.for_each([](Subscriber* subscriber) { subscriber->wake(); });
}

void Channel::open_log() {
  open_ = true;
  begin_waiting(true);
}

void Channel::begin_waiting(bool ask) {
  list_.for_each([&](Subscriber* subscriber) {
    if (!subscriber->waits()) return;
    if (!(ask && subscriber->waits_ahead() && catch_up())) subscriber->begin();
  });
  hub_.loop().mark_dirty(*this, Lane::answer);
}

void Channel::append(Message message, const RingBounds& bounds) {
  const Ring::Dropped dropped = ring_.append(std::move(message), bounds, hub_.loop().now_ms());
  if (dropped.conflated > 0) hub_.counters().add(Counter::conflated, dropped.conflated);
  if (dropped.expired > 0) hub_.counters().add(Counter::expired_messages, dropped.expired);
  weigh_log();
  if (bounds.age_ms_max > 0) hub_.watch_age(*this);
  if (subscribers_ > 0) hub_.loop().mark_dirty(*this, Lane::answer);
}

Chunk* Channel::deflated(uint64_t n, FrameForm form, int window_bits) {
  Chunk* made = ring_.deflated(n, form, window_bits, hub_.counters());
  weigh_log();
  return made;
}

void Channel::end(uint64_t user, EndReason reason) {
  list_.for_each([&](Subscriber* subscriber) {
    if (user == 0 || subscriber->filter().user() == user) subscriber->end(reason);
  });
}

bool Channel::expire() {
  const uint32_t expired = ring_.expire(policy_.history, hub_.loop().now_ms());
  if (expired > 0) hub_.counters().add(Counter::expired_messages, expired);
  weigh_log();
  if (expired > 0) list_.for_each([](Subscriber* subscriber) { subscriber->on_expired(); });
  if (!ring_.empty()) return false;
  on_expired();
  return true;
}

HomeChannel::~HomeChannel() {
  ring_.reset(ring_.next());
  weigh_log();
}

void HomeChannel::on_weighed(int64_t change) { hub_.weigh(*this, change); }

Status HomeChannel::publish(const Publication& publication, MessageId* id) {
  *id = {hub_.epoch(), ring_.next(), hub_.origin()};
  const uint64_t now_us = monotonic_us();
  Message message = Message::encode(*id, key_.name(), publication, now_us);
  RingBounds bounds = policy_.history;
  if (!hub_.make_room(message.bytes())) {
    if (message.bytes() > ring_.bytes()) {
      hub_.counters().add(Counter::limit_logs);
      return fail(Status::full, "the logs hold all the bytes that they may");
    }
    bounds.bytes_max = static_cast<uint32_t>(std::min<size_t>(bounds.bytes_max, ring_.bytes()));
    hub_.counters().add(Counter::logs_cramped);
  }
  // Last, so that no channel goes for a publication that has no room. Where channels went for room
  // there is a place.
  if (!has_place_ && !hub_.make_place()) {
    hub_.counters().add(Counter::limit_channels);
    return fail(Status::full, "the node has all the channels that it may have");
  }
  if (!std::exchange(has_place_, true)) hub_.take_place();
  append(std::move(message), bounds);
  if (subscribers_ > 0) hub_.timing().begin(now_us);
  for (const auto& interest : interests_) hub_.outbox(interest->shard).add(*interest);
  return Status::ok;
}

// Without a message it needs no place, even if it is still read.
void HomeChannel::on_expired() {
  if (std::exchange(has_place_, false)) hub_.give_place();
  leave_if_idle();
}

void HomeChannel::on_first_came() { hub_.idle().remove(*this); }

void HomeChannel::add_interest(uint32_t shard) {
  hub_.idle().remove(*this);
  interests_.push_back(std::make_unique<Interest>(*this, shard, ring_.next()));
  if (policy_.presence != PresenceMode::none) make_presence();
}

void HomeChannel::set_watching(uint32_t shard) {
  for (const auto& interest : interests_)
    if (interest->shard == shard) interest->watching = true;
}

void HomeChannel::remove_interest(uint32_t shard) {
  const auto of_shard = [shard](const auto& interest) { return interest->shard == shard; };
  interests_.erase(std::remove_if(interests_.begin(), interests_.end(), of_shard),
                   interests_.end());
  hub_.presence().on_shard_left(*this, shard);
  leave_if_idle();
}

void HomeChannel::bring_up_to_date(uint32_t shard) {
  for (const auto& interest : interests_) {
    if (interest->shard != shard) continue;
    if (interest->sent != ring_.next()) hub_.counters().add(Counter::holes_pulled);
    hub_.send(shard, BatchMail::Kind::rest, *this, interest->sent);
    interest->sent = ring_.next();
    interest->unlink();
  }
}

void HomeChannel::leave_if_idle() {
  if (is_read()) return;
  drop_presence();
  if (ring_.empty()) {
    hub_.drop(*this);
  } else {
    hub_.idle().add(*this);
  }
}

void HomeChannel::drop_presence() {
  if (!presence_) return;
  hub_.counters().add(Gauge::presence_members, -int64_t{presence_->roster()->told()});
  presence_.reset();
}

void ReplicaChannel::take_snapshot(uint64_t first, Message* messages, size_t count) {
  ring_.reset(first);
  for (size_t i = 0; i < count; ++i) append(std::move(messages[i]), policy_.history);
  open_log();
  if (subscribers_ == 0) on_last_left();
}

void ReplicaChannel::take_live(uint64_t first, Message* messages, size_t count) {
  if (!open_) return;  // of an interest that was withdrawn; the snapshot has it too
  for (size_t i = 0; i < count; ++i) {
    const uint64_t n = first + i;
    if (n < ring_.next()) continue;
    // The home's ring has passed this shard while its mailbox was full: subscribers that had not
    // come so far will see that their place is gone, and tell it.
    if (n > ring_.next()) ring_.reset(n);
    if (subscribers_ > 0 && messages[i]) hub_.timing().begin(messages[i].time_us());
    append(std::move(messages[i]), policy_.history);
  }
}

void ReplicaChannel::take_rest(uint64_t first, Message* messages, size_t count) {
  if (!open_) return;  // it was for a replica that has gone; this one's snapshot is still to come
  take_live(first, messages, count);
  asked_ = false;
  begin_waiting(std::exchange(ask_again_, false));
}

bool ReplicaChannel::catch_up() {
  if (asked_) {
    ask_again_ = true;
  } else {
    asked_ = true;
    hub_.ask_home(key_);
  }
  return true;
}

void ReplicaChannel::on_last_left() {
  // A replica that waits for its snapshot stays: the answer must not meet a younger one.
  if (!open_) return;
  if (ring_.empty()) {
    hub_.drop(*this);
  } else {
    linger_.arm(hub_.loop().timers(), kLingerMs);
  }
}

void ReplicaChannel::on_linger(void* self) {
  auto* channel = static_cast<ReplicaChannel*>(self);
  if (!channel->has_subscribers()) channel->hub_.drop(*channel);
}

}  // namespace fce
