// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ring.h"

#include <utility>

#include "base/fatal.h"

namespace fce {
namespace {

constexpr uint32_t kFirstSlots = 4;

}  // namespace

Ring::Dropped Ring::append(Message message, const RingBounds& bounds, uint64_t now_ms) {
  Dropped dropped;
  dropped.expired = expire(bounds, now_ms);
  if (message) {
    if (message.n() != next_) fatal("a channel's log is not dense");
    if (bounds.conflate && message.key_hash() != 0) replace_key(message, &dropped);
    const uint64_t bytes = message.bytes();
    while (live_ > 0 && (live_ >= bounds.messages_max || bytes_ + bytes > bounds.bytes_max))
      drop_oldest();
    bytes_ += static_cast<uint32_t>(bytes);
    ++live_;
  }
  while (count_ / kSlotsPerMessage >= bounds.messages_max) drop_oldest();
  if (!slots_ || count_ > mask_) grow();
  slots_[next_ & mask_] = std::move(message);
  ++next_;
  ++count_;
  return dropped;
}

void Ring::replace_key(const Message& message, Dropped* dropped) {
  if (!keys_) keys_ = std::make_unique<std::unordered_map<uint64_t, uint64_t>>();
  const auto [found, fresh] = keys_->try_emplace(message.key_hash(), next_);
  if (fresh) return;
  Message& old = slots_[std::exchange(found->second, next_) & mask_];
  bytes_ -= static_cast<uint32_t>(old.bytes());
  --live_;
  old = Message();
  ++dropped->conflated;
}

uint32_t Ring::expire(const RingBounds& bounds, uint64_t now_ms) {
  uint32_t expired = 0;
  if (bounds.age_ms_max == 0) return expired;
  while (count_ > 0) {
    const Message& message = at(oldest());
    if (message && message.time_ms() + bounds.age_ms_max > now_ms) break;
    if (message) ++expired;
    drop_oldest();
  }
  if (count_ == 0) reset(next_);  // an idle channel keeps no memory
  return expired;
}

void Ring::reset(uint64_t next) {
  slots_.reset();
  keys_.reset();
  mask_ = count_ = live_ = bytes_ = 0;
  next_ = next;
}

void Ring::drop_oldest() {
  const uint64_t n = oldest();
  Message& slot = slots_[n & mask_];
  --count_;
  if (!slot) return;
  bytes_ -= static_cast<uint32_t>(slot.bytes());
  --live_;
  if (keys_ && slot.key_hash() != 0) {
    const auto found = keys_->find(slot.key_hash());
    if (found != keys_->end() && found->second == n) keys_->erase(found);
  }
  slot = Message();
}

void Ring::grow() {
  const uint32_t size = slots_ ? (mask_ + 1) * 2 : kFirstSlots;
  auto slots = std::make_unique<Message[]>(size);
  for (uint64_t n = oldest(); n != next_; ++n) slots[n & (size - 1)] = std::move(slots_[n & mask_]);
  slots_ = std::move(slots);
  mask_ = size - 1;
}

}  // namespace fce
