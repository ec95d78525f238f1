// SPDX-License-Identifier: Apache-2.0
#include "pubsub/widget_handler.h"

#include <algorithm>
#include <string>

#include "base/time.h"
#include "http/context.h"
#include "http/exchange.h"
#include "pubsub/feed_handler.h"
#include "pubsub/feed_wait.h"
#include "pubsub/pubsub.h"
#include "pubsub/widget_event.h"
#include "pubsub/widget_feed.h"
#include "pubsub/widget_log.h"
#include "pubsub/widget_request.h"

namespace fce {
namespace {

// Nobody has checked who the client is, so that it is one of the protocol's own users.
FeedOpener::Who who_of(const WidgetRequest& request) {
  if (request.user.empty()) return nullptr;
  auto who = std::make_shared<Identity>();
  who->tenant = request.tenant;
  who->user = std::string(kWidgetUserPrefix) + request.user;
  return who;
}

// A time of this node's wall clock on the monotonic clock.
uint64_t monotonic_from_wall(int64_t at_ms, int64_t now_ms) {
  const auto now_us = static_cast<int64_t>(monotonic_us());
  return static_cast<uint64_t>(std::max<int64_t>(0, now_us - (now_ms - at_ms) * 1000));
}

}  // namespace

// False: the exchange is answered by a refusal.
bool WidgetHandler::find_channel(Exchange& exchange, const WidgetRequest& request,
                                 ChannelKey* key) const {
  if (!profile_->tenant().empty() && request.tenant != profile_->tenant()) {
    exchange.respond_text(404, "there is no such tenant");
    return false;
  }
  const std::string name = widget_channel(profile_->name_space(), request.url_id);
  if (ChannelKey::make(request.tenant, name, key) == Status::ok) return true;
  exchange.respond_text(400, last_error());
  return false;
}

void WidgetHandler::handle(Exchange& exchange) const {
  WidgetRequest request;
  if (parse(exchange, &request) != Status::ok) return exchange.respond_text(400, last_error());
  ChannelKey key;
  if (!find_channel(exchange, request, &key)) return;
  Hub& hub = pubsub_.hub(exchange.http.shard);
  if (hub.stopped()) return FeedHandler::refuse_for_now(exchange, hub, "the node has stopped");
  if (lasts() && refuse_overload(exchange)) return;
  const Who who = who_of(request);
  if (const SubscribeHook* hook = pubsub_.subscribe_hook())
    return FeedWait::ask(*this, *hook, exchange, hub, key, who);
  open(exchange, hub, key, who);
}

Status WidgetSubHandler::parse(const Exchange& exchange, WidgetRequest* out) const {
  return WidgetRequest::parse_sub(exchange.request.query, out);
}

void WidgetSubHandler::open(Exchange& exchange, Hub& hub, const ChannelKey& key,
                            const Who& who) const {
  if (!FeedHandler::check(exchange, hub, key)) return;
  FilterRef filter;
  if (who) filter = hub.filters().get({who->user, {}, {}});
  WidgetFeed::open(exchange, hub, key, std::move(filter), profile_);
}

Status WidgetLogHandler::parse(const Exchange& exchange, WidgetRequest* out) const {
  return WidgetRequest::parse_log(exchange.param("tenantId"), exchange.request.query, out);
}

void WidgetLogHandler::open(Exchange& exchange, Hub&, const ChannelKey& key, const Who& who) const {
  WidgetRequest request;
  if (parse(exchange, &request) != Status::ok) return exchange.respond_text(400, last_error());
  const auto now_ms = static_cast<int64_t>(wall_ms());
  const SubscribeHook* hook = pubsub_.subscribe_hook();
  const int64_t begin_ms = widget_log_begin_ms(request, now_ms, hook ? hook->limit_ms() : 0);
  WidgetLogQuery query;
  query.key = key;
  query.url_id = request.url_id;
  query.from_us = monotonic_from_wall(begin_ms, now_ms);
  if (who) query.user = who->user;
  query.profile = profile_;
  answer_widget_log(exchange, pubsub_, std::move(query));
}

}  // namespace fce
