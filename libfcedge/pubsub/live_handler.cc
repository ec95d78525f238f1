// SPDX-License-Identifier: Apache-2.0
#include "pubsub/live_handler.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/context.h"
#include "http/exchange.h"
#include "http/name.h"
#include "http/ws_handshake.h"
#include "pubsub/pubsub.h"

namespace fce {

Status LiveHandler::make(PubSub& pubsub, const fce_live_options& options, std::string_view pattern,
                         std::shared_ptr<const Doorkeeper> doorkeeper,
                         std::shared_ptr<const Handler>* out) {
  fce_live_options known{};
  std::memcpy(&known, &options, std::min<size_t>(options.size, sizeof known));
  std::shared_ptr<LiveHandler> handler(new LiveHandler);
  const Status status = Target::parse_tenant(known.tenant, pattern, &handler->target_);
  if (status != Status::ok) return status;
  const auto settings = std::make_shared<LiveSettings>(pubsub);
  settings->doorkeeper = std::move(doorkeeper);
  if (known.ping_ms != 0) settings->ping_ms = known.ping_ms;
  if (known.dead_ms != 0) settings->dead_ms = known.dead_ms;
  if (known.channels_max != 0) settings->channels_max = known.channels_max;
  if (known.commands_per_s != 0)
    settings->commands_per_s = std::min(known.commands_per_s, LiveSettings::kCommandsPerSMax);
  settings->deflate = known.deflate != 0;
  handler->settings_ = settings;
  *out = std::move(handler);
  return Status::ok;
}

void LiveHandler::handle(Exchange& exchange) const {
  const Request& request = exchange.request;
  const std::string_view tenant = target_.tenant(exchange);
  if (!is_name(tenant)) return exchange.respond_text(400, "this is no name of a tenant");
  Hub& hub = settings_->pubsub.hub(exchange.http.shard);
  if (hub.stopped()) return exchange.respond_text(503, "the node has stopped");
  if (is_websocket_request(request) && !websocket_offers(request, LiveSession::kProtocol)) {
    return exchange.respond_text(
        400, "This address speaks the WebSocket subprotocol fcedge.v1.json: offer it.");
  }
  if (refuse_overload(exchange, LiveSession::kProtocol.data())) return;
  LiveSession::open(exchange, hub, tenant, settings_);
}

}  // namespace fce
