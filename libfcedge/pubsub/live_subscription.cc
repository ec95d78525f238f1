// SPDX-License-Identifier: Apache-2.0
#include "pubsub/live_subscription.h"

#include <string>

#include "net/gather.h"
#include "pubsub/encode.h"
#include "pubsub/hub.h"
#include "pubsub/live_session.h"
#include "pubsub/ws_text.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(LiveSubscription) <= 120);

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
    case Item::Kind::end:
      add_ws_text(channel_end(key_->name(), end_code(item.end), end_reason_text(item.end)), out);
      return Step::ended;
  }
  return Step::added;
}

bool LiveSubscription::add_presence(Gather& out) {
  ChannelPresence* presence = watch_ && channel() ? channel()->presence() : nullptr;
  if (!presence) return false;
  const std::string_view inner = presence->text(&watch_->seen);
  if (inner.empty()) return false;
  std::string text = "{\"channel\":" + json_quote(key_->name());
  add_ws_text(text.append(",\"presence\":").append(inner).append("}"), out);
  return true;
}

void LiveSubscription::tell(std::string_view what, std::string_view more, Gather& out) const {
  add_ws_text(channel_event(key_->name(), what, more, reached()), out);
}

}  // namespace fce
