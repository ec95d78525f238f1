// SPDX-License-Identifier: Apache-2.0
// SseFeed: a subscriber whose messages leave as an event stream (WHATWG HTML 9.2).
#pragma once

#include "pubsub/stream_feed.h"

namespace fce {

class SseFeed final : public StreamFeed {
 public:
  struct Options {
    uint32_t ping_ms;
    uint32_t retry_ms;
  };
  SseFeed(Hub& hub, const ChannelKey& key, const Position& position, const Options& options,
          FilterRef filter = {});
  ~SseFeed() override;

 private:
  Bytes encoding(const Message& message) const override { return message.sse_event(); }
  void on_item(const Item& item) override;
  void on_silence() override;
  void on_farewell(uint32_t reconnect_ms) override;
};

}  // namespace fce
