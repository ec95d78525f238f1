// SPDX-License-Identifier: Apache-2.0
// PresenceDesk: the presence of one shard's channels: the tick, and the mail between a channel's
// home and the other shards. Shard's thread only, except where it says any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/list.h"
#include "loop/timer.h"
#include "pubsub/key.h"
#include "pubsub/presence.h"

namespace fce {

class Hub;
class HomeChannel;
class ReplicaChannel;

// Who asks for a channel's presence. Destroyed without an answer when the node ends.
class PresenceQuery {
 public:
  virtual ~PresenceQuery() = default;
  // On the channel's home shard. `members` is null where the namespace tells counts only.
  virtual void on_presence(uint32_t count, const std::vector<std::string>* members) = 0;
};

class PresenceDesk {
 public:
  static constexpr uint64_t kTickMs = 1000;

  explicit PresenceDesk(Hub& hub);
  void stop();

  // For channels: something is to be told at the next tick.
  void mark(ChannelPresence& presence);
  // A replica ends: what it had not told yet.
  void on_replica_ends(ReplicaChannel& channel);
  // A shard has no replica any more.
  void on_shard_left(HomeChannel& channel, uint32_t shard);

  // The watcher hears of the channel from now on, until it unlinks itself. False: the namespace has
  // no presence.
  bool watch(Channel& channel, PresenceWatcher& watcher);
  // For a hub at whose shard the channel is at home.
  void answer(const ChannelKey& key, PresenceQuery& query);

  // From other shards' desks, by mail.
  struct Report {
    ChannelKey key;
    uint32_t count;
    ChannelPresence::Deltas deltas;
  };
  void on_reports(uint32_t shard, std::vector<Report> reports);
  void on_watch(const ChannelKey& key, uint32_t shard);
  void on_snapshot(const ChannelKey& key, uint32_t count, std::vector<std::string> members);
  void on_change(const ChannelKey& key, const PresenceChange& change);

 private:
  static void on_tick(void* self);
  void tick();
  void tick_home(HomeChannel& channel, ChannelPresence& presence);
  void apply(HomeChannel& channel, uint32_t shard, uint32_t count,
             const ChannelPresence::Deltas& deltas);
  Report report_of(Channel& channel);

  Hub& hub_;
  List<ChannelPresence, PresenceTick> marked_;
  Timer timer_;
};

}  // namespace fce
