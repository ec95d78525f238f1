// SPDX-License-Identifier: Apache-2.0
// FeedHandler: GET on its route subscribes, by WebSocket, event stream, NDJSON stream or long poll.
#pragma once

#include <fcedge/pubsub.h>

#include <memory>
#include <string_view>

#include "base/status.h"
#include "http/handler.h"
#include "pubsub/feed_format.h"
#include "pubsub/target.h"

namespace fce {

class Hub;
class PubSub;

class FeedHandler final : public Handler {
 public:
  // FCE_EINVAL: see Target; or no transport is allowed.
  static Status make(PubSub& pubsub, const fce_feed_options& options, std::string_view pattern,
                     std::shared_ptr<const Handler>* out);

  // `known` is as long as this version's struct.
  static bool has_transport(const fce_feed_options& known);

  void handle(Exchange& exchange) const override;

 private:
  explicit FeedHandler(PubSub& pubsub) : pubsub_(pubsub) {}
  void open_stream(Exchange& exchange, Hub& hub, const ChannelKey& key) const;

  PubSub& pubsub_;
  Target target_;
  bool websocket_ = true;
  FeedForms forms_;
  uint32_t ping_ms_ = 25'000;
  uint32_t dead_ms_ = 60'000;
  uint32_t retry_ms_ = 2'000;
};

}  // namespace fce
