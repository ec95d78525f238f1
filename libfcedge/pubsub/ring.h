// SPDX-License-Identifier: Apache-2.0
// Ring: the recent end of a channel's log, as references with dense numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "pubsub/deflated.h"
#include "pubsub/message.h"

namespace fce {

// How much of a log is kept. The newest message is always kept, whatever its size, unless it is too
// old.
struct RingBounds {
  uint32_t messages_max = 256;
  uint32_t bytes_max = 1 << 20;  // of memory, see Message and DeflatedFrame
  uint32_t age_ms_max = 0;       // 0: no bound
  bool conflate = false;         // of messages with the same key only the latest is kept
};

class Ring {
 public:
  // Numbers of messages that a later one replaced still take a slot each, at most so many times
  // the bound of messages; FCE_OVERFLOW_CONFLATE tells of it.
  static constexpr uint32_t kSlotsPerMessage = 8;

  // It holds [oldest, next); both are equal when it is empty. The first number is 1.
  uint64_t oldest() const { return next_ - count_; }
  uint64_t next() const { return next_; }
  bool empty() const { return count_ == 0; }
  size_t bytes() const { return bytes_; }

  // A number that is held. Its message is null when a later one of its key has replaced it.
  const Message& at(uint64_t n) const { return slots_[n & mask_].message; }

  // The compressed frame of a message that is held, made at its first use; null: it is sent as it
  // is. It goes with the message. Its memory counts, but lets nothing go before the next append:
  // a flush has borrowed what the ring holds.
  Chunk* deflated(uint64_t n, FrameForm form, int window_bits, Counters& counters);

  // What an append let go.
  struct Dropped {
    uint32_t conflated = 0;
    uint32_t expired = 0;
  };
  // Appends the message whose number is `next` (null: it was replaced already), and lets go what is
  // over the bounds.
  Dropped append(Message message, const RingBounds& bounds, uint64_t now_ms);
  // Lets go what is too old; returns how many that were.
  uint32_t expire(const RingBounds& bounds, uint64_t now_ms);
  // Forgets all; the next one to append is `next`.
  void reset(uint64_t next);

 private:
  struct Slot {
    size_t bytes() const;
    Message message;
    std::unique_ptr<DeflatedFrame> deflated;
  };

  void drop_oldest();
  void grow();
  void replace_key(const Message& message, Dropped* dropped);

  // A power of two of slots, made as they are needed: most channels are small.
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<std::unordered_map<uint64_t, uint64_t>> keys_;  // hash -> number of the latest
  uint64_t next_ = 1;
  size_t bytes_ = 0;
  uint32_t mask_ = 0;
  uint32_t count_ = 0;  // slots in use
  uint32_t live_ = 0;   // of them with a message
};

}  // namespace fce
