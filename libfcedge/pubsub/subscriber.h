// SPDX-License-Identifier: Apache-2.0
// Subscriber: a cursor on a channel of its own shard. It holds no messages: it says what is next
// when its transport has room, so a slow one costs nothing but its place in the log.
#pragma once

#include <cstdint>

#include "base/list.h"
#include "pubsub/message.h"
#include "pubsub/position.h"

namespace fce {

class Channel;
class ChannelKey;
class Hub;

// A feed derives from it. Shard's thread only.
class Subscriber : public ListNode<Subscriber> {
 public:
  // Begins at that position; once, and not after the hub has stopped. The transport has to flush by
  // itself after this call. The log may still be on its way from another shard: then `take` has
  // nothing yet, and `on_messages` tells when it is here.
  void subscribe(Hub& hub, const ChannelKey& key, const Position& position);
  // Leaves the channel. Again is harmless.
  void unsubscribe();

 protected:
  Subscriber() = default;
  virtual ~Subscriber() { unsubscribe(); }

  // Something can be taken: the transport is to be marked dirty, in the fan-out lane. Not repeated
  // before `take` or `pending` have told that there is nothing more.
  virtual void on_messages() = 0;

  // What is to be sent next; the cursor has moved past it.
  struct Item {
    enum class Kind : uint8_t {
      none,     // nothing now
      message,  // borrowed from the log until the end of this flush
      gap,      // some messages are not to be had; the cursor stands at the log's end
      ready,    // the replay is over, live messages follow
    };
    Kind kind = Kind::none;
    GapReason reason = GapReason::none;
    const Message* message = nullptr;
  };
  Item take();
  // Whether `take` would have something. When not, `on_messages` tells of the next message.
  bool pending();
  // The position that the cursor has reached: after all that was taken.
  MessageId reached() const;
  Hub* hub() const;

 private:
  friend class Channel;
  // The channel has its log: the position is looked up.
  void begin();
  bool waits() const { return state_ == State::waiting; }
  // Waits at a position that the channel's log has not come to.
  bool waits_ahead() const;
  // For the channel: wakes unless that was done already.
  void wake() {
    if (woken_) return;
    woken_ = true;
    on_messages();
  }

  enum class State : uint8_t { waiting, replaying, live };

  Channel* channel_ = nullptr;
  uint64_t next_ = 0;         // the first message not taken; while waiting the position's number
  uint32_t replay_left_ = 0;  // messages before `ready`
  State state_ = State::waiting;
  Position::Kind from_ = Position::Kind::none;
  GapReason gap_ = GapReason::none;  // to be told first
  bool woken_ = true;                // the first flush is the transport's own
};

}  // namespace fce
