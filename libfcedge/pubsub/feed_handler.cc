// SPDX-License-Identifier: Apache-2.0
#include "pubsub/feed_handler.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "auth/bearer.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/pacing.h"
#include "http/query.h"
#include "http/websocket.h"
#include "pubsub/feed_format.h"
#include "pubsub/feed_wait.h"
#include "pubsub/line_feed.h"
#include "pubsub/pubsub.h"
#include "pubsub/sse_feed.h"
#include "pubsub/ws_feed.h"

namespace fce {
namespace {

// Nobody comes back sooner to a node that is just starting again.
constexpr uint32_t kRetryMsMin = 1'000;

FilterRef filter_of(Hub& hub, const Identity* who) {
  return who ? hub.filters().get({who->user, who->groups, {}}) : FilterRef();
}

Position position_of(const Request& request, const Hub& hub, const ChannelKey& key,
                     const Identity* who) {
  return allowed_position(who, key.name(),
                          Position::parse(FeedHandler::position_text(request), hub.origin()));
}

}  // namespace

void FeedHandler::refuse_for_now(Exchange& exchange, Hub& hub, std::string_view why) {
  const std::string seconds = Pacing::retry_after(hub.reconnect_ms());
  const Header headers[] = {{"retry-after", seconds}};
  exchange.respond_text(503, why, headers);
}

// The field wins over the query: a browser's EventSource repeats the query of its first connection.
std::string_view FeedHandler::position_text(const Request& request) {
  const std::string_view text = request.header("last-event-id");
  return text.empty() ? query_value(request.query, "after") : text;
}

bool FeedHandler::has_transport(const fce_feed_options& known) {
  return !(known.no_websocket && known.no_sse && known.no_stream && known.no_poll);
}

Status FeedHandler::make(PubSub& pubsub, const fce_feed_options& options, std::string_view pattern,
                         std::shared_ptr<const Handler>* out,
                         std::shared_ptr<const Doorkeeper> doorkeeper) {
  fce_feed_options known{};
  std::memcpy(&known, &options, std::min<size_t>(options.size, sizeof known));
  std::shared_ptr<FeedHandler> handler(new FeedHandler(pubsub));
  const Status status = Target::parse(known.tenant, known.channel, pattern, &handler->target_);
  if (status != Status::ok) return status;
  handler->doorkeeper_ = std::move(doorkeeper);
  handler->websocket_ = known.no_websocket == 0;
  handler->deflate_ = known.deflate != 0;
  handler->forms_ = {known.no_sse == 0, known.no_stream == 0, known.no_poll == 0};
  if (!has_transport(known)) return fail(Status::invalid, "a feed needs a transport");
  if (known.ping_ms != 0) handler->ping_ms_ = known.ping_ms;
  if (known.dead_ms != 0) handler->dead_ms_ = known.dead_ms;
  if (known.retry_ms != 0) handler->retry_ms_ = known.retry_ms;
  *out = std::move(handler);
  return Status::ok;
}

void FeedHandler::handle(Exchange& exchange) const {
  ChannelKey key;
  if (target_.key(exchange, &key) != Status::ok) return exchange.respond_text(400, last_error());
  Hub& hub = pubsub_.hub(exchange.http.shard);
  if (!check(exchange, hub, key)) return;
  Who who;
  if (doorkeeper_ && !admit(exchange, hub, key, &who)) return;
  if (send_away(exchange)) return;
  const SubscribeHook* hook = pubsub_.subscribe_hook();
  if (hook) return FeedWait::ask(*this, *hook, exchange, hub, key, who);
  open(exchange, hub, key, who);
}

// True: the shard is overloaded, and the client was told when to come back. Who would be refused
// for good is not: he would come back for nothing. An EventSource takes any status but 200 for the
// end, so it gets a stream that says no more than that.
bool FeedHandler::send_away(Exchange& exchange) const {
  Pacing& pacing = exchange.http.pacing;
  const Request& request = exchange.request;
  if (!pacing.overloaded()) return false;
  if (is_websocket_request(request))
    return websocket_ && refuse_overload(exchange, WsFeed::kJsonProtocol.data());
  const FeedChoice::Kind kind = choose_feed(request, forms_).kind;
  if (kind == FeedChoice::Kind::refused) return false;
  if (kind != FeedChoice::Kind::sse || request.method != Method::get)
    return refuse_overload(exchange);
  static constexpr Header kHeaders[] = {{"content-type", "text/event-stream"},
                                        {"cache-control", "no-store"}};
  exchange.http.net.counters.add(Counter::limit_overload);
  exchange.respond(200, kHeaders,
                   Body::copy_of("retry: " + std::to_string(pacing.retry_ms()) + "\n\n"));
  return true;
}

// Whether the client may subscribe, by what its request brings; else it is answered.
bool FeedHandler::admit(Exchange& exchange, Hub& hub, const ChannelKey& key, Who* who) const {
  const Doorkeeper::Admission admission = doorkeeper_->admit(exchange, hub, key.tenant());
  *who = admission.identity;
  uint16_t status = 0;
  std::string_view why;
  if (admission.refusal != Refusal::none) {
    status = refusal_status(admission.refusal);
    why = refusal_text(admission.refusal);
  } else if (!*who && !doorkeeper_->admits_nobody()) {
    status = 401;
    why = "this feed needs a token";
  } else if (*who && !allows(**who, Right::subscribe, key.name())) {
    status = 403;
    why = "the token gives no right to this channel";
  }
  if (status == 0) return true;
  hub.counters().add(Counter::subscribe_forbidden);
  exchange.respond_text(status, why, std::span(kBearerChallenge, status == 401 ? 1 : 0));
  return false;
}

bool FeedHandler::check(Exchange& exchange, Hub& hub, const ChannelKey& key) {
  if (hub.stopped()) {
    refuse_for_now(exchange, hub, "the node has stopped");
    return false;
  }
  const Status status = hub.check_subscribe(key);
  if (status == Status::ok) return true;
  if (status == Status::not_found)
    exchange.respond_text(404, last_error());
  else
    refuse_for_now(exchange, hub, last_error());
  return false;
}

void FeedHandler::open(Exchange& exchange, Hub& hub, const ChannelKey& key, const Who& who) const {
  const Request& request = exchange.request;
  if (is_websocket_request(request)) {
    if (!websocket_) return exchange.respond_text(406, "this feed has no WebSocket");
    const Position position = position_of(request, hub, key, who.get());
    const WsFeed::Options options{ping_ms_, dead_ms_, expires_in_ms(who.get()), deflate_};
    return WsFeed::open(exchange, hub, key, position, options, filter_of(hub, who.get()));
  }
  open_stream(exchange, hub, key, who);
}

std::unique_ptr<BodySource> FeedHandler::make_stream(const Request& request,
                                                     const FeedChoice& choice, Hub& hub,
                                                     const ChannelKey& key, const Who& who) const {
  using Kind = FeedChoice::Kind;
  const Position position = position_of(request, hub, key, who.get());
  FilterRef filter = filter_of(hub, who.get());
  std::unique_ptr<StreamFeed> feed;
  const uint32_t retry_ms = retry_ms_ != 0 ? retry_ms_ : kRetryMsMin + hub.reconnect_hint_ms();
  if (choice.kind == Kind::sse)
    feed = std::make_unique<SseFeed>(hub, key, position, SseFeed::Options{ping_ms_, retry_ms},
                                     std::move(filter));
  else if (choice.kind == Kind::stream)
    feed = std::make_unique<LineStream>(hub, key, position, ping_ms_, std::move(filter));
  else
    feed = std::make_unique<LinePoll>(hub, key, position, choice.poll_s, std::move(filter));
  if (const uint64_t expires_ms = expires_in_ms(who.get())) feed->expire_after(expires_ms);
  return feed;
}

void FeedHandler::open_stream(Exchange& exchange, Hub& hub, const ChannelKey& key,
                              const Who& who) const {
  const Request& request = exchange.request;
  const FeedChoice choice = choose_feed(request, forms_);
  if (choice.kind == FeedChoice::Kind::refused)
    return exchange.respond_text(choice.status, choice.why);
  const bool sse = choice.kind == FeedChoice::Kind::sse;
  const Header headers[] = {
      {"content-type", sse ? "text/event-stream" : "application/x-ndjson"},
      {"cache-control", "no-store"},
      {"x-accel-buffering", "no"},  // tells proxies of nginx's kind to pass each event on
  };
  Body body;
  body.length.reset();
  if (request.method != Method::head) {
    body.source = make_stream(request, choice, hub, key, who);
    // The drain has asked the streams before this one was there.
    if (exchange.http.draining) body.source->on_drain();
  }
  exchange.respond(200, headers, std::move(body));
}

}  // namespace fce
