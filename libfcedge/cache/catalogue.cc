// SPDX-License-Identifier: Apache-2.0
#include "cache/catalogue.h"

#include <algorithm>

#include "cache/open_segment.h"

namespace fce {

void Catalogue::announce(Put* put) {
  RecordHead& head = put->head;
  Stripe& in = stripe(head.key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  head.sequence = next_sequence();
  Waiting& waiting = in.waiting[head.key];
  // While the index is not complete, nobody knows.
  if (waiting.sequence != 0 || recovering() || parts_.index.peek(head.key))
    head.flags |= RecordHead::kReplaces;
  if (waiting.sequence == 0) waiting_.fetch_add(1, std::memory_order_relaxed);
  if (head.kind == RecordKind::object)
    put->object =
        std::make_shared<const StoredObject>(put->payload, 0, put->sizes(), head.sequence);
  waiting = {head.sequence, put->object};
}

ObjectRef Catalogue::waiting(const ObjectKey& key) const {
  if (waiting_.load(std::memory_order_relaxed) == 0) return nullptr;
  const Stripe& in = stripe(key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.waiting.find(key);
  return at == in.waiting.end() ? nullptr : at->second.object;
}

uint64_t Catalogue::waiting_sequence(const ObjectKey& key) const {
  const Stripe& in = stripe(key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.waiting.find(key);
  return at == in.waiting.end() ? 0 : at->second.sequence;
}

bool Catalogue::waits(const Put& put) const {
  const Stripe& in = stripe(put.head.key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.waiting.find(put.head.key);
  return at != in.waiting.end() && at->second.sequence == put.head.sequence;
}

bool Catalogue::publish(const Put& put, const IndexEntry& entry) {
  Stripe& in = stripe(put.head.key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.waiting.find(put.head.key);
  if (at == in.waiting.end() || at->second.sequence != put.head.sequence) {
    retire(entry);
    return false;
  }
  const std::optional<IndexEntry> before = parts_.index.insert(entry);
  parts_.memory.erase(entry.key);
  if (before) retire(*before);
  in.waiting.erase(at);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void Catalogue::withdraw(const Put& put) {
  Stripe& in = stripe(put.head.key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.waiting.find(put.head.key);
  if (at == in.waiting.end() || at->second.sequence != put.head.sequence) return;
  in.waiting.erase(at);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

Catalogue::Erased Catalogue::erase(const ObjectKey& key) {
  Stripe& in = stripe(key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  Erased erased;
  if (in.waiting.erase(key) > 0) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    erased.found = true;
  }
  const std::optional<IndexEntry> before = parts_.index.erase(key);
  parts_.memory.erase(key);
  if (before) retire(*before);
  erased.found |= before.has_value();
  // While the index is rebuilt it may be on the disk all the same.
  if (erased.found || recovering()) erased.sequence = next_sequence();
  if (recovering()) in.erased[key] = erased.sequence;
  return erased;
}

void Catalogue::forget(const IndexEntry& entry) {
  if (!parts_.index.erase_if(entry.key, entry.at)) return;
  parts_.memory.erase(entry.key);
  retire(entry);
}

void Catalogue::retire(const IndexEntry& entry) {
  parts_.shares.release(entry.tenant, entry.bytes());
  parts_.eviction.kill(entry.at.segment, OpenSegment::cost(entry.bytes()));
  if (entry.large) parts_.gone.on_large_gone(entry.at.segment);
}

bool Catalogue::recovered_is_erased(const ObjectKey& key, uint64_t sequence) const {
  const Stripe& in = stripe(key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  const auto at = in.erased.find(key);
  return at != in.erased.end() && sequence < at->second;
}

void Catalogue::recover_erased(const ObjectKey& key, uint64_t sequence) {
  Stripe& in = stripe(key);
  const std::lock_guard<std::mutex> lock(in.mutex);
  uint64_t& latest = in.erased[key];
  latest = std::max(latest, sequence);
}

void Catalogue::end_recovery() {
  recovering_.store(false, std::memory_order_release);
  for (Stripe& stripe : stripes_) {
    const std::lock_guard<std::mutex> lock(stripe.mutex);
    stripe.erased = {};
  }
}

}  // namespace fce
