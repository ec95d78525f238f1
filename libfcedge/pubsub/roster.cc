// SPDX-License-Identifier: Apache-2.0
#include "pubsub/roster.h"

#include <algorithm>

namespace fce {

void Roster::set_count(uint32_t shard, uint32_t count) {
  if (counts_.size() <= shard) counts_.resize(shard + 1);
  count_ += count - counts_[shard];
  counts_[shard] = count;
}

bool Roster::join(std::string_view user, uint32_t shard) {
  auto found = members_.find(user);
  if (found == members_.end()) {
    if (members_.size() >= members_max_) return false;
    found = members_.emplace(std::string(user), Member()).first;
  } else if (found->second.shards.empty()) {
    --leaving_;
  }
  auto& shards = found->second.shards;
  if (std::find(shards.begin(), shards.end(), shard) == shards.end()) shards.push_back(shard);
  if (!found->second.told) changed_ = true;
  return true;
}

void Roster::leave(std::string_view user, uint32_t shard, uint64_t now_ms) {
  const auto found = members_.find(user);
  if (found == members_.end()) return;
  auto& shards = found->second.shards;
  if (std::erase(shards, shard) == 0 || !shards.empty()) return;
  found->second.left_ms = now_ms;
  ++leaving_;
}

bool Roster::tick(uint64_t now_ms, PresenceChange* out) {
  *out = {};
  out->count = count_;
  if (changed_ || leaving_ > 0) {
    for (auto it = members_.begin(); it != members_.end();) {
      Member& member = it->second;
      if (member.shards.empty() && now_ms - member.left_ms >= leave_ms_) {
        // Who came and went between two ticks was never told of.
        if (member.told) {
          out->leave.push_back(it->first);
          --told_;
        }
        --leaving_;
        it = members_.erase(it);
        continue;
      }
      if (!member.shards.empty() && !member.told) {
        member.told = true;
        ++told_;
        out->join.push_back(it->first);
      }
      ++it;
    }
  }
  changed_ = false;
  const bool told = count_ != told_count_ || !out->join.empty() || !out->leave.empty();
  told_count_ = count_;
  return told;
}

std::vector<std::string> Roster::members() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_)
    if (member.told) names.push_back(name);
  return names;
}

}  // namespace fce
