// SPDX-License-Identifier: Apache-2.0
// FeedHandler: GET on its route subscribes, by WebSocket, event stream, NDJSON stream or long poll.
#pragma once

#include <fcedge/pubsub.h>

#include <memory>
#include <string_view>

#include "base/status.h"
#include "http/body.h"
#include "http/handler.h"
#include "pubsub/doorkeeper.h"
#include "pubsub/feed_format.h"
#include "pubsub/feed_opener.h"
#include "pubsub/target.h"

namespace fce {

class Hub;
struct Request;
class PubSub;

class FeedHandler final : public Handler, public FeedOpener {
 public:
  // FCE_EINVAL: see Target; or no transport is allowed.
  // Without a doorkeeper everybody may come, as nobody.
  static Status make(PubSub& pubsub, const fce_feed_options& options, std::string_view pattern,
                     std::shared_ptr<const Handler>* out,
                     std::shared_ptr<const Doorkeeper> doorkeeper = nullptr);

  // `known` is as long as this version's struct.
  static bool has_transport(const fce_feed_options& known);

  void handle(Exchange& exchange) const override;

  // The steps of `handle`, for who decides later. False: the channel cannot be subscribed to, and
  // the exchange is answered.
  static bool check(Exchange& exchange, Hub& hub, const ChannelKey& key);
  void open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const override;
  // 503. A client that is sent away is told when to come back, so that a herd does not return at
  // once.
  static void refuse_for_now(Exchange& exchange, Hub& hub, std::string_view why);
  // Where the client was, as it said.
  static std::string_view position_text(const Request& request);

 private:
  explicit FeedHandler(PubSub& pubsub) : pubsub_(pubsub) {}
  bool send_away(Exchange& exchange) const;
  bool admit(Exchange& exchange, Hub& hub, const ChannelKey& key, Who* who) const;
  std::unique_ptr<BodySource> make_stream(const Request& request, const FeedChoice& choice,
                                          Hub& hub, const ChannelKey& key, const Who& who) const;
  void open_stream(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const;

  PubSub& pubsub_;
  Target target_;
  std::shared_ptr<const Doorkeeper> doorkeeper_;
  bool websocket_ = true;
  bool deflate_ = false;
  FeedForms forms_;
  uint32_t ping_ms_ = 25'000;
  uint32_t dead_ms_ = 60'000;
  uint32_t retry_ms_ = 0;  // 0: as the shard's pacing says
};

}  // namespace fce
