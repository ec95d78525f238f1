// SPDX-License-Identifier: Apache-2.0
// Roster: who is on a channel, summed over the shards, at the channel's home. Joins and leaves of
// single connections would grow with the square of the herd, so they are told in ticks, and a leave
// so late that a reconnect is swallowed. Pure code.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fce {

// What a tick tells.
struct PresenceChange {
  uint32_t count = 0;  // connections
  std::vector<std::string> join;
  std::vector<std::string> leave;
};

class Roster {
 public:
  Roster(uint32_t members_max, uint32_t leave_ms)
      : members_max_(members_max), leave_ms_(leave_ms) {}

  // So many subscribers the channel has on that shard.
  void set_count(uint32_t shard, uint32_t count);
  // A user has come to a shard. False: the list has no room for another member.
  bool join(std::string_view user, uint32_t shard);
  // A user has left a shard. Nothing when the list had no room as it came to that one.
  void leave(std::string_view user, uint32_t shard, uint64_t now_ms);

  // What has changed since the last tick; false: nothing.
  bool tick(uint64_t now_ms, PresenceChange* out);
  // Leaves are still to be told.
  bool waits() const { return leaving_ > 0; }

  uint32_t count() const { return count_; }
  // How many `members` are.
  uint32_t told() const { return told_; }
  // Those who are told of as being here, in order.
  std::vector<std::string> members() const;

 private:
  struct Member {
    std::vector<uint32_t> shards;  // where the user is, each once
    uint64_t left_ms = 0;          // when the last of them was left
    bool told = false;             // others know that the user is here
  };
  const uint32_t members_max_;
  const uint32_t leave_ms_;
  std::map<std::string, Member, std::less<>> members_;
  std::vector<uint32_t> counts_;  // by shard
  uint32_t count_ = 0;
  uint32_t told_count_ = 0;
  uint32_t told_ = 0;
  uint32_t leaving_ = 0;
  bool changed_ = false;
};

}  // namespace fce
