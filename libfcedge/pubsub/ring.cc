// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ring.h"

#include <utility>

#include "base/fatal.h"

namespace fce {
namespace {

constexpr uint32_t kFirstSlots = 4;

}  // namespace

size_t Ring::Slot::bytes() const {
  size_t sum = message.bytes();
  for (const DeflatedFrame* frame = deflated.get(); frame; frame = frame->next.get())
    sum += frame->bytes();
  return sum;
}

Chunk* Ring::deflated(uint64_t n, FrameForm form, int window_bits, Counters& counters) {
  Slot& slot = slots_[n & mask_];
  size_t made_bytes;
  const DeflatedFrame* made =
      DeflatedFrame::get(&slot.deflated, slot.message, form, window_bits, counters, &made_bytes);
  bytes_ += made_bytes;
  return made ? made->frame.get() : nullptr;
}

Ring::Dropped Ring::append(Message message, const RingBounds& bounds, uint64_t now_ms) {
  Dropped dropped;
  dropped.expired = expire(bounds, now_ms);
  if (message) {
    if (message.n() != next_) fatal("a channel's log is not dense");
    if (bounds.conflate && message.key_hash() != 0) replace_key(message, &dropped);
    const size_t bytes = message.bytes();
    while (live_ > 0 && (live_ >= bounds.messages_max || bytes_ + bytes > bounds.bytes_max))
      drop_oldest();
    bytes_ += bytes;
    ++live_;
  }
  while (count_ / kSlotsPerMessage >= bounds.messages_max) drop_oldest();
  if (!slots_ || count_ > mask_) grow();
  slots_[next_ & mask_].message = std::move(message);
  ++next_;
  ++count_;
  return dropped;
}

void Ring::replace_key(const Message& message, Dropped* dropped) {
  if (!keys_) keys_ = std::make_unique<std::unordered_map<uint64_t, uint64_t>>();
  const auto [found, fresh] = keys_->try_emplace(message.key_hash(), next_);
  if (fresh) return;
  Slot& old = slots_[std::exchange(found->second, next_) & mask_];
  bytes_ -= old.bytes();
  --live_;
  old = Slot();
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
  mask_ = count_ = live_ = 0;
  bytes_ = 0;
  next_ = next;
}

void Ring::drop_oldest() {
  const uint64_t n = oldest();
  Slot& slot = slots_[n & mask_];
  --count_;
  if (!slot.message) return;
  bytes_ -= slot.bytes();
  --live_;
  if (keys_ && slot.message.key_hash() != 0) {
    const auto found = keys_->find(slot.message.key_hash());
    if (found != keys_->end() && found->second == n) keys_->erase(found);
  }
  slot = Slot();
}

void Ring::grow() {
  const uint32_t size = slots_ ? (mask_ + 1) * 2 : kFirstSlots;
  auto slots = std::make_unique<Slot[]>(size);
  for (uint64_t n = oldest(); n != next_; ++n) slots[n & (size - 1)] = std::move(slots_[n & mask_]);
  slots_ = std::move(slots);
  mask_ = size - 1;
}

}  // namespace fce
