// SPDX-License-Identifier: Apache-2.0
#include "pubsub/idle_channels.h"

#include "pubsub/audience.h"
#include "pubsub/channel.h"

namespace fce {
namespace {

bool is_idle(HomeChannel& channel) { return static_cast<ListNode<Idle>&>(channel).linked(); }

}  // namespace

void IdleChannels::add(HomeChannel& channel) {
  // Two tenants with one hash, which nobody can choose, would only be counted as one.
  Tenant& tenant = tenants_[name_hash(channel.key().tenant())];
  const bool fresh = !is_idle(channel);
  tenant.channels.push_back(&channel);
  if (fresh) change(tenant, 1, channel.weight());
}

void IdleChannels::remove(HomeChannel& channel) {
  if (!is_idle(channel)) return;
  static_cast<ListNode<Idle>&>(channel).unlink();
  const auto found = tenants_.find(name_hash(channel.key().tenant()));
  change(found->second, -1, -int64_t{channel.weight()});
  if (found->second.count == 0) tenants_.erase(found);
}

void IdleChannels::weigh(HomeChannel& channel, int64_t bytes) {
  if (is_idle(channel)) change(tenants_[name_hash(channel.key().tenant())], 0, bytes);
}

void IdleChannels::change(Tenant& tenant, int64_t count, int64_t bytes) {
  tenant.count += static_cast<size_t>(count);
  tenant.bytes += static_cast<uint64_t>(bytes);
  bytes_ += static_cast<uint64_t>(bytes);
  const auto place = [&](auto& buckets, uint64_t before, uint64_t now) {
    const auto from = std::bit_width(before), to = std::bit_width(now);
    if (from != to || before == 0) buckets[static_cast<size_t>(to)].push_back(&tenant);
  };
  place(by_count_, tenant.count - static_cast<size_t>(count), tenant.count);
  place(by_bytes_, tenant.bytes - static_cast<uint64_t>(bytes), tenant.bytes);
}

}  // namespace fce
