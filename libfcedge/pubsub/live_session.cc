// SPDX-License-Identifier: Apache-2.0
#include "pubsub/live_session.h"

#include <algorithm>

#include "base/json_write.h"
#include "base/time.h"
#include "pubsub/live_answer.h"
#include "pubsub/pubsub.h"

namespace fce {
namespace {

// What a hundred thousand idle ones of these cost is a target of the design.
static_assert(sizeof(LiveSession) <= 360);

// So many objects of one channel go before it is another's turn.
constexpr int kObjectsPerChannel = 16;

}  // namespace

LiveSession::LiveSession(Hub& hub, const PeerAddress& peer, std::string_view tenant,
                         std::shared_ptr<const LiveSettings> settings)
    : hub_(hub),
      settings_(std::move(settings)),
      tenant_(tenant),
      peer_(peer),
      expiry_(&on_expiry, this) {
  hub_.counters().add(Gauge::live_sessions, 1);
}

LiveSession::~LiveSession() {
  let_go();
  hub_.counters().add(Gauge::live_sessions, -1);
}

void LiveSession::open(Exchange& exchange, Hub& hub, std::string_view tenant,
                       std::shared_ptr<const LiveSettings> settings) {
  Doorkeeper::Admission admission;
  if (const auto& doorkeeper = settings->doorkeeper)
    admission = doorkeeper->admit(exchange, hub, tenant);
  WebSocketOptions options;
  options.subprotocol = kProtocol;
  options.ping_ms = settings->ping_ms;
  options.dead_ms = settings->dead_ms;
  options.deflate = settings->deflate;
  auto* session = new LiveSession(hub, exchange.peer, tenant, std::move(settings));
  session->socket_ = WebSocket::accept(exchange, options, *session);
  if (!session->socket_) {
    delete session;
    return;
  }
  hub.counters().add(Counter::sessions_opened);
  session->begin(std::move(admission));
}

void LiveSession::begin(Doorkeeper::Admission admission) {
  if (admission.refusal != Refusal::none)
    return close(refusal_status(admission.refusal) == 403 ? kForbidden : kUnauthorized,
                 refusal_text(admission.refusal));
  hub_.watch_revocations(*this);
  take_identity(std::move(admission.identity));
  if (must_identify()) expiry_.arm(hub_.loop().timers(), kTokenMs);
  socket_->send_text("{\"hello\":" + about(admission.session) + "}");
}

void LiveSession::on_closed(WebSocket&, uint16_t) {
  hub_.counters().add(Counter::sessions_closed);
  delete this;
}

void LiveSession::on_drain(WebSocket&) { close(WsClose::service_restart, hub_.reconnect_text()); }

void LiveSession::close(uint16_t code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  // Nothing follows a close frame, so nothing has to be kept or counted for this one.
  let_go();
  socket_->close(code, reason);
}

void LiveSession::let_go() {
  if (anchor_) anchor_->session = nullptr;
  RevocationWatcher::unlink();
  expiry_.cancel();
  asked_.clear();
  subscriptions_.clear();
}

// --- Who it is ---------------------------------------------------------------------------------

void LiveSession::take_identity(std::shared_ptr<const Identity> identity) {
  identity_ = std::move(identity);
  make_filter(filter_.blocked());
  arm_expiry();
}

void LiveSession::make_filter(std::span<const uint64_t> blocked) {
  Filter::Who who{user(), {}, blocked};
  if (identity_) who.groups = identity_->groups;
  filter_ = hub_.filters().get(who);
  for (auto& [key, subscription] : subscriptions_) subscription.set_filter(filter_);
}

void LiveSession::arm_expiry() {
  expiry_.cancel();
  if (identity_ && identity_->expires != 0)
    expiry_.arm(hub_.loop().timers(), expires_in_ms(identity_.get()));
}

void LiveSession::on_expiry(void* self) {
  auto* session = static_cast<LiveSession*>(self);
  if (!session->identity_) return session->close(kUnauthorized, "there was no token in time");
  session->hub_.counters().add(Counter::tokens_expired);
  session->close(kUnauthorized, "expired");
}

// What the client is told of itself and of this connection.
std::string LiveSession::about(std::string_view session) const {
  std::string_view kind = "none";
  if (identity_) kind = identity_->kind == Identity::Kind::token ? "token" : "anonymous";
  std::string text = "{\"user\":" + json_quote(user()) + ",\"session\":\"";
  text.append(kind).append("\",\"ping_ms\":").append(std::to_string(settings_->ping_ms));
  if (identity_ && identity_->expires != 0)
    text.append(",\"expires_ms\":").append(std::to_string(expires_in_ms(identity_.get())));
  if (!session.empty()) text.append(",\"session_token\":").append(json_quote(session));
  return text.append("}");
}

bool LiveSession::must_identify() const {
  return !identity_ && settings_->doorkeeper && !settings_->doorkeeper->admits_nobody();
}

bool LiveSession::may(Right right, std::string_view channel) const {
  return identity_ ? allows(*identity_, right, channel) : !must_identify();
}

bool LiveSession::may_publish(const Namespace& policy, const ChannelKey& key) const {
  switch (policy.publish) {
    case PublishRight::none: break;
    case PublishRight::token: return identity_ && allows(*identity_, Right::publish, key.name());
    case PublishRight::any:
      if (identity_ && allows(*identity_, Right::publish, key.name())) return true;
      return may(Right::subscribe, key.name()) && hook_agrees(Right::publish, key);
  }
  return false;
}

// What follows from being allowed to subscribe is not for those whom the hook keeps out; it has
// agreed when they are subscribed. A right that the token names does not follow from anything.
bool LiveSession::hook_agrees(Right right, const ChannelKey& key) const {
  if (!settings_->pubsub.subscribe_hook()) return true;
  if (identity_ && identity_->lists_channels && allows(*identity_, right, key.name())) return true;
  const auto found = subscriptions_.find(key);
  return found != subscriptions_.end() && !found->second.ends();
}

// Another token may say less than the one before.
void LiveSession::end_forbidden() {
  for (auto& [key, subscription] : subscriptions_) {
    if (!may(Right::subscribe, key.name())) subscription.end(EndReason::revoked);
    if (!may(Right::presence, key.name())) subscription.leave_presence();
  }
}

void LiveSession::on_revoked(const Revocation& what, uint64_t user) {
  if (what.tenant != tenant_ || (user != 0 && filter_.user() != user)) return;
  hub_.counters().add(Counter::revoked, subscriptions_.size());
  close(kForbidden, end_reason_text(what.reason));
}

// --- What it has to send -----------------------------------------------------------------------

bool LiveSession::on_flush(WebSocket&, Gather& out) {
  while (!closing_ && out.room() > 0) {
    LiveSubscription* next = pending_.pop_front();
    if (!next) return false;
    serve(*next, out);
  }
  return !closing_ && !pending_.empty();
}

void LiveSession::serve(LiveSubscription& subscription, Gather& out) {
  for (int i = 0; i < kObjectsPerChannel; ++i) {
    // It goes on with the next flush.
    if (out.room() == 0) return pending_.push_front(&subscription);
    switch (subscription.add_next(out)) {
      case LiveSubscription::Step::added: break;
      case LiveSubscription::Step::idle: return;
      case LiveSubscription::Step::ended: return drop(subscription);
    }
  }
  pending_.push_back(&subscription);
}

void LiveSession::drop(LiveSubscription& subscription) {
  const auto found = subscriptions_.find(subscription.key());
  if (found != subscriptions_.end()) subscriptions_.erase(found);
}

}  // namespace fce
