// SPDX-License-Identifier: Apache-2.0
#include "pubsub/idle_channels.h"

#include "pubsub/audience.h"
#include "pubsub/channel.h"

namespace fce {

void IdleChannels::add(HomeChannel& channel) {
  // Two tenants with one hash, which nobody can choose, would only be counted as one.
  Tenant& tenant = tenants_[name_hash(channel.key().tenant())];
  const bool fresh = !static_cast<ListNode<Idle>&>(channel).linked();
  tenant.channels.push_back(&channel);
  if (fresh) recount(tenant, tenant.count + 1);
}

void IdleChannels::remove(HomeChannel& channel) {
  ListNode<Idle>& node = channel;
  if (!node.linked()) return;
  node.unlink();
  const auto found = tenants_.find(name_hash(channel.key().tenant()));
  Tenant& tenant = found->second;
  if (tenant.count == 1) {
    tenants_.erase(found);
  } else {
    recount(tenant, tenant.count - 1);
  }
}

HomeChannel* IdleChannels::victim() {
  for (size_t i = buckets_.size(); i-- > 0;) {
    Tenant* tenant = buckets_[i].front();
    if (!tenant) continue;
    buckets_[i].push_back(tenant);
    return tenant->channels.front();
  }
  return nullptr;
}

void IdleChannels::recount(Tenant& tenant, size_t count) {
  const bool moves = &bucket(tenant.count) != &bucket(count);
  tenant.count = count;
  if (moves) bucket(count).push_back(&tenant);
}

}  // namespace fce
