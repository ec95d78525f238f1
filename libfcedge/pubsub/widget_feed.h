// SPDX-License-Identifier: Apache-2.0
// WidgetFeed: a subscriber by the public widget protocol. It owns itself until its socket closes.
#pragma once

#include <memory>
#include <string_view>

#include "base/rate.h"
#include "http/websocket.h"
#include "pubsub/presence.h"
#include "pubsub/subscriber.h"

namespace fce {

class WidgetProfile;

class WidgetFeed final : public WebSocketOwner, private Subscriber, private PresenceWatcher {
 public:
  // Does the handshake, or refuses it; the exchange is answered either way.
  static void open(Exchange& exchange, Hub& hub, const ChannelKey& key, FilterRef filter,
                   std::shared_ptr<const WidgetProfile> profile);

  void on_message(WebSocket& socket, std::string_view data, bool text) override;
  bool on_flush(WebSocket& socket, Gather& out) override;
  void on_drain(WebSocket& socket) override;
  void on_closed(WebSocket& socket, uint16_t code) override;

 private:
  WidgetFeed(Hub& hub, std::shared_ptr<const WidgetProfile> profile)
      : hub_(hub), profile_(std::move(profile)) {}
  ~WidgetFeed() override = default;
  void on_messages() override { socket_->want_flush(Lane::fanout); }
  void on_presence() override { socket_->want_flush(Lane::fanout); }
  void add_presence(Gather& out);
  void close(uint16_t code, std::string_view reason);

  Hub& hub_;
  std::shared_ptr<const WidgetProfile> profile_;
  WebSocket* socket_ = nullptr;
  RateLimit pongs_;
  uint32_t presence_seen_ = 0;
  bool closing_ = false;
};

}  // namespace fce
