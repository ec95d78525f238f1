// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ring.h"

#include "base/fatal.h"

namespace fce {
namespace {

constexpr uint64_t kFirstSlots = 4;

}  // namespace

void Ring::append(Message message, const RingBounds& bounds) {
  if (message.n() != next_) fatal("a channel's log is not dense");
  bytes_ += message.bytes();
  while (count_ > 0 && (count_ >= bounds.messages_max || bytes_ > bounds.bytes_max)) drop_oldest();
  if (!slots_ || count_ > mask_) grow();
  slots_[next_ & mask_] = std::move(message);
  ++next_;
  ++count_;
}

void Ring::reset(uint64_t next) {
  slots_.reset();
  mask_ = count_ = bytes_ = 0;
  next_ = next;
}

void Ring::drop_oldest() {
  Message& slot = slots_[oldest() & mask_];
  bytes_ -= slot.bytes();
  slot = Message();
  --count_;
}

void Ring::grow() {
  const uint64_t size = slots_ ? (mask_ + 1) * 2 : kFirstSlots;
  auto slots = std::make_unique<Message[]>(size);
  for (uint64_t n = oldest(); n != next_; ++n) slots[n & (size - 1)] = std::move(slots_[n & mask_]);
  slots_ = std::move(slots);
  mask_ = size - 1;
}

}  // namespace fce
