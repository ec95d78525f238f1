// SPDX-License-Identifier: Apache-2.0
// Subscribers whose messages leave as JSON objects, one a line (application/x-ndjson): the same
// objects as on a WebSocket. A stream has no end, a poll has one as soon as there was something.
#pragma once

#include <string>
#include <string_view>

#include "pubsub/key.h"
#include "pubsub/stream_feed.h"

namespace fce {

class LineFeed : public StreamFeed {
 protected:
  LineFeed(Hub& hub, const ChannelKey& key, uint32_t silence_ms)
      : StreamFeed(hub, silence_ms), key_(key) {}

  Bytes encoding(const Message& message) const override { return message.json_line(); }
  void on_item(const Item& item) override;
  void on_farewell(uint32_t reconnect_ms) override;
  // {"channel":"C","WHAT":{MORE"id":"POSITION"}}
  void say_event(std::string_view what, std::string_view more = {});

  // The channel is left before its last line is said.
  const ChannelKey key_;

 private:
  void say_end(uint16_t code, std::string_view reason);
};

// Keep-alives are empty lines.
class LineStream final : public LineFeed {
 public:
  LineStream(Hub& hub, const ChannelKey& key, const Position& position, uint32_t ping_ms,
             FilterRef filter = {});
  ~LineStream() override;

 private:
  void on_silence() override;
};

// A long poll: waits for the first messages or the first gap, and ends after what the log holds
// then, or when its time is over, with the position. Without a position there is nothing to wait
// after: it ends at once, with the position from which the next poll goes on.
class LinePoll final : public LineFeed {
 public:
  static constexpr uint32_t kSecondsMax = 60;

  LinePoll(Hub& hub, const ChannelKey& key, const Position& position, uint32_t seconds,
           FilterRef filter = {});

 private:
  void on_item(const Item& item) override;
  void on_silence() override;

  const bool from_now_;
  bool begun_ = false;  // the log is here, so a position is known
  bool answered_ = false;
  uint64_t until_ = 0;  // what comes later is left to the next poll, or a busy channel had no end
};

}  // namespace fce
