// SPDX-License-Identifier: Apache-2.0
// Ring: the recent end of a channel's log, as references with dense numbers.
#pragma once

#include <cstdint>
#include <memory>

#include "pubsub/message.h"

namespace fce {

// How much of a log is kept. The newest message is always kept, whatever its size.
struct RingBounds {
  uint32_t messages_max = 256;
  uint32_t bytes_max = 1 << 20;  // of memory, see Message
};

class Ring {
 public:
  // It holds [oldest, next); both are equal when it is empty. The first number is 1.
  uint64_t oldest() const { return next_ - count_; }
  uint64_t next() const { return next_; }
  bool empty() const { return count_ == 0; }
  size_t bytes() const { return bytes_; }

  // A message that is held.
  const Message& at(uint64_t n) const { return slots_[n & mask_]; }

  // Appends the message whose number is `next`, and lets the oldest go that are over the bounds.
  void append(Message message, const RingBounds& bounds);
  // Forgets all; the next one to append is `next`.
  void reset(uint64_t next);

 private:
  void drop_oldest();
  void grow();

  // A power of two of slots, made as they are needed: most channels are small.
  std::unique_ptr<Message[]> slots_;
  uint64_t mask_ = 0;
  uint64_t next_ = 1;
  uint64_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace fce
