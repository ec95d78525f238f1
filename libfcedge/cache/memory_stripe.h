// SPDX-License-Identifier: Apache-2.0
// MemoryStripe: one stripe of the memory tier, without its lock: a hash table of objects in the two
// queues of S3-FIFO, each object also in the list of its tenant. All that it allocates counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/list.h"
#include "cache/ghost.h"
#include "cache/key.h"
#include "cache/memory_tier.h"

namespace fce {

class MemoryStripe {
 public:
  using Value = MemoryTable::Value;
  // Values that have left: to be destroyed when the lock is no longer held.
  using Graveyard = std::vector<Value>;

  // What an object costs beside its value.
  static uint64_t overhead_bytes();

  MemoryStripe() = default;
  ~MemoryStripe() { clear(nullptr); }
  MemoryStripe(const MemoryStripe&) = delete;
  MemoryStripe& operator=(const MemoryStripe&) = delete;

  void set_limits(uint64_t bytes_max, uint64_t tenant_bytes_max);

  const Value* find(const ObjectKey& key);
  bool put(const ObjectKey& key, uint64_t tenant, Value&& value, uint64_t value_bytes,
           Graveyard* graveyard);
  // Null `value`: whatever it is.
  void erase(const ObjectKey& key, const void* value, Graveyard* graveyard);
  bool take_hit(const ObjectKey& key);
  void clear(Graveyard* graveyard);

  void refuse() { ++stats_.refused; }
  const MemoryTierStats& stats();

 private:
  struct InQueue;
  struct OfTenant;
  struct Node;
  struct Tenant {
    List<Node, OfTenant> nodes;  // the oldest first
    uint64_t bytes = 0;
  };
  struct Node : ListNode<InQueue>, ListNode<OfTenant> {
    ObjectKey key;
    Value value;
    uint64_t bytes = 0;  // with the value and the node
    uint64_t tenant = 0;
    Node* next = nullptr;  // in its bucket
    uint8_t frequency = 0;
    bool in_main = false;
    bool was_hit = false;
  };
  struct Queue {
    List<Node, InQueue> nodes;  // the oldest first
    uint64_t bytes = 0;
    uint64_t count = 0;
  };

  Node** place_of(const ObjectKey& key);
  Node* node_of(const ObjectKey& key);
  Queue& queue_of(const Node& node) { return node.in_main ? main_ : small_; }
  void enqueue(Node* node, bool in_main);
  void dequeue(Node* node);
  void drop(Node* node, Graveyard* graveyard);
  void evict_own(uint64_t tenant, uint64_t bytes, Graveyard* graveyard);
  void evict_one(Graveyard* graveyard);
  void evict_small(Graveyard* graveyard);
  void grow_buckets();
  uint64_t bytes() const;

  uint64_t bytes_max_ = 0;
  uint64_t tenant_bytes_max_ = 0;
  uint64_t objects_bytes_ = 0;
  Queue small_;
  Queue main_;
  Ghost ghost_{0};
  std::vector<Node*> buckets_;
  std::unordered_map<uint64_t, Tenant> tenants_;
  MemoryTierStats stats_;
};

}  // namespace fce
