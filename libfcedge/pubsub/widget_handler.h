// SPDX-License-Identifier: Apache-2.0
// The routes of the public widget protocol.
#pragma once

#include <memory>
#include <utility>

#include "base/status.h"
#include "http/handler.h"
#include "pubsub/feed_opener.h"
#include "pubsub/widget_profile.h"

namespace fce {

class PubSub;
struct WidgetRequest;

class WidgetHandler : public Handler, public FeedOpener {
 public:
  void handle(Exchange& exchange) const final;

 protected:
  WidgetHandler(PubSub& pubsub, std::shared_ptr<const WidgetProfile> profile)
      : pubsub_(pubsub), profile_(std::move(profile)) {}
  virtual Status parse(const Exchange& exchange, WidgetRequest* out) const = 0;
  // Whether the client stays, so that it is sent away while the shard is overloaded.
  virtual bool lasts() const = 0;

  PubSub& pubsub_;
  const std::shared_ptr<const WidgetProfile> profile_;

 private:
  bool find_channel(Exchange& exchange, const WidgetRequest& request, ChannelKey* key) const;
};

// GET BASE/sub subscribes by WebSocket.
class WidgetSubHandler final : public WidgetHandler {
 public:
  WidgetSubHandler(PubSub& pubsub, std::shared_ptr<const WidgetProfile> profile)
      : WidgetHandler(pubsub, std::move(profile)) {}
  void open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const override;

 private:
  Status parse(const Exchange& exchange, WidgetRequest* out) const override;
  bool lasts() const override { return true; }
};

// GET BASE/event-log/{tenantId}/ reads what a client has missed.
class WidgetLogHandler final : public WidgetHandler {
 public:
  WidgetLogHandler(PubSub& pubsub, std::shared_ptr<const WidgetProfile> profile)
      : WidgetHandler(pubsub, std::move(profile)) {}
  void open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const override;

 private:
  Status parse(const Exchange& exchange, WidgetRequest* out) const override;
  bool lasts() const override { return false; }
};

}  // namespace fce
