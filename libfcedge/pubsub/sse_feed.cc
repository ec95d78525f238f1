// SPDX-License-Identifier: Apache-2.0
#include "pubsub/sse_feed.h"

#include <string>
#include <utility>

#include "pubsub/hub.h"

namespace fce {
namespace {

std::string retry_text(uint32_t ms) { return "retry: " + std::to_string(ms) + "\n\n"; }

// Both carry the position that was reached, so that a client that reconnects goes on from there.
std::string gap_event(GapReason reason, const MessageId& reached) {
  const std::string id = id_text(reached);
  return "event: gap\nid: " + id + "\ndata: {\"reason\":\"" + std::string(gap_reason_text(reason)) +
         "\",\"id\":\"" + id + "\"}\n\n";
}

std::string ready_event(const MessageId& reached) {
  const std::string id = id_text(reached);
  return "event: ready\nid: " + id + "\ndata: {\"id\":\"" + id + "\"}\n\n";
}

// The client takes the position and dispatches nothing, since there is no data.
std::string id_event(const MessageId& reached) { return "id: " + id_text(reached) + "\n\n"; }

std::string end_event(EndReason reason) {
  return "event: end\ndata: {\"code\":" + std::to_string(end_code(reason)) + ",\"reason\":\"" +
         std::string(end_reason_text(reason)) + "\"}\n\n";
}

}  // namespace

SseFeed::SseFeed(Hub& hub, const ChannelKey& key, const Position& position, const Options& options,
                 FilterRef filter)
    : StreamFeed(hub, options.ping_ms) {
  hub.counters().add(Counter::sse_opened);
  say(retry_text(options.retry_ms));
  subscribe(hub, key, position, std::move(filter));
}

SseFeed::~SseFeed() { hub().counters().add(Counter::sse_closed); }

void SseFeed::on_item(const Item& item) {
  switch (item.kind) {
    case Item::Kind::none:
    case Item::Kind::message: break;
    case Item::Kind::gap: say(gap_event(item.reason, reached())); break;
    case Item::Kind::ready: say(ready_event(reached())); break;
    case Item::Kind::at: say(id_event(reached())); break;
    case Item::Kind::end:
      say(end_event(item.end));
      finish();
      break;
  }
}

void SseFeed::on_silence() {
  if (!moved()) return say(":\n\n");
  say(id_event(reached()));
  told_position();
}

void SseFeed::on_farewell(uint32_t reconnect_ms) { say(retry_text(reconnect_ms)); }

}  // namespace fce
