// SPDX-License-Identifier: Apache-2.0
// How publications and presence look in the public widget protocol. Pure code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pubsub/message.h"

namespace fce {

struct WidgetEvent {
  // On a WebSocket. A payload that is a JSON object has the message's id as its first member "id",
  // unless it has a member of that name; every other payload is as it was published.
  std::string text;
  // In a log: the inside of the entry's object, but for what all entries of a channel have in
  // common. "data" is the text above as a JSON string, so that what comes both ways is the same:
  //   "_id":"ID","createdAt":"2026-01-02T03:04:05.678Z","broadcastId":"B","data":"TEXT"
  std::string entry;
};

// `wall_ms` is when it was published.
WidgetEvent widget_event(std::string_view payload, std::string_view id, uint64_t wall_ms);

// Users of the protocol are known to the rest of the node by their names with this in front: their
// ids are not checked, so that none of them is the user of a token.
constexpr std::string_view kWidgetUserPrefix = "widget:";

// {"type":"p-u","uj":["a"],"ul":["b"],"sc":12} from the protocol's presence object, see
// ChannelPresence::text; "" when that is none.
std::string widget_presence(std::string_view presence);

}  // namespace fce
