// SPDX-License-Identifier: Apache-2.0
#include "pubsub/ws_feed.h"

#include <charconv>
#include <string>

#include "pubsub/encode.h"
#include "pubsub/hub.h"
#include "pubsub/ws_text.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(WsFeed) <= 128);

}  // namespace

void WsFeed::open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Position& position,
                  const Options& options, FilterRef filter) {
  WebSocketOptions socket_options;
  socket_options.ping_ms = options.ping_ms;
  socket_options.dead_ms = options.dead_ms;
  socket_options.deflate = options.deflate;
  const bool json = websocket_offers(exchange.request, kJsonProtocol);
  if (json) socket_options.subprotocol = kJsonProtocol;
  auto* feed = new WsFeed(hub, json);
  feed->socket_ = WebSocket::accept(exchange, socket_options, *feed);
  if (!feed->socket_) {
    delete feed;
    return;
  }
  feed->subscribe(hub, key, position, std::move(filter));
  if (options.expires_ms != 0) feed->expire_after(options.expires_ms);
  feed->socket_->want_flush(Lane::fanout);
}

void WsFeed::on_message(WebSocket&, std::string_view, bool) {
  // A feed goes one way. What clients send counts against their limits in the WebSocket.
}

bool WsFeed::on_flush(WebSocket&, Gather& out) {
  while (!closing_ && out.room() > 0) {
    const Item item = take();
    switch (item.kind) {
      case Item::Kind::none: return false;
      case Item::Kind::message: add(*item.message, out); break;
      case Item::Kind::gap: tell_gap(item.reason, out); break;
      case Item::Kind::ready: tell("ready", {}, out); break;
      case Item::Kind::at: tell("at", {}, out); break;
      case Item::Kind::end: close(end_code(item.end), end_reason_text(item.end)); break;
    }
  }
  return !closing_ && pending();
}

void WsFeed::add(const Message& message, Gather& out) {
  const FrameForm form = json_ ? FrameForm::json : FrameForm::raw;
  // Borrowed: the log holds the frame until the flush is over.
  const Frame frame = frame_of(message, form, socket_->deflate_bits());
  out.add(frame.bytes, frame.holder);
}

void WsFeed::tell_gap(GapReason reason, Gather& out) {
  const std::string name(gap_reason_text(reason));
  if (json_) {
    tell("gap", "\"reason\":\"" + name + "\",", out);
  } else {
    close(kGapCode, "gap: " + name);
  }
}

// {"channel":"C","WHAT":{MORE"id":"POSITION"}}
void WsFeed::tell(std::string_view what, std::string_view more, Gather& out) {
  if (!json_ || !channel()) return;
  add_ws_text(channel_event(channel()->key().name(), what, more, reached()), out);
}

void WsFeed::on_drain(WebSocket&) { close(WsClose::service_restart, hub_.reconnect_text()); }

void WsFeed::close(uint16_t code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  // Nothing follows a close frame, so nothing has to be kept or counted for this one.
  unsubscribe();
  socket_->close(code, reason);
}

void WsFeed::on_closed(WebSocket&, uint16_t) { delete this; }

}  // namespace fce
