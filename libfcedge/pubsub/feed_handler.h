// SPDX-License-Identifier: Apache-2.0
// FeedHandler: GET on its route subscribes, by WebSocket or by event stream.
#pragma once

#include <fcedge/pubsub.h>

#include <memory>
#include <string_view>

#include "base/status.h"
#include "http/handler.h"
#include "http/message.h"
#include "pubsub/target.h"

namespace fce {

class PubSub;

class FeedHandler final : public Handler {
 public:
  // FCE_EINVAL: see Target; or neither of both transports is allowed.
  static Status make(PubSub& pubsub, const fce_feed_options& options, std::string_view pattern,
                     std::shared_ptr<const Handler>* out);

  void handle(Exchange& exchange) const override;

 private:
  explicit FeedHandler(PubSub& pubsub) : pubsub_(pubsub) {}
  void open_stream(Exchange& exchange, const ChannelKey& key) const;

  PubSub& pubsub_;
  Target target_;
  bool websocket_ = true;
  bool sse_ = true;
  uint32_t ping_ms_ = 25'000;
  uint32_t dead_ms_ = 60'000;
  uint32_t retry_ms_ = 2'000;
};

// Whether the Accept fields admit text/event-stream (RFC 9110 section 12.5.1); without a field all
// is admitted.
bool accepts_event_stream(const Request& request);

}  // namespace fce
