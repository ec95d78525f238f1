// SPDX-License-Identifier: Apache-2.0
#include "cache/memory_stripe.h"

#include <algorithm>
#include <utility>

namespace fce {
namespace {

constexpr uint8_t kFrequencyMax = 3;
// The small queue has a tenth, fingerprints at most a 64th.
constexpr uint64_t kSmallDivisor = 10;
constexpr uint64_t kGhostDivisor = 64;

// The allocator's word before each block, and its rounding.
constexpr uint64_t allocated(uint64_t bytes) { return (bytes + 8 + 15) / 16 * 16; }

}  // namespace

uint64_t MemoryStripe::overhead_bytes() { return allocated(sizeof(Node)); }

void MemoryStripe::set_limits(uint64_t bytes_max, uint64_t tenant_bytes_max) {
  bytes_max_ = bytes_max;
  tenant_bytes_max_ = tenant_bytes_max;
  ghost_.set_memory_bytes_max(bytes_max / kGhostDivisor);
}

const MemoryStripe::Value* MemoryStripe::find(const ObjectKey& key) {
  Node* node = node_of(key);
  if (!node) {
    ++stats_.misses;
    return nullptr;
  }
  ++stats_.hits;
  node->was_hit = true;
  if (node->frequency < kFrequencyMax) ++node->frequency;
  return &node->value;
}

bool MemoryStripe::put(const ObjectKey& key, uint64_t tenant, Value&& value, uint64_t value_bytes,
                       Graveyard* graveyard) {
  erase(key, nullptr, graveyard);
  const uint64_t bytes = value_bytes + overhead_bytes();
  if (bytes > tenant_bytes_max_ || bytes > bytes_max_) {
    ++stats_.refused;
    return false;
  }
  evict_own(tenant, bytes, graveyard);
  const bool in_main = ghost_.take(key, main_.count);
  Node* node = new Node;
  node->key = key;
  node->value = std::move(value);
  node->bytes = bytes;
  node->tenant = tenant;
  grow_buckets();
  Node** place = place_of(key);
  node->next = *place;
  *place = node;
  Tenant& own = tenants_[tenant];
  own.nodes.push_back(node);
  own.bytes += bytes;
  objects_bytes_ += bytes;
  enqueue(node, in_main);
  // Tables may have grown as well. It may be this very one that goes.
  while (this->bytes() > bytes_max_ && small_.count + main_.count > 0) evict_one(graveyard);
  return true;
}

void MemoryStripe::erase(const ObjectKey& key, const void* value, Graveyard* graveyard) {
  Node* node = node_of(key);
  if (node && (!value || node->value.get() == value)) drop(node, graveyard);
}

bool MemoryStripe::take_hit(const ObjectKey& key) {
  Node* node = node_of(key);
  return node && std::exchange(node->was_hit, false);
}

void MemoryStripe::clear(Graveyard* graveyard) {
  for (Queue* queue : {&small_, &main_})
    while (Node* node = queue->nodes.front()) drop(node, graveyard);
}

const MemoryTierStats& MemoryStripe::stats() {
  stats_.bytes = bytes();
  stats_.objects = small_.count + main_.count;
  return stats_;
}

MemoryStripe::Node** MemoryStripe::place_of(const ObjectKey& key) {
  Node** place = &buckets_[key.high & (buckets_.size() - 1)];
  while (*place && (*place)->key != key) place = &(*place)->next;
  return place;
}

MemoryStripe::Node* MemoryStripe::node_of(const ObjectKey& key) {
  return buckets_.empty() ? nullptr : *place_of(key);
}

void MemoryStripe::enqueue(Node* node, bool in_main) {
  node->in_main = in_main;
  Queue& queue = queue_of(*node);
  queue.nodes.push_back(node);
  queue.bytes += node->bytes;
  ++queue.count;
}

void MemoryStripe::dequeue(Node* node) {
  Queue& queue = queue_of(*node);
  static_cast<ListNode<InQueue>*>(node)->unlink();
  queue.bytes -= node->bytes;
  --queue.count;
}

void MemoryStripe::drop(Node* node, Graveyard* graveyard) {
  *place_of(node->key) = node->next;
  dequeue(node);
  static_cast<ListNode<OfTenant>*>(node)->unlink();
  const auto own = tenants_.find(node->tenant);
  own->second.bytes -= node->bytes;
  if (own->second.nodes.empty()) tenants_.erase(own);
  objects_bytes_ -= node->bytes;
  if (graveyard) graveyard->push_back(std::move(node->value));
  delete node;
}

// A clock over the tenant's own.
void MemoryStripe::evict_own(uint64_t tenant, uint64_t bytes, Graveyard* graveyard) {
  for (;;) {
    const auto own = tenants_.find(tenant);
    if (own == tenants_.end() || own->second.bytes + bytes <= tenant_bytes_max_) return;
    Node* node = own->second.nodes.front();
    if (node->frequency > 0) {
      --node->frequency;
      own->second.nodes.push_back(node);
      continue;
    }
    ++stats_.evicted_share;
    drop(node, graveyard);
  }
}

void MemoryStripe::evict_one(Graveyard* graveyard) {
  if (small_.bytes > bytes_max_ / kSmallDivisor || main_.count == 0) return evict_small(graveyard);
  Node* node = main_.nodes.front();
  if (node->frequency > 0) {
    --node->frequency;
    main_.nodes.push_back(node);
    return;
  }
  ++stats_.evicted;
  drop(node, graveyard);
}

void MemoryStripe::evict_small(Graveyard* graveyard) {
  Node* node = small_.nodes.front();
  if (node->frequency > 0) {
    dequeue(node);
    node->frequency = 0;
    enqueue(node, true);
    return;
  }
  ghost_.add(node->key, main_.count);
  ++stats_.evicted;
  drop(node, graveyard);
}

void MemoryStripe::grow_buckets() {
  if (small_.count + main_.count < buckets_.size()) return;
  const std::vector<Node*> former =
      std::exchange(buckets_, std::vector<Node*>(std::max<size_t>(16, buckets_.size() * 2)));
  for (Node* node : former) {
    while (node) {
      Node* next = node->next;
      Node** place = &buckets_[node->key.high & (buckets_.size() - 1)];
      node->next = std::exchange(*place, node);
      node = next;
    }
  }
}

uint64_t MemoryStripe::bytes() const {
  // A node of the map with its link and hash, and its bucket.
  constexpr uint64_t kTenantBytes = allocated(sizeof(Tenant) + 3 * sizeof(void*)) + sizeof(void*);
  return objects_bytes_ + buckets_.capacity() * sizeof(Node*) + ghost_.memory_bytes() +
         tenants_.size() * kTenantBytes;
}

}  // namespace fce
