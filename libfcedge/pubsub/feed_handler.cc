// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_handler.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "http/context.h"
#include "http/exchange.h"
#include "http/field_list.h"
#include "http/websocket.h"
#include "pubsub/pubsub.h"
#include "pubsub/sse_feed.h"
#include "pubsub/ws_feed.h"

namespace fce {
namespace {

// The most specific range that admits the type decides: how specific, and whether with q > 0.
struct Admission {
  int specific = 0;
  bool admitted = false;
};

// Whether a weight is zero: "0", "0.", "0.0", "0.00", "0.000".
bool is_zero_weight(std::string_view value) {
  return !value.empty() && value.front() == '0' &&
         value.find_first_not_of("0.") == std::string_view::npos;
}

void weigh(std::string_view member, Admission* best) {
  size_t end = member.find(';');
  const std::string_view range = trim_blanks(member.substr(0, end));
  int specific = 0;
  if (equals_ignoring_case(range, "text/event-stream"))
    specific = 3;
  else if (equals_ignoring_case(range, "text/*"))
    specific = 2;
  else if (range == "*/*")
    specific = 1;
  if (specific <= best->specific) return;
  bool admitted = true;
  while (end != std::string_view::npos) {
    member.remove_prefix(end + 1);
    end = member.find(';');
    const std::string_view parameter = trim_blanks(member.substr(0, end));
    if (parameter.size() > 2 && equals_ignoring_case(parameter.substr(0, 2), "q="))
      admitted = !is_zero_weight(parameter.substr(2));
  }
  *best = {specific, admitted};
}

// The field wins over the query: a browser's EventSource repeats the query of its first connection.
Position position_of(const Request& request, const Hub& hub) {
  std::string_view text = request.header("last-event-id");
  if (text.empty()) text = query_value(request.query, "after");
  return Position::parse(text, hub.origin());
}

}  // namespace

bool accepts_event_stream(const Request& request) {
  Admission best;
  bool present = false;
  for (const Header& header : request.headers) {
    if (header.name != "accept") continue;
    present = true;
    std::string_view list = header.value;
    std::string_view member;
    while (next_member(&list, &member)) weigh(member, &best);
  }
  return !present || best.admitted;
}

Status FeedHandler::make(PubSub& pubsub, const fce_feed_options& options, std::string_view pattern,
                         std::shared_ptr<const Handler>* out) {
  fce_feed_options known{};
  std::memcpy(&known, &options, std::min<size_t>(options.size, sizeof known));
  std::shared_ptr<FeedHandler> handler(new FeedHandler(pubsub));
  const Status status = Target::parse(known.tenant, known.channel, pattern, &handler->target_);
  if (status != Status::ok) return status;
  handler->websocket_ = known.no_websocket == 0;
  handler->sse_ = known.no_sse == 0;
  if (!handler->websocket_ && !handler->sse_)
    return fail(Status::invalid, "a feed needs WebSocket or event streams");
  if (known.ping_ms != 0) handler->ping_ms_ = known.ping_ms;
  if (known.dead_ms != 0) handler->dead_ms_ = known.dead_ms;
  if (known.retry_ms != 0) handler->retry_ms_ = known.retry_ms;
  *out = std::move(handler);
  return Status::ok;
}

void FeedHandler::handle(Exchange& exchange) const {
  const Request& request = exchange.request;
  ChannelKey key;
  if (target_.key(exchange, &key) != Status::ok) return exchange.respond_text(400, last_error());
  Hub& hub = pubsub_.hub(exchange.http.shard);
  if (hub.stopped()) return exchange.respond_text(503, "the node has stopped");
  if (const Status status = hub.check_subscribe(key); status != Status::ok)
    return exchange.respond_text(status == Status::not_found ? 404 : 503, last_error());
  if (is_websocket_request(request)) {
    if (!websocket_) return exchange.respond_text(406, "this feed has no WebSocket");
    return WsFeed::open(exchange, hub, key, position_of(request, hub), {ping_ms_, dead_ms_});
  }
  if (!sse_) return exchange.respond_text(406, "this feed is for WebSocket only");
  if (!accepts_event_stream(request))
    return exchange.respond_text(406, "this feed is text/event-stream");
  open_stream(exchange, key);
}

void FeedHandler::open_stream(Exchange& exchange, const ChannelKey& key) const {
  static constexpr Header kHeaders[] = {
      {"content-type", "text/event-stream"},
      {"cache-control", "no-store"},
      {"x-accel-buffering", "no"},  // tells proxies of nginx's kind to pass each event on
  };
  Body body;
  body.length.reset();
  if (exchange.request.method != Method::head) {
    Hub& hub = pubsub_.hub(exchange.http.shard);
    const SseFeed::Options options{ping_ms_, retry_ms_};
    body.source = std::make_unique<SseFeed>(hub, key, position_of(exchange.request, hub), options);
    // The drain has asked the streams before this one was there.
    if (exchange.http.draining) body.source->on_drain();
  }
  exchange.respond(200, kHeaders, std::move(body));
}

}  // namespace fce
