// SPDX-License-Identifier: Apache-2.0
// SseFeed: a subscriber whose messages leave as an event stream (WHATWG HTML 9.2). It is the body
// of its answer and lives as long as that.
#pragma once

#include <string_view>

#include "http/body.h"
#include "loop/timer.h"
#include "pubsub/subscriber.h"

namespace fce {

class SseFeed final : public BodySource, private Subscriber {
 public:
  struct Options {
    uint32_t ping_ms;
    uint32_t retry_ms;
  };
  SseFeed(Hub& hub, const ChannelKey& key, const Position& position, const Options& options);
  ~SseFeed() override;

  Pull pull(Gather& out, size_t max) override;
  void on_drain() override;

 private:
  enum class State : uint8_t { open, draining, ended };

  void on_messages() override { BodySource::wake(Lane::fanout); }
  static void on_ping_time(void* self);
  void arm_ping();
  // Adds what is next, or puts it into `rest_`; false when there is nothing now.
  bool add_next(Gather& out, size_t* left);
  void add_rest(Gather& out, size_t* left);
  void set_rest(std::string_view text);

  Hub& hub_;
  // What did not fit into the last pull, from the offset to the chunk's end: HTTP/2 asks for no
  // more than its windows have room for.
  ChunkRef rest_;
  uint32_t rest_offset_ = 0;
  uint16_t ping_ticks_;
  State state_ = State::open;
  bool ping_due_ = false;
  Timer ping_timer_;
};

}  // namespace fce
