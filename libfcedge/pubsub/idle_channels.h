// SPDX-License-Identifier: Apache-2.0
// IdleChannels: the channels at home on a shard that keep a log and that nobody reads. When there
// is no room, one of them goes: of the tenant that takes most of what is short, the one that rested
// longest. So a tenant that makes up channels without end pushes out its own, and not those of
// others.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/list.h"

namespace fce {

class HomeChannel;
struct Idle {};  // tag of the list of a tenant's idle channels

class IdleChannels {
 public:
  // As the youngest of its tenant; one that is there already moves.
  void add(HomeChannel& channel);
  // Harmless when it is not there.
  void remove(HomeChannel& channel);
  // Its log holds so much more, or less. Harmless when it is not there.
  void weigh(HomeChannel& channel, int64_t bytes);

  // What the logs of all hold.
  uint64_t bytes() const { return bytes_; }
  // The next one to go where channels or where bytes are short; null: there is none. It stays until
  // it is removed.
  HomeChannel* of_most_channels() { return first_of(by_count_); }
  HomeChannel* of_most_bytes() { return first_of(by_bytes_); }

 private:
  struct ByCount {};
  struct ByBytes {};
  struct Tenant : ListNode<ByCount>, ListNode<ByBytes> {
    List<HomeChannel, Idle> channels;
    size_t count = 0;
    uint64_t bytes = 0;
  };
  // Tenants that are alike within a factor of two take turns.
  template <class Tag>
  using Buckets = std::array<List<Tenant, Tag>, 65>;

  template <class Tag>
  static HomeChannel* first_of(Buckets<Tag>& buckets) {
    for (size_t i = buckets.size(); i-- > 0;) {
      Tenant* tenant = buckets[i].front();
      if (!tenant) continue;
      buckets[i].push_back(tenant);
      return tenant->channels.front();
    }
    return nullptr;
  }
  void change(Tenant& tenant, int64_t count, int64_t bytes);

  std::unordered_map<uint64_t, Tenant> tenants_;  // by the tenant's hash
  Buckets<ByCount> by_count_;
  Buckets<ByBytes> by_bytes_;
  uint64_t bytes_ = 0;
};

}  // namespace fce
