// SPDX-License-Identifier: Apache-2.0
// The event log of the public widget protocol: what a channel's log holds since some time, as JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pubsub/key.h"

namespace fce {

class Exchange;
class Hub;
class PubSub;
class WidgetProfile;

struct WidgetLogQuery {
  ChannelKey key;
  std::string url_id;
  uint64_t from_us = 0;  // on the monotonic clock
  std::string user;      // whose audience counts; "" nobody in particular
  std::shared_ptr<const WidgetProfile> profile;
};

// Answers the exchange, perhaps after a way to the channel's home and back:
//   {"status":"success","events":[{"_id":"ID","createdAt":"...","broadcastId":"B","data":"TEXT",
//                                  "tenantId":"T","urlId":"U"}]}
// with `"gap":true` when the log may have held more since that time. On the exchange's shard.
void answer_widget_log(Exchange& exchange, PubSub& pubsub, WidgetLogQuery query);

}  // namespace fce
