// SPDX-License-Identifier: Apache-2.0
// Subscriber: a cursor on a channel of its own shard. It holds no messages: it says what is next
// when its transport has room, so a slow one costs nothing but its place in the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/list.h"
#include "loop/timer.h"
#include "pubsub/audience.h"
#include "pubsub/deflated.h"
#include "pubsub/message.h"
#include "pubsub/position.h"

namespace fce {

class Channel;
class ChannelKey;
class Hub;
struct Namespace;

// Why the node ended a subscription.
enum class EndReason : uint8_t { none, revoked, locked, banned, expired, overflow };
std::string_view end_reason_text(EndReason reason);
// As a WebSocket close code.
uint16_t end_code(EndReason reason);

// A feed derives from it. Shard's thread only.
class Subscriber : public ListNode<Subscriber> {
 public:
  // Begins at that position; once, and not after the hub has stopped. The channel's namespace is
  // there. The transport has to flush by itself after this call. The log may still be on its way
  // from another shard: then `take` has nothing yet, and `on_messages` tells when it is here.
  void subscribe(Hub& hub, const ChannelKey& key, const Position& position, FilterRef filter = {});
  // Leaves the channel. Again is harmless.
  void unsubscribe();
  bool subscribed() const { return channel_ != nullptr; }
  // From now on it gets what this filter lets pass.
  void set_filter(FilterRef filter);
  const FilterRef& filter() const { return filter_; }
  // Has the subscription end: `take` tells why, and nothing after it.
  void end(EndReason reason);
  // Has it end after so long, since what its client has shown will not be good any more.
  void expire_after(uint64_t ms);

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
      at,       // the cursor has moved past messages for others
      end,      // the node ends the subscription; it has been left
    };
    Kind kind = Kind::none;
    GapReason reason = GapReason::none;
    EndReason end = EndReason::none;
    const Message* message = nullptr;
  };
  Item take();

  // What a WebSocket is sent for a message that was just taken, borrowed like it: a frame that is
  // compressed, where the socket has agreed on a window and the message shrinks, or a plain one.
  struct Frame {
    Bytes bytes;
    Chunk* holder;
  };
  Frame frame_of(const Message& message, FrameForm form, int window_bits) {
    if (window_bits != 0) return deflated_frame_of(message, form, window_bits);
    return {plain_frame(message, form), message.chunk()};
  }

  // Whether `take` would have something. When not, `on_messages` tells of the next message.
  bool pending();
  // The position that the cursor has reached: after all that was taken.
  MessageId reached() const;
  // Whether it is further than what the client was told; a keep-alive may tell.
  bool moved() const { return channel_ && state_ == State::live && untold_ > 0; }
  void told_position() { untold_ = 0; }
  // Whether its end is still to be taken.
  bool ends() const { return end_ != EndReason::none; }
  Channel* channel() const { return channel_; }

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
  bool pass_others();
  bool position_is_old() const;
  // The client knows no position from which it could resume any more.
  bool position_is_lost() const;
  // For the channel: messages have become too old.
  void on_expired();
  void advance();
  void fall_behind();
  Item take_end();
  Frame deflated_frame_of(const Message& message, FrameForm form, int window_bits);

  enum class State : uint8_t { waiting, replaying, live };

  static void on_deadline(void* self);

  Channel* channel_ = nullptr;
  FilterRef filter_;
  std::unique_ptr<Timer> deadline_;  // few have one
  uint64_t next_ = 0;         // the first message not taken; while waiting the position's number
  uint32_t replay_left_ = 0;  // numbers before `ready`
  uint32_t untold_ = 0;       // numbers passed since the client heard of its position
  State state_ = State::waiting;
  Position::Kind from_ = Position::Kind::none;
  GapReason gap_ = GapReason::none;  // to be told first
  EndReason end_ = EndReason::none;  // likewise
  bool woken_ = true;                // the first flush is the transport's own
};

}  // namespace fce
