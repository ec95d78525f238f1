// SPDX-License-Identifier: Apache-2.0
// Hub: the channels of one shard, those at home here and the replicas of others. Shard's thread
// only, except where it says any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "http/pacing.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "metrics/counters.h"
#include "pubsub/channel.h"
#include "pubsub/idle_channels.h"
#include "pubsub/namespace.h"
#include "pubsub/numbers.h"
#include "pubsub/outbox.h"
#include "pubsub/presence_desk.h"
#include "pubsub/publish_timing.h"
#include "pubsub/subscribe_hook.h"

namespace fce {

class PubSub;
struct PubSubShard;

// Which live subscriptions end: of one channel or of all of the tenant, of one user or of all.
struct Revocation {
  std::string tenant;
  std::string channel;  // "" all
  std::string user;     // "" all
  EndReason reason = EndReason::revoked;
};

// Somebody who hears of revocations that are of no single channel. It may unlink itself meanwhile.
class RevocationWatcher : public ListNode<RevocationWatcher> {
 public:
  // `user` is the hash of the name, or 0 for all.
  virtual void on_revoked(const Revocation& what, uint64_t user) = 0;

 protected:
  ~RevocationWatcher() = default;
};

class Hub {
 public:
  Hub(PubSub& pubsub, uint32_t shard, const PubSubShard& parts);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Lets go of all channels and subscribers. Mail that comes later does nothing.
  void stop();
  bool stopped() const { return stopped_; }

  bool is_home(const ChannelKey& key) const;
  // Appends to a channel that is at home here. When the shard has all the channels or bytes of logs
  // that it may have, channels that nobody reads go; FCE_ENOBUFS when that does not help.
  // FCE_ENOENT without its namespace, FCE_ESTATE after stop.
  Status publish(const ChannelKey& key, const Publication& publication, MessageId* id);
  // Whether one more may subscribe here. FCE_ENOENT: there is no such namespace; FCE_ENOBUFS: the
  // channel has all the subscribers that it may have.
  Status check_subscribe(const ChannelKey& key);
  // Ends live subscriptions on this shard.
  void revoke(const Revocation& what);
  // The watcher hears of them before the subscriptions end, until it unlinks itself.
  void watch_revocations(RevocationWatcher& watcher) { watchers_.push_back(&watcher); }

  // When a client that is sent away is to come back, as the shard's pacing says.
  uint32_t reconnect_ms() { return pacing_ ? pacing_->retry_ms() : 1; }
  // The same as close reasons say it.
  std::string reconnect_text() { return "retry-after-ms=" + std::to_string(reconnect_ms()); }
  // When one that is not should, if it ever lost its connection together with all others.
  uint32_t reconnect_hint_ms() { return pacing_ ? pacing_->delay_ms() : 1; }

  // For subscribers: the channel, which is made when it is not there. Its namespace exists.
  Channel& channel_for(const ChannelKey& key);
  FilterTable& filters() { return filters_; }
  PresenceDesk& presence() { return presence_; }
  PublishTiming& timing() { return timing_; }
  HookDesk& hooks() { return hooks_; }

  // For channels, outboxes and mails.
  Loop& loop() { return loop_; }  // any thread
  Counters& counters() { return counters_; }
  uint32_t shard() const { return shard_; }
  uint32_t shards() const;
  Hub& peer(uint32_t shard) const;
  Hub& home_of(const ChannelKey& key) const;
  const Namespace& policy_of(const ChannelKey& key) const;
  HomeChannel* find_home(const ChannelKey& key);
  uint64_t epoch() const;
  uint32_t origin() const;
  Outbox& outbox(uint32_t shard) { return *outboxes_[shard]; }
  ReplicaChannel* find_replica(const ChannelKey& key);
  // With `evicted_us`, now, its log has to go too.
  void drop(HomeChannel& channel, uint64_t evicted_us = 0);
  void drop(ReplicaChannel& channel);
  void retry_later();
  // Channels at home here that nobody reads.
  IdleChannels& idle() { return idle_; }
  // When a channel that is not here had to go with its log, on the monotonic clock; 0: never, as
  // far as is known.
  uint64_t evicted_us(const ChannelKey& key) const { return numbers_.find(key).evicted_us; }
  // Whether one more may hold publications, once one that nobody reads has gone.
  bool make_place();
  void take_place() { ++places_; }
  void give_place() { --places_; }
  // Whether the logs may hold so much more, once some that nobody reads have gone.
  bool make_room(size_t bytes);
  // A log of a channel at home here holds so much more, or less.
  void weigh(HomeChannel& channel, int64_t change);
  // Has the channel's messages expire in time.
  void watch_age(Channel& channel);
  void on_join(const ChannelKey& key, uint32_t shard);
  void on_leave(const ChannelKey& key, uint32_t shard);
  void on_catch_up(const ChannelKey& key, uint32_t shard);
  void ask_home(const ChannelKey& key);
  // Sends what the log holds from `from` on, past any bound: it was asked for.
  void send(uint32_t shard, BatchMail::Kind kind, const HomeChannel& channel, uint64_t from);

 private:
  friend class PubSub;
  // All hubs exist: makes the ways to the others.
  void connect();
  HomeChannel& home_channel(const ChannelKey& key);
  // An idle channel goes. False: there is none.
  bool evict(HomeChannel* victim);
  static void on_retry(void* self);
  static void on_sweep(void* self);

  template <class T>
  using Map = std::unordered_map<ChannelKey, T, ChannelKeyHash>;

  PubSub& pubsub_;
  const uint32_t shard_;
  Loop& loop_;
  Counters& counters_;
  Pacing* const pacing_;                           // null: there is no HTTP
  std::vector<std::unique_ptr<Outbox>> outboxes_;  // by shard; none for this one
  FilterTable filters_;
  PresenceDesk presence_;
  HookDesk hooks_;
  PublishTiming timing_;
  List<RevocationWatcher> watchers_;
  Map<HomeChannel> homes_;
  IdleChannels idle_;
  Numbers numbers_;
  // What this shard may hold, an equal part of what the node may, and what it does. Replicas do not
  // count: they share what the home holds, and go with those who read.
  uint32_t places_max_ = 0;
  uint64_t log_bytes_max_ = 0;
  uint32_t places_ = 0;
  uint64_t log_bytes_ = 0;
  Map<ReplicaChannel> replicas_;
  List<Channel, Aging> aging_;
  Timer retry_;
  Timer sweep_;
  bool stopped_ = false;
};

}  // namespace fce
