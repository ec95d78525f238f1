// SPDX-License-Identifier: Apache-2.0
// ChannelPresence: what a shard knows of who is on a channel. Each shard tells the channel's home
// how many subscribers it has and which users came and went, in ticks; the home sums that in a
// roster and tells those shards on which somebody watches.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/list.h"
#include "pubsub/roster.h"

namespace fce {

class Channel;

// Somebody who wants to hear of changes. Shard's thread only.
class PresenceWatcher : public ListNode<PresenceWatcher> {
 public:
  // There is something: see ChannelPresence::text.
  virtual void on_presence() = 0;

 protected:
  ~PresenceWatcher() = default;
};

struct PresenceTick {};  // tag of the list of those that have something for the next tick

class ChannelPresence : public ListNode<PresenceTick> {
 public:
  ChannelPresence(Channel& channel, bool with_members)
      : channel_(channel), with_members_(with_members) {}

  Channel& channel() { return channel_; }

  // ---- the local part ----

  // A subscriber has come or gone. `user` is "" for nobody in particular.
  void add(std::string_view user);
  void remove(std::string_view user);
  // Users who came (true) to this shard or left it since the last call, in order.
  using Deltas = std::vector<std::pair<std::string, bool>>;
  Deltas take_deltas() { return std::exchange(deltas_, {}); }

  // ---- what is known of the whole channel ----

  void watch(PresenceWatcher& watcher) { watchers_.push_back(&watcher); }
  bool watched() const { return !watchers_.empty(); }
  // All of it, and then what has changed.
  void take_snapshot(uint32_t count, std::vector<std::string> members);
  void take_change(const PresenceChange& change);
  // Nothing is known yet.
  bool blank() const { return version_ == 0; }
  // What a watcher has to hear that has heard all up to `*seen` (0: nothing); "" when that is all.
  // The inside of the protocol's "presence".
  std::string_view text(uint32_t* seen);

  // ---- at home ----

  Roster* roster() { return roster_.get(); }
  void make_roster(uint32_t members_max, uint32_t leave_ms) {
    roster_ = std::make_unique<Roster>(members_max, leave_ms);
  }

 private:
  void tell();

  Channel& channel_;
  const bool with_members_;
  std::map<std::string, uint32_t, std::less<>> users_;  // of this shard, with their connections
  Deltas deltas_;
  List<PresenceWatcher> watchers_;
  uint32_t version_ = 0;
  uint32_t count_ = 0;
  std::set<std::string> members_;  // as told; only while somebody watches
  std::string change_;             // the text of the latest version
  std::string snapshot_;           // of all, made when asked for
  std::unique_ptr<Roster> roster_;
};

// {"count":2,"members":["ann","bob"]}; without `members` the count alone.
std::string presence_json(uint32_t count, const std::vector<std::string>* members);

}  // namespace fce
