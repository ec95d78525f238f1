// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_feed.h"

#include <string>
#include <utility>

#include "http/ws_frame.h"
#include "pubsub/hub.h"
#include "pubsub/widget_profile.h"
#include "pubsub/ws_feed.h"

namespace fce {
namespace {

// Clients ask once a minute; who asks more often than this is not answered each time.
constexpr uint32_t kPongsPerS = 4;

}  // namespace

void WidgetFeed::open(Exchange& exchange, Hub& hub, const ChannelKey& key, FilterRef filter,
                      std::shared_ptr<const WidgetProfile> profile) {
  WebSocketOptions options;
  options.ping_ms = profile->ping_ms();
  options.dead_ms = profile->dead_ms();
  auto* feed = new WidgetFeed(hub, std::move(profile));
  feed->socket_ = WebSocket::accept(exchange, options, *feed);
  if (!feed->socket_) {
    delete feed;
    return;
  }
  hub.counters().add(Counter::widget_opened);
  feed->subscribe(hub, key, Position(), std::move(filter));
  if (feed->channel()) hub.presence().watch(*feed->channel(), *feed);
  feed->socket_->want_flush(Lane::fanout);
}

void WidgetFeed::on_message(WebSocket& socket, std::string_view data, bool text) {
  if (!text || data != profile_->ping_text()) return;
  if (pongs_.take(hub_.loop().now_ms(), kPongsPerS, kPongsPerS))
    socket.send_text(profile_->pong_text());
}

bool WidgetFeed::on_flush(WebSocket&, Gather& out) {
  WidgetCache& cache = profile_->cache(hub_.shard());
  while (!closing_ && out.room() > 0) {
    const Item item = take();
    switch (item.kind) {
      case Item::Kind::none: add_presence(out); return false;
      case Item::Kind::message:
        // With a reference of its own: the cache may forget it within this flush.
        out.add(Slice::whole(cache.event(channel()->key(), *item.message).frame));
        break;
      // The client reads the log when it comes back, which tells what it has missed.
      case Item::Kind::gap:
        close(WsFeed::kGapCode, "gap: " + std::string(gap_reason_text(item.reason)));
        break;
      case Item::Kind::ready:
      case Item::Kind::at: break;
      case Item::Kind::end: close(end_code(item.end), end_reason_text(item.end)); break;
    }
  }
  return !closing_;
}

void WidgetFeed::add_presence(Gather& out) {
  ChannelPresence* presence = channel() ? channel()->presence() : nullptr;
  if (!presence || presence->blank()) return;
  const std::string_view text = presence->text(&presence_seen_);
  if (text.empty()) return;
  WidgetCache& cache = profile_->cache(hub_.shard());
  if (ChunkRef frame = cache.presence(channel()->key().hash(), text))
    out.add(Slice::whole(std::move(frame)));
}

void WidgetFeed::on_drain(WebSocket&) { close(WsClose::service_restart, hub_.reconnect_text()); }

void WidgetFeed::close(uint16_t code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  // Nothing follows a close frame, so nothing has to be kept or counted for this one.
  ListNode<PresenceWatcher>::unlink();
  unsubscribe();
  socket_->close(code, reason);
}

void WidgetFeed::on_closed(WebSocket&, uint16_t) { delete this; }

}  // namespace fce
