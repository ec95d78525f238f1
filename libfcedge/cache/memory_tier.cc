// SPDX-License-Identifier: Apache-2.0
#include "cache/memory_tier.h"

#include <algorithm>
#include <mutex>

#include "cache/memory_stripe.h"

namespace fce {
namespace {

constexpr size_t kStripesMax = 64;
// Enough that a stripe's objects are many, whatever the sizes.
constexpr uint64_t kStripeBytesMin = 4 << 20;
constexpr uint64_t kObjectDivisor = 8;

uint64_t part_of(uint64_t bytes, double share) {
  if (share >= 1) return bytes;
  return share > 0 ? static_cast<uint64_t>(static_cast<double>(bytes) * share) : 0;
}

}  // namespace

struct alignas(64) LockedMemoryStripe {
  mutable std::mutex mutex;
  MemoryStripe stripe;
};

MemoryTable::MemoryTable(const MemoryTierOptions& options) {
  if (options.bytes_max == 0) return;
  stripes_count_ = std::clamp<uint64_t>(options.bytes_max / kStripeBytesMin, 1, kStripesMax);
  stripes_ = std::make_unique<LockedMemoryStripe[]>(stripes_count_);
  const uint64_t stripes_bytes = stripes_count_ * sizeof(LockedMemoryStripe);
  const uint64_t left = options.bytes_max - std::min(options.bytes_max, stripes_bytes);
  const uint64_t stripe_bytes = left / stripes_count_;
  const uint64_t tenant_bytes = part_of(stripe_bytes, options.share);
  for (size_t i = 0; i < stripes_count_; ++i)
    stripes_[i].stripe.set_limits(stripe_bytes, tenant_bytes);
  const uint64_t largest =
      std::min({options.object_bytes_max, stripe_bytes / kObjectDivisor, tenant_bytes});
  value_bytes_max_ = largest - std::min(largest, MemoryStripe::overhead_bytes());
}

MemoryTable::~MemoryTable() = default;

LockedMemoryStripe& MemoryTable::stripe_of(const ObjectKey& key) const {
  // Other bits than those that the stripe itself goes by.
  return stripes_[(key.low >> 8) % stripes_count_];
}

MemoryTable::Value MemoryTable::find(const ObjectKey& key) {
  if (!enabled()) return nullptr;
  LockedMemoryStripe& locked = stripe_of(key);
  const std::lock_guard<std::mutex> lock(locked.mutex);
  const Value* value = locked.stripe.find(key);
  return value ? *value : nullptr;
}

bool MemoryTable::put(const ObjectKey& key, uint64_t tenant, Value value, uint64_t value_bytes) {
  if (!enabled()) return false;
  MemoryStripe::Graveyard graveyard;  // outlives the lock
  LockedMemoryStripe& locked = stripe_of(key);
  const std::lock_guard<std::mutex> lock(locked.mutex);
  if (value_bytes <= value_bytes_max_)
    return locked.stripe.put(key, tenant, std::move(value), value_bytes, &graveyard);
  locked.stripe.erase(key, nullptr, &graveyard);
  locked.stripe.refuse();
  return false;
}

void MemoryTable::erase(const ObjectKey& key) { erase_if(key, nullptr); }

void MemoryTable::erase_if(const ObjectKey& key, const void* value) {
  if (!enabled()) return;
  MemoryStripe::Graveyard graveyard;
  LockedMemoryStripe& locked = stripe_of(key);
  const std::lock_guard<std::mutex> lock(locked.mutex);
  locked.stripe.erase(key, value, &graveyard);
}

bool MemoryTable::take_hit(const ObjectKey& key) {
  if (!enabled()) return false;
  LockedMemoryStripe& locked = stripe_of(key);
  const std::lock_guard<std::mutex> lock(locked.mutex);
  return locked.stripe.take_hit(key);
}

void MemoryTable::clear() {
  for (size_t i = 0; i < stripes_count_; ++i) {
    MemoryStripe::Graveyard graveyard;
    const std::lock_guard<std::mutex> lock(stripes_[i].mutex);
    stripes_[i].stripe.clear(&graveyard);
  }
}

MemoryTierStats MemoryTable::stats() const {
  MemoryTierStats sum;
  sum.bytes = stripes_count_ * sizeof(LockedMemoryStripe);
  for (size_t i = 0; i < stripes_count_; ++i) {
    const std::lock_guard<std::mutex> lock(stripes_[i].mutex);
    const MemoryTierStats& one = stripes_[i].stripe.stats();
    sum.bytes += one.bytes;
    sum.objects += one.objects;
    sum.hits += one.hits;
    sum.misses += one.misses;
    sum.evicted += one.evicted;
    sum.evicted_share += one.evicted_share;
    sum.refused += one.refused;
  }
  return sum;
}

}  // namespace fce
