// SPDX-License-Identifier: Apache-2.0
// PublishHandler: POST on its route appends the body to a channel.
#pragma once

#include <fcedge/pubsub.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate.h"
#include "base/status.h"
#include "http/handler.h"
#include "pubsub/target.h"

namespace fce {

class Hub;
class PubSub;

class PublishHandler final : public Handler {
 public:
  static constexpr size_t kSecretBytesMin = 16;

  // FCE_EINVAL: see Target; or the secret is missing or too short.
  static Status make(PubSub& pubsub, const fce_publish_route_options& options,
                     std::string_view pattern, std::shared_ptr<const Handler>* out);

  void handle(Exchange& exchange) const override;

 private:
  explicit PublishHandler(PubSub& pubsub);
  // 0, or the status of the refusal.
  uint16_t check_secret(const Exchange& exchange) const;
  bool take_rate(Hub& hub) const;
  void publish(Exchange& exchange, Hub& hub, const ChannelKey& key) const;

  // On a cache line of its own, since each shard writes to its part.
  struct alignas(64) ShardPart {
    RateLimit rate;
  };

  PubSub& pubsub_;
  Target target_;
  std::string secret_;
  uint32_t rate_per_s_ = 0;
  mutable std::vector<ShardPart> parts_;  // by shard, each touched on its thread only
};

}  // namespace fce
