// SPDX-License-Identifier: Apache-2.0
#include "pubsub/hub.h"

#include "base/fatal.h"
#include "base/time.h"
#include "pubsub/pubsub.h"

namespace fce {
namespace {

// A shard whose mailbox was full is tried again after so long.
constexpr uint64_t kRetryMs = 100;
// How often, and of how many channels at once, the age of messages is looked at.
constexpr uint64_t kSweepMs = 500;
constexpr uint32_t kSweepChannels = 20'000;
// How many channels may have to go for one publication, so that it takes no time to speak of.
constexpr uint32_t kEvictionsAtOnce = 256;

// What a replica has to say to its channel's home.
class ReplicaMail final : public Mail {
 public:
  using Act = void (Hub::*)(const ChannelKey& key, uint32_t shard);
  ReplicaMail(Hub& home, Act act, const ChannelKey& key, uint32_t shard)
      : home_(home), act_(act), key_(key), shard_(shard) {}
  void deliver() override { (home_.*act_)(key_, shard_); }

 private:
  Hub& home_;
  const Act act_;
  const ChannelKey key_;
  const uint32_t shard_;
};

void tell_home(Hub& home, ReplicaMail::Act act, const ChannelKey& key, uint32_t shard) {
  home.loop().post_always(std::make_unique<ReplicaMail>(home, act, key, shard));
}

}  // namespace

Hub::Hub(PubSub& pubsub, uint32_t shard, const PubSubShard& parts)
    : pubsub_(pubsub),
      shard_(shard),
      loop_(parts.loop),
      counters_(parts.counters),
      pacing_(parts.pacing),
      presence_(*this),
      hooks_(loop_, counters_),
      timing_(loop_, counters_),
      retry_(&on_retry, this),
      sweep_(&on_sweep, this) {}

Hub::~Hub() { stop(); }

void Hub::connect() {
  const PubSubOptions& options = pubsub_.options();
  places_max_ = (options.channels_max + pubsub_.shards() - 1) / pubsub_.shards();
  log_bytes_max_ = options.log_bytes_max / pubsub_.shards();
  for (uint32_t shard = 0; shard < pubsub_.shards(); ++shard) {
    outboxes_.push_back(shard == shard_ ? nullptr
                                        : std::make_unique<Outbox>(*this, pubsub_.hub(shard)));
  }
}

void Hub::stop() {
  stopped_ = true;
  retry_.cancel();
  sweep_.cancel();
  presence_.stop();
  hooks_.shut();
  for (const auto& outbox : outboxes_)
    if (outbox) outbox->stop();
  homes_.clear();
  replicas_.clear();
}

uint64_t Hub::epoch() const { return pubsub_.options().epoch; }

uint32_t Hub::origin() const { return pubsub_.options().origin; }

const Namespace& Hub::policy_of(const ChannelKey& key) const {
  const Namespace* policy = pubsub_.namespaces().find(key.name());
  if (!policy) fatal("a channel without namespace");  // whoever subscribes or publishes has checked
  return *policy;
}

bool Hub::is_home(const ChannelKey& key) const { return key.home(pubsub_.shards()) == shard_; }

Hub& Hub::home_of(const ChannelKey& key) const { return pubsub_.hub(key.home(pubsub_.shards())); }

uint32_t Hub::shards() const { return pubsub_.shards(); }

Hub& Hub::peer(uint32_t shard) const { return pubsub_.hub(shard); }

HomeChannel* Hub::find_home(const ChannelKey& key) {
  const auto found = homes_.find(key);
  return found == homes_.end() ? nullptr : &found->second;
}

HomeChannel& Hub::home_channel(const ChannelKey& key) {
  if (HomeChannel* home = find_home(key)) return *home;
  HomeChannel& made =
      homes_.try_emplace(key, *this, key, policy_of(key), numbers_.take(key)).first->second;
  counters_.set(Gauge::channels, static_cast<int64_t>(homes_.size()));
  return made;
}

Channel& Hub::channel_for(const ChannelKey& key) {
  if (is_home(key)) return home_channel(key);
  if (ReplicaChannel* replica = find_replica(key)) return *replica;
  tell_home(home_of(key), &Hub::on_join, key, shard_);
  return replicas_.try_emplace(key, *this, key, policy_of(key)).first->second;
}

Status Hub::check_subscribe(const ChannelKey& key) {
  const Namespace* policy = pubsub_.namespaces().find(key.name());
  if (!policy) {
    counters_.add(Counter::namespace_unknown);
    return fail(Status::not_found, "there is no such namespace");
  }
  if (policy->subscribers_max == 0) return Status::ok;
  const Channel* channel = find_replica(key);
  if (const HomeChannel* home = find_home(key)) channel = home;
  if (!channel || channel->subscribers() < policy->subscribers_max) return Status::ok;
  counters_.add(Counter::limit_subscriptions);
  return fail(Status::full, "the channel has all the subscribers that it may have");
}

Status Hub::publish(const ChannelKey& key, const Publication& publication, MessageId* id) {
  if (stopped_) return fail(Status::bad_state, "the node has stopped");
  HomeChannel& channel = home_channel(key);
  idle_.remove(channel);  // it is not to go for its own publication
  const Status status = channel.publish(publication, id);
  counters_.add(status == Status::ok ? Counter::published : Counter::publish_refused);
  channel.leave_if_idle();
  return status;
}

bool Hub::make_place() { return places_ < places_max_ || evict(idle_.of_most_channels()); }

bool Hub::make_room(size_t bytes) {
  // When those that are read hold too much by themselves, no other is to go in vain.
  if (log_bytes_ - idle_.bytes() + bytes > log_bytes_max_) return false;
  for (uint32_t i = 0; log_bytes_ + bytes > log_bytes_max_; ++i)
    if (i == kEvictionsAtOnce || !evict(idle_.of_most_bytes())) return false;
  return true;
}

bool Hub::evict(HomeChannel* victim) {
  if (!victim) return false;
  counters_.add(Counter::channels_evicted);
  drop(*victim, monotonic_us());
  return true;
}

void Hub::weigh(HomeChannel& channel, int64_t change) {
  log_bytes_ += static_cast<uint64_t>(change);
  idle_.weigh(channel, change);
}

void Hub::revoke(const Revocation& what) {
  const uint64_t user = what.user.empty() ? 0 : name_hash(what.user);
  if (what.channel.empty())
    watchers_.for_each([&](RevocationWatcher* watcher) { watcher->on_revoked(what, user); });
  const auto end = [&](auto& channels) {
    for (auto& [key, channel] : channels) {
      if (key.tenant() != what.tenant) continue;
      if (what.channel.empty() || key.name() == what.channel) channel.end(user, what.reason);
    }
  };
  end(homes_);
  end(replicas_);
}

void Hub::watch_age(Channel& channel) {
  ListNode<Aging>& node = channel;
  if (node.linked()) return;
  aging_.push_back(&channel);
  if (!sweep_.armed()) sweep_.arm(loop_.timers(), kSweepMs);
}

void Hub::on_sweep(void* self) {
  auto* hub = static_cast<Hub*>(self);
  List<Channel, Aging> kept;
  for (uint32_t i = 0; i < kSweepChannels; ++i) {
    Channel* channel = hub->aging_.pop_front();
    if (!channel) break;
    if (!channel->expire()) kept.push_back(channel);
  }
  hub->aging_.splice_back(kept);
  if (!hub->aging_.empty()) hub->sweep_.arm(hub->loop_.timers(), kSweepMs);
}

ReplicaChannel* Hub::find_replica(const ChannelKey& key) {
  const auto found = replicas_.find(key);
  return found == replicas_.end() ? nullptr : &found->second;
}

void Hub::drop(HomeChannel& channel, uint64_t evicted_us) {
  if (stopped_) return;
  const ChannelKey key = channel.key();
  numbers_.keep(key, {channel.ring().next(), std::max(evicted_us, channel.evicted_us())});
  idle_.remove(channel);
  if (channel.has_place()) give_place();
  homes_.erase(key);
  counters_.set(Gauge::channels, static_cast<int64_t>(homes_.size()));
}

void Hub::drop(ReplicaChannel& channel) {
  if (stopped_) return;
  presence_.on_replica_ends(channel);
  const ChannelKey key = channel.key();
  replicas_.erase(key);
  tell_home(home_of(key), &Hub::on_leave, key, shard_);
}

void Hub::retry_later() {
  if (!retry_.armed()) retry_.arm(loop_.timers(), kRetryMs);
}

void Hub::on_retry(void* self) {
  for (const auto& outbox : static_cast<Hub*>(self)->outboxes_)
    if (outbox) outbox->retry();
}

void Hub::on_join(const ChannelKey& key, uint32_t shard) {
  if (stopped_) return;
  HomeChannel& channel = home_channel(key);
  // Register and take the log in one act, then send it before anything that is appended later: mail
  // from one shard to another keeps its order, so the replica has no seam.
  channel.add_interest(shard);
  send(shard, BatchMail::Kind::snapshot, channel, channel.ring().oldest());
}

void Hub::on_leave(const ChannelKey& key, uint32_t shard) {
  if (HomeChannel* home = find_home(key)) home->remove_interest(shard);
}

void Hub::on_catch_up(const ChannelKey& key, uint32_t shard) {
  if (HomeChannel* home = find_home(key)) home->bring_up_to_date(shard);
}

void Hub::ask_home(const ChannelKey& key) {
  tell_home(home_of(key), &Hub::on_catch_up, key, shard_);
}

void Hub::send(uint32_t shard, BatchMail::Kind kind, const HomeChannel& channel, uint64_t from) {
  Hub& to = pubsub_.hub(shard);
  auto mail = std::make_unique<BatchMail>(to, kind);
  mail->add(channel, from);
  to.loop().post_always(std::move(mail));
}

}  // namespace fce
