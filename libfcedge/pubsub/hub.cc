// SPDX-License-Identifier: Apache-2.0
#include "pubsub/hub.h"

#include "base/crypto.h"
#include "pubsub/pubsub.h"

namespace fce {
namespace {

// A shard whose mailbox was full is tried again after so long.
constexpr uint64_t kRetryMs = 100;

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

Hub::Hub(PubSub& pubsub, uint32_t shard, Loop& loop, Counters& counters)
    : pubsub_(pubsub),
      shard_(shard),
      loop_(loop),
      counters_(counters),
      retry_(&on_retry, this),
      jitter_(random_u64()) {}

Hub::~Hub() { stop(); }

void Hub::connect() {
  for (uint32_t shard = 0; shard < pubsub_.shards(); ++shard) {
    outboxes_.push_back(shard == shard_ ? nullptr
                                        : std::make_unique<Outbox>(*this, pubsub_.hub(shard)));
  }
}

void Hub::stop() {
  stopped_ = true;
  retry_.cancel();
  for (const auto& outbox : outboxes_)
    if (outbox) outbox->stop();
  homes_.clear();
  replicas_.clear();
}

uint64_t Hub::epoch() const { return pubsub_.options().epoch; }

const RingBounds& Hub::ring_bounds() const { return pubsub_.options().history; }

bool Hub::is_home(const ChannelKey& key) const { return key.home(pubsub_.shards()) == shard_; }

Hub& Hub::home_of(const ChannelKey& key) const { return pubsub_.hub(key.home(pubsub_.shards())); }

HomeChannel& Hub::home_channel(const ChannelKey& key) {
  return homes_.try_emplace(key, *this, key).first->second;
}

Channel& Hub::channel_for(const ChannelKey& key) {
  if (is_home(key)) return home_channel(key);
  const auto [found, made] = replicas_.try_emplace(key, *this, key);
  if (made) tell_home(home_of(key), &Hub::on_join, key, shard_);
  return found->second;
}

Status Hub::publish(const ChannelKey& key, Bytes payload, MessageId* id) {
  if (stopped_) return fail(Status::bad_state, "the node has stopped");
  HomeChannel& channel = home_channel(key);
  // A channel counts once something was published: it then stays, so that its numbers are never
  // given twice. One that has subscribers only goes with them, and so is bounded by them.
  if (channel.ring().next() == 1 && !pubsub_.take_channel()) {
    counters_.add(Counter::limit_channels);
    counters_.add(Counter::publish_refused);
    if (channel.unused()) drop(channel);
    return fail(Status::full, "the node has all the channels that it may have");
  }
  *id = channel.publish(payload);
  counters_.add(Counter::published);
  return Status::ok;
}

uint32_t Hub::reconnect_ms() {
  // splitmix64: it only has to spread.
  uint64_t z = jitter_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint32_t>((z ^ (z >> 31)) % pubsub_.spread_ms()) + 1;
}

ReplicaChannel* Hub::find_replica(const ChannelKey& key) {
  const auto found = replicas_.find(key);
  return found == replicas_.end() ? nullptr : &found->second;
}

void Hub::drop(HomeChannel& channel) {
  if (stopped_) return;
  const ChannelKey key = channel.key();
  homes_.erase(key);
}

void Hub::drop(ReplicaChannel& channel) {
  if (stopped_) return;
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
  const auto found = homes_.find(key);
  if (found != homes_.end()) found->second.remove_interest(shard);
}

void Hub::on_catch_up(const ChannelKey& key, uint32_t shard) {
  const auto found = homes_.find(key);
  if (found != homes_.end()) found->second.bring_up_to_date(shard);
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
