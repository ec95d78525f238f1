// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_event.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/time.h"

namespace fce {
namespace {

// What is beyond them is taken for text.
constexpr JsonLimits kLimits{64, 65'536};

void add_names(std::string_view member, const Json* names, std::string* out) {
  out->append("\"").append(member).append("\":[");
  bool first = true;
  for (const Json& each : names ? names->items() : std::span<const Json>()) {
    std::string_view name;
    if (!each.read(&name)) continue;
    if (name.starts_with(kWidgetUserPrefix)) name.remove_prefix(kWidgetUserPrefix.size());
    out->append(first ? "" : ",").append(json_quote(name));
    first = false;
  }
  out->append("],");
}

}  // namespace

WidgetEvent widget_event(std::string_view payload, std::string_view id, uint64_t wall_ms) {
  WidgetEvent event;
  event.text = payload;
  std::string_view broadcast;
  Json json;
  const size_t begin = payload.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && payload[begin] == '{' &&
      Json::parse(payload, kLimits, &json) == Status::ok) {
    if (const Json* member = json.find("broadcastId")) member->read(&broadcast);
    if (!json.find("id")) {
      event.text = "{\"id\":\"" + std::string(id) + (json.items().empty() ? "\"" : "\",");
      event.text += payload.substr(begin + 1);
    }
  }
  event.entry = "\"_id\":\"" + std::string(id) + "\",\"createdAt\":\"" + iso_time(wall_ms) +
                "\",\"broadcastId\":" + json_quote(broadcast) +
                ",\"data\":" + json_quote(event.text);
  return event;
}

std::string widget_presence(std::string_view presence) {
  Json json;
  if (Json::parse(presence, kLimits, &json) != Status::ok) return {};
  const Json* count = json.find("count");
  int64_t subscribers = 0;
  if (!count || !count->read(&subscribers)) return {};
  std::string text = "{\"type\":\"p-u\",";
  const Json* members = json.find("members");
  add_names("uj", members ? members : json.find("join"), &text);
  add_names("ul", json.find("leave"), &text);
  return text + "\"sc\":" + std::to_string(subscribers) + "}";
}

}  // namespace fce
