// SPDX-License-Identifier: Apache-2.0
// IdleChannels: the channels at home on a shard that keep a log and that nobody reads. When the
// node has no room, one of them goes: of the tenant that has most of them, the one that rested
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
  // The next one to go; null: there is none. It stays until it is removed.
  HomeChannel* victim();

 private:
  struct Tenant : ListNode<Tenant> {
    List<HomeChannel, Idle> channels;
    size_t count = 0;
  };

  // Tenants of about the same number of channels, within a factor of two, take turns.
  List<Tenant>& bucket(size_t count) { return buckets_[std::bit_width(count)]; }
  void recount(Tenant& tenant, size_t count);

  std::unordered_map<uint64_t, Tenant> tenants_;  // by the tenant's hash
  std::array<List<Tenant>, 65> buckets_;
};

}  // namespace fce
