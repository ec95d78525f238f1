// SPDX-License-Identifier: Apache-2.0
#include "pubsub/line_feed.h"

#include <utility>

#include "pubsub/channel.h"
#include "pubsub/encode.h"
#include "pubsub/hub.h"

namespace fce {

void LineFeed::on_item(const Item& item) {
  switch (item.kind) {
    case Item::Kind::none:
    case Item::Kind::message: break;
    case Item::Kind::gap:
      say_event("gap", "\"reason\":\"" + std::string(gap_reason_text(item.reason)) + "\",");
      break;
    case Item::Kind::ready: say_event("ready"); break;
    case Item::Kind::at: say_event("at"); break;
    case Item::Kind::end:
      say_end(end_code(item.end), end_reason_text(item.end));
      finish();
      break;
  }
}

void LineFeed::on_farewell(uint32_t reconnect_ms) {
  constexpr uint16_t kServiceRestart = 1012;
  say_end(kServiceRestart, "retry-after-ms=" + std::to_string(reconnect_ms));
}

void LineFeed::say_event(std::string_view what, std::string_view more) {
  say(channel_event(key_.name(), what, more, reached()) + "\n");
  told_position();
}

void LineFeed::say_end(uint16_t code, std::string_view reason) {
  say(channel_end(key_.name(), code, reason) + "\n");
}

LineStream::LineStream(Hub& hub, const ChannelKey& key, const Position& position, uint32_t ping_ms,
                       FilterRef filter)
    : LineFeed(hub, key, ping_ms) {
  hub.counters().add(Counter::stream_opened);
  subscribe(hub, key, position, std::move(filter));
}

LineStream::~LineStream() { hub().counters().add(Counter::stream_closed); }

void LineStream::on_silence() {
  if (!moved()) return say("\n");
  say_event("at");
}

LinePoll::LinePoll(Hub& hub, const ChannelKey& key, const Position& position, uint32_t seconds,
                   FilterRef filter)
    : LineFeed(hub, key, seconds * 1000), from_now_(position.kind == Position::Kind::none) {
  hub.counters().add(Counter::polls);
  subscribe(hub, key, position, std::move(filter));
}

void LinePoll::on_item(const Item& item) {
  if (item.kind != Item::Kind::end) begun_ = true;
  switch (item.kind) {
    case Item::Kind::message:
      if (until_ == 0) until_ = channel()->ring().next();
      answered_ = true;
      if (reached().n + 1 >= until_) return finish();
      return hurry();
    case Item::Kind::gap: answered_ = true; break;
    case Item::Kind::ready:
      // A client that named a position waits for what follows it.
      if (!answered_ && !from_now_) return;
      finish();
      if (answered_) return;
      break;
    default: break;
  }
  LineFeed::on_item(item);
  if (answered_) hurry();
}

void LinePoll::on_silence() {
  if (begun_ && subscribed() && (!answered_ || moved())) say_event("at");
  finish();
}

}  // namespace fce
