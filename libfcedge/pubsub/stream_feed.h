// SPDX-License-Identifier: Apache-2.0
// StreamFeed: a subscriber that is the body of an answer and lives as long as that. How its items
// look is up to the format that derives from it.
#pragma once

#include <string_view>

#include "http/body.h"
#include "loop/timer.h"
#include "pubsub/subscriber.h"

namespace fce {

class StreamFeed : public BodySource, protected Subscriber {
 public:
  Pull pull(Gather& out, size_t max) final;
  void on_drain() final;
  using Subscriber::expire_after;

 protected:
  // Every `silence_ms` there is a call of `on_silence`.
  StreamFeed(Hub& hub, uint32_t silence_ms);

  // The bytes of a message, within its chunk.
  virtual Bytes encoding(const Message& message) const = 0;
  // Something was taken. A message goes out by itself, and of it nothing may be said here.
  virtual void on_item(const Item& item) = 0;
  // The time has come, and nothing else is to be sent: for a sign of life.
  virtual void on_silence() = 0;
  // The node drains, and all is sent. It ends after what is said here.
  virtual void on_farewell(uint32_t reconnect_ms) = 0;

  // Sends a text next; "" nothing. Once in each of the calls above.
  void say(std::string_view text);
  // Ends after what is said or taken already.
  void finish() { state_ = State::ended; }
  // Has `on_silence` called as soon as nothing else is to be sent.
  void hurry() { silence_due_ = true; }
  Hub& hub() const { return hub_; }

 private:
  enum class State : uint8_t { open, draining, ended };

  void on_messages() final { BodySource::wake(Lane::fanout); }
  static void on_time(void* self);
  void arm();
  // Adds what is next, or puts it into `rest_`; false when there is nothing now.
  bool add_next(Gather& out, size_t* left);
  void add_rest(Gather& out, size_t* left);
  void add_message(const Message& message, Gather& out, size_t* left);

  Hub& hub_;
  // What did not fit into the last pull: HTTP/2 asks for no more than its windows have room for.
  ChunkRef rest_;
  uint32_t rest_begin_ = 0;
  uint32_t rest_end_ = 0;
  uint16_t silence_ticks_;
  State state_ = State::open;
  bool silence_due_ = false;
  Timer timer_;
};

}  // namespace fce
