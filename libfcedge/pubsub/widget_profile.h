// SPDX-License-Identifier: Apache-2.0
// WidgetProfile: the settings of the public widget protocol on a node, and what its shards have
// encoded for it. Connections share it, since they outlive the routes that they came by.
#pragma once

#include <fcedge/pubsub.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/chunk.h"
#include "base/status.h"
#include "pubsub/key.h"
#include "pubsub/message.h"

namespace fce {

class PubSub;

// Encodings of one shard, kept for the next subscriber of a herd: an event is encoded once a shard
// and not once a subscriber. The shard's thread only.
class WidgetCache {
 public:
  // What is kept, publications included; beyond it all is forgotten and encoded anew.
  static constexpr size_t kBytesMax = 8u << 20;

  // A whole WebSocket frame, and the inside of the log's entry.
  struct Event {
    ChunkRef frame;
    ChunkRef entry;
  };
  Event event(const ChannelKey& key, const Message& message);
  // The frame for a channel's presence; null when there is nothing to be said.
  ChunkRef presence(uint64_t channel_hash, std::string_view presence);

 private:
  static constexpr size_t kEvents = 512;
  static constexpr size_t kPresences = 64;
  struct EventSlot {
    Message message;  // held, so that its address means it
    Event event;
  };
  struct PresenceSlot {
    std::string presence;
    ChunkRef frame;
  };

  std::array<EventSlot, kEvents> events_;
  std::array<PresenceSlot, kPresences> presences_;
  size_t bytes_ = 0;
};

class WidgetProfile {
 public:
  // FCE_EINVAL: the tenant is no name, a text is empty or too long.
  static Status check(const fce_widget_options& known);
  // The same, and there is no such namespace.
  static Status make(PubSub& pubsub, const fce_widget_options& options,
                     std::shared_ptr<const WidgetProfile>* out);

  const std::string& tenant() const { return tenant_; }  // "" any
  const std::string& name_space() const { return name_space_; }
  const std::string& ping_text() const { return ping_text_; }
  const std::string& pong_text() const { return pong_text_; }
  uint32_t ping_ms() const { return ping_ms_; }
  uint32_t dead_ms() const { return dead_ms_; }
  WidgetCache& cache(uint32_t shard) const { return *caches_[shard]; }

 private:
  std::string tenant_;
  std::string name_space_;
  std::string ping_text_ = "ping";
  std::string pong_text_ = "pong";
  uint32_t ping_ms_ = 25'000;
  uint32_t dead_ms_ = 60'000;
  std::vector<std::unique_ptr<WidgetCache>> caches_;  // by shard
};

}  // namespace fce
