// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_profile.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/time.h"
#include "http/name.h"
#include "http/ws_frame.h"
#include "pubsub/encode.h"
#include "pubsub/pubsub.h"
#include "pubsub/widget_event.h"
#include "pubsub/widget_request.h"

namespace fce {
namespace {

constexpr size_t kTextBytesMax = 125;

ChunkRef frame_of(std::string_view text) {
  uint8_t header[10];
  const size_t header_bytes = ws_frame_header(WsOpcode::text, text.size(), header);
  ChunkRef chunk = ChunkRef::make(header_bytes + text.size());
  std::memcpy(chunk->data(), header, header_bytes);
  put(text, chunk->data() + header_bytes);
  return chunk;
}

bool is_text(const char* given) {
  return !given || (*given != 0 && std::strlen(given) <= kTextBytesMax);
}

}  // namespace

WidgetCache::Event WidgetCache::event(const ChannelKey& key, const Message& message) {
  // What follows each other in a channel stands side by side.
  EventSlot& slot = events_[(key.hash() + message.n()) % kEvents];
  if (slot.message && slot.message.chunk() == message.chunk()) return slot.event;
  const WidgetEvent made = widget_event(as_text(message.payload()), id_text(message.id()),
                                        wall_ms_at(message.time_us()));
  Event event{frame_of(made.text), ChunkRef::copy_of(as_bytes(made.entry))};
  const size_t bytes = message.bytes() + event.frame->size() + event.entry->size();
  if (bytes > kBytesMax / 4) return event;
  if (bytes_ + bytes > kBytesMax) {
    events_.fill({});
    bytes_ = 0;
  }
  // What the slot held before still counts, until all is forgotten: a bound needs no more.
  bytes_ += bytes;
  slot = {message, event};
  return event;
}

ChunkRef WidgetCache::presence(uint64_t channel_hash, std::string_view presence) {
  PresenceSlot& slot = presences_[channel_hash % kPresences];
  if (slot.presence != presence) {
    const std::string text = widget_presence(presence);
    slot.frame = text.empty() ? ChunkRef() : frame_of(text);
    slot.presence = presence;
  }
  return slot.frame;
}

Status WidgetProfile::check(const fce_widget_options& known) {
  if (known.tenant && !is_name(known.tenant))
    return fail(Status::invalid, "the tenant of a widget is no name");
  if (!is_text(known.ping_text) || !is_text(known.pong_text))
    return fail(Status::invalid, "the ping and pong texts of a widget are 1 to 125 bytes");
  return Status::ok;
}

Status WidgetProfile::make(PubSub& pubsub, const fce_widget_options& options,
                           std::shared_ptr<const WidgetProfile>* out) {
  fce_widget_options known{};
  std::memcpy(&known, &options, std::min<size_t>(options.size, sizeof known));
  if (const Status status = check(known); status != Status::ok) return status;
  auto profile = std::make_shared<WidgetProfile>();
  if (known.tenant) profile->tenant_ = known.tenant;
  if (known.name_space) profile->name_space_ = known.name_space;
  if (known.ping_text) profile->ping_text_ = known.ping_text;
  if (known.pong_text) profile->pong_text_ = known.pong_text;
  if (!pubsub.namespaces().find(widget_channel(profile->name_space_, "x")))
    return fail(Status::invalid, "there is no namespace " + profile->name_space_);
  if (known.ping_ms != 0) profile->ping_ms_ = known.ping_ms;
  if (known.dead_ms != 0) profile->dead_ms_ = known.dead_ms;
  for (uint32_t shard = 0; shard < pubsub.shards(); ++shard)
    profile->caches_.push_back(std::make_unique<WidgetCache>());
  *out = std::move(profile);
  return Status::ok;
}

}  // namespace fce
