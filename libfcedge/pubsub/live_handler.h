// SPDX-License-Identifier: Apache-2.0
// LiveHandler: GET on its route opens a WebSocket on which the client names its channels.
#pragma once

#include <fcedge/pubsub.h>

#include <memory>
#include <string_view>

#include "base/status.h"
#include "http/handler.h"
#include "pubsub/live_session.h"
#include "pubsub/target.h"

namespace fce {

class LiveHandler final : public Handler {
 public:
  // FCE_EINVAL: see Target. `doorkeeper` null: everybody may come, as nobody.
  static Status make(PubSub& pubsub, const fce_live_options& options, std::string_view pattern,
                     std::shared_ptr<const Doorkeeper> doorkeeper,
                     std::shared_ptr<const Handler>* out);

  void handle(Exchange& exchange) const override;

 private:
  LiveHandler() = default;

  Target target_;
  std::shared_ptr<const LiveSettings> settings_;
};

}  // namespace fce
