// SPDX-License-Identifier: Apache-2.0
#include "pubsub/live_subscription.h"

#include <string>

#include "http/ws_frame.h"
#include "net/gather.h"
#include "pubsub/encode.h"
#include "pubsub/hub.h"
#include "pubsub/live_session.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(LiveSubscription) <= 120);

// Copies a text message into a flush, where it keeps its place among the others.
void add_text(std::string_view text, Gather& out) {
  uint8_t header[10];
  out.copy(Bytes(header, ws_frame_header(WsOpcode::text, text.size(), header)));
  out.copy(text);
}

// {"channel":"C","WHAT":INNER}
std::string named(std::string_view channel, std::string_view what, std::string_view inner) {
  std::string text = "{\"channel\":" + json_quote(channel);
  return text.append(",\"").append(what).append("\":").append(inner).append("}");
}

}  // namespace

void LiveSubscription::begin(Hub& hub, const ChannelKey& key, const Position& position,
                             const FilterRef& filter) {
  key_ = &key;
  subscribe(hub, key, position, filter);
  on_messages();
}

bool LiveSubscription::watch_presence(Hub& hub) {
  if (!channel()) return false;
  watch_ = std::make_unique<Watch>(*this);
  if (!hub.presence().watch(*channel(), *watch_)) watch_.reset();
  return watch_ != nullptr;
}

void LiveSubscription::on_messages() { session_.on_news(*this); }

LiveSubscription::Step LiveSubscription::add_next(Gather& out) {
  const Item item = take();
  switch (item.kind) {
    case Item::Kind::none: return add_presence(out) ? Step::added : Step::idle;
    case Item::Kind::message: {
      // Borrowed: the log holds the frame until the flush is over.
      const Frame frame = frame_of(*item.message, FrameForm::json, session_.deflate_bits());
      out.add(frame.bytes, frame.holder);
      break;
    }
    case Item::Kind::gap: {
      std::string reason = "\"reason\":\"";
      tell("gap", reason.append(gap_reason_text(item.reason)).append("\","), out);
      break;
    }
    case Item::Kind::ready: tell("ready", {}, out); break;
    case Item::Kind::at: tell("at", {}, out); break;
    case Item::Kind::end: {
      std::string inner = "{\"code\":" + std::to_string(end_code(item.end)) + ",\"reason\":\"";
      inner.append(end_reason_text(item.end)).append("\"}");
      add_text(named(key_->name(), "end", inner), out);
      return Step::ended;
    }
  }
  return Step::added;
}

bool LiveSubscription::add_presence(Gather& out) {
  ChannelPresence* presence = watch_ && channel() ? channel()->presence() : nullptr;
  if (!presence) return false;
  const std::string_view inner = presence->text(&watch_->seen);
  if (inner.empty()) return false;
  add_text(named(key_->name(), "presence", inner), out);
  return true;
}

void LiveSubscription::tell(std::string_view what, std::string_view more, Gather& out) const {
  add_text(channel_event(key_->name(), what, more, reached()), out);
}

}  // namespace fce
