// SPDX-License-Identifier: Apache-2.0
// The commands of a live session.
#include <algorithm>

#include "base/json_write.h"
#include "pubsub/live_answer.h"
#include "pubsub/live_session.h"
#include "pubsub/pubsub.h"

namespace fce {
namespace {

using Error = Command::Error;

constexpr Error kBusy = {CommandRefusal::busy, kPublishBusy};
constexpr Error kHookBusy = {CommandRefusal::busy, HookDesk::kTooMany};
constexpr Error kNoNamespace = {CommandRefusal::unknown_namespace, "there is no such namespace"};

Error error_of(Status status) {
  switch (status) {
    case Status::ok: return {};
    case Status::not_found: return kNoNamespace;
    case Status::too_big: return {CommandRefusal::too_big, "the publication is too large"};
    case Status::invalid:
    case Status::utf8:
      return {CommandRefusal::invalid, "key, audience or text cannot be published there"};
    case Status::unsupported:
      return {CommandRefusal::unsupported, "the namespace does not have that"};
    default: return kBusy;
  }
}

CommandRefusal refusal_of(HookVerdict::Kind kind) {
  switch (kind) {
    case HookVerdict::Kind::allowed: break;
    case HookVerdict::Kind::forbidden: return CommandRefusal::forbidden;
    case HookVerdict::Kind::unauthorized: return CommandRefusal::unauthorized;
    case HookVerdict::Kind::busy: return CommandRefusal::busy;
  }
  return CommandRefusal::none;
}

}  // namespace

void LiveSession::on_message(WebSocket&, std::string_view data, bool text) {
  if (closing_) return;
  hub_.counters().add(Counter::commands);
  const uint32_t per_s = settings_->commands_per_s;
  if (!command_rate_.take(hub_.loop().now_ms(), per_s, 2 * per_s)) {
    hub_.counters().add(Counter::limit_commands);
    return close(kTooMany, "too many commands");
  }
  Command command;
  Error error{CommandRefusal::invalid, "a command is a text message"};
  if (text) error = Command::parse(data, &command);
  const bool open = command.kind == Command::Kind::auth || command.kind == Command::Kind::ping;
  if (!error && !open && must_identify())
    error = {CommandRefusal::unauthorized, "this route needs a token"};
  if (!error) error = run(command);
  if (error) answer_error(command.ref, error.refusal, error.message);
}

// Each command answers by itself, now or later, unless it is refused at once.
Error LiveSession::run(const Command& command) {
  switch (command.kind) {
    case Command::Kind::subscribe: return subscribe(command);
    case Command::Kind::unsubscribe: return unsubscribe(command);
    case Command::Kind::publish: return publish(command);
    case Command::Kind::presence: return presence(command);
    case Command::Kind::auth: return authenticate(command);
    case Command::Kind::block: return block(command);
    case Command::Kind::ping: break;
  }
  answer_ok(command.ref);
  return {};
}

void LiveSession::answer_ok(CommandRef ref, std::string_view ok) {
  socket_->send_text(ok_answer(ref, ok));
}

void LiveSession::answer_error(CommandRef ref, CommandRefusal refusal, std::string_view message) {
  hub_.counters().add(Counter::command_errors);
  socket_->send_text(error_answer(ref, refusal, message));
}

const std::shared_ptr<LiveSession::Anchor>& LiveSession::anchor() {
  if (!anchor_) anchor_ = std::make_shared<Anchor>(Anchor{this});
  return anchor_;
}

// --- Subscribe and unsubscribe -----------------------------------------------------------------

Error LiveSession::subscribe(const Command& command) {
  Start start{command.ref, {}, Position::parse(command.after, hub_.origin()), command.watch};
  if (ChannelKey::make(tenant_, command.channel, &start.key) != Status::ok)
    return {CommandRefusal::invalid, "channel is no valid name"};
  if (const Error error = check_subscribe(start)) return error;
  const SubscribeHook* hook = settings_->pubsub.subscribe_hook();
  if (!hook) {
    begin_subscription(start);
    return {};
  }
  HookQuestion question{
      start.key, std::string(user()), {}, peer_.text(), std::string(command.after)};
  if (identity_) question.groups = identity_->groups;
  asked_.push_back(std::make_unique<Asked>(*this, std::move(start)));
  if (hub_.hooks().ask(*hook, std::move(question), *asked_.back()) == Status::ok) return {};
  asked_.pop_back();
  return kHookBusy;
}

Error LiveSession::check_subscribe(const Start& start) {
  const std::string_view name = start.key.name();
  if (hub_.stopped()) return kBusy;
  if (subscriptions_.count(start.key) > 0 || find_asked(start.key) != asked_.end())
    return {CommandRefusal::already, "the channel is subscribed to"};
  if (subscriptions_.size() + asked_.size() >= settings_->channels_max) {
    hub_.counters().add(Counter::limit_subscriptions);
    return {CommandRefusal::limit, "the connection has all the channels that it may have"};
  }
  switch (hub_.check_subscribe(start.key)) {
    case Status::ok: break;
    case Status::not_found: return kNoNamespace;
    default: return {CommandRefusal::limit, "the channel has all the subscribers that it may have"};
  }
  const Namespace& policy = *settings_->pubsub.namespaces().find(name);
  if (start.watch && policy.presence == PresenceMode::none)
    return {CommandRefusal::unsupported, "the namespace has no presence"};
  if (may(Right::subscribe, name) && !(start.watch && !may(Right::presence, name))) return {};
  hub_.counters().add(Counter::subscribe_forbidden);
  return {CommandRefusal::forbidden, "no right to subscribe to this channel"};
}

void LiveSession::begin_subscription(const Start& start) {
  // The channel's own key, so that there is one text for all of its subscribers.
  const ChannelKey key = hub_.channel_for(start.key).key();
  const auto added = subscriptions_.try_emplace(key, *this).first;
  added->second.begin(hub_, added->first,
                      allowed_position(identity_.get(), key.name(), start.position), filter_);
  if (start.watch) added->second.watch_presence(hub_);
  // What the socket sends of its own goes before the flush: the answer is the first of the channel.
  answer_ok(start.ref);
}

std::vector<std::unique_ptr<LiveSession::Asked>>::iterator LiveSession::find_asked(
    const ChannelKey& key) {
  return std::find_if(asked_.begin(), asked_.end(),
                      [&](const auto& asked) { return asked->start.key == key; });
}

void LiveSession::on_verdict(Asked& asked, const HookVerdict& verdict) {
  const auto found = find_asked(asked.start.key);
  const std::unique_ptr<Asked> owned = std::move(*found);
  asked_.erase(found);
  if (verdict.kind != HookVerdict::Kind::allowed) {
    if (verdict.kind != HookVerdict::Kind::busy) hub_.counters().add(Counter::subscribe_forbidden);
    return answer_error(asked.start.ref, refusal_of(verdict.kind), verdict.message);
  }
  // Much may have happened meanwhile.
  if (const Error error = check_subscribe(asked.start))
    return answer_error(asked.start.ref, error.refusal, error.message);
  begin_subscription(asked.start);
}

Error LiveSession::unsubscribe(const Command& command) {
  static constexpr Error kNone = {CommandRefusal::not_subscribed,
                                  "the channel is not subscribed to"};
  ChannelKey key;
  if (ChannelKey::make(tenant_, command.channel, &key) != Status::ok) return kNone;
  if (const auto asked = find_asked(key); asked != asked_.end()) {
    answer_error((*asked)->start.ref, CommandRefusal::not_subscribed,
                 "it was unsubscribed from meanwhile");
    asked_.erase(asked);
  } else if (subscriptions_.erase(key) == 0) {
    return kNone;
  }
  answer_ok(command.ref);
  return {};
}

// --- Publish -----------------------------------------------------------------------------------

bool LiveSession::take_publish_rate(const Namespace& policy) {
  const uint32_t per_s = policy.publish_per_s;
  if (per_s == 0) return true;
  auto found = std::find_if(publish_rates_.begin(), publish_rates_.end(),
                            [&](const PublishRate& rate) { return rate.of == &policy; });
  if (found == publish_rates_.end())
    found = publish_rates_.insert(publish_rates_.end(), {&policy, {}});
  return found->rate.take(hub_.loop().now_ms(), per_s, per_s);
}

Error LiveSession::publish(const Command& command) {
  Error error = begin_publish(command);
  if (!error) return {};
  Counters& counters = hub_.counters();
  counters.add(Counter::publish_refused);
  switch (error.refusal) {
    case CommandRefusal::unknown_namespace: counters.add(Counter::namespace_unknown); break;
    case CommandRefusal::forbidden: counters.add(Counter::publish_forbidden); break;
    case CommandRefusal::too_big: counters.add(Counter::limit_message); break;
    case CommandRefusal::rate: counters.add(Counter::limit_rate); break;
    default: break;
  }
  return error;
}

Error LiveSession::begin_publish(const Command& command) {
  ChannelKey key;
  if (ChannelKey::make(tenant_, command.channel, &key) != Status::ok)
    return {CommandRefusal::invalid, "channel is no valid name"};
  PubSub& pubsub = settings_->pubsub;
  const Namespace* policy = pubsub.namespaces().find(command.channel);
  if (!policy) return kNoNamespace;
  if (!may_publish(*policy, key))
    return {CommandRefusal::forbidden, "no right to publish on this channel"};
  if (!take_publish_rate(*policy)) return {CommandRefusal::rate, "too many publications"};
  Publication::More more = command.more;
  more.author = user();
  const bool plain = more.key.empty() && more.author.empty() && more.audience.everybody();
  const Publication publication{as_bytes(command.data), plain ? nullptr : &more};
  Status status = pubsub.check(key, publication);
  // Which of all that may be wrong it is.
  if (status != Status::ok) return {error_of(status).refusal, last_error()};
  if (hub_.is_home(key)) {
    MessageId id;
    status = hub_.publish(key, publication, &id);
    // A refusal is counted by the hub.
    on_published(command.ref, status, status == Status::ok ? id_text(id) : std::string());
    return {};
  }
  auto answer = std::make_unique<PublishAnswer>(*this, command.ref);
  status = pubsub.post(key, publication, &PublishAnswer::on_published, answer.get());
  if (status == Status::full) hub_.counters().add(Counter::mailbox_full);
  if (status != Status::ok) return error_of(status);
  (void)answer.release();  // it comes back through on_published
  return {};
}

void LiveSession::on_published(CommandRef ref, Status status, std::string_view id) {
  if (const Error error = error_of(status)) return answer_error(ref, error.refusal, error.message);
  std::string ok = "{\"id\":\"";
  answer_ok(ref, ok.append(id).append("\"}"));
}

// --- The rest ----------------------------------------------------------------------------------

Error LiveSession::presence(const Command& command) {
  ChannelKey key;
  if (ChannelKey::make(tenant_, command.channel, &key) != Status::ok)
    return {CommandRefusal::invalid, "channel is no valid name"};
  PubSub& pubsub = settings_->pubsub;
  if (!pubsub.namespaces().find(command.channel)) {
    hub_.counters().add(Counter::namespace_unknown);
    return kNoNamespace;
  }
  if (!may(Right::presence, command.channel) || !hook_agrees(Right::presence, key)) {
    hub_.counters().add(Counter::subscribe_forbidden);
    return {CommandRefusal::forbidden, "no right to the presence of this channel"};
  }
  std::unique_ptr<PresenceQuery> query = std::make_unique<PresenceAnswer>(*this, command.ref);
  return error_of(pubsub.ask_presence(key, query));
}

Error LiveSession::authenticate(const Command& command) {
  const auto& doorkeeper = settings_->doorkeeper;
  if (!doorkeeper) return {CommandRefusal::unsupported, "this route takes no tokens"};
  Doorkeeper::Admission admission = doorkeeper->renew(command.token, hub_, tenant_);
  if (admission.refusal != Refusal::none || !admission.identity)
    return {CommandRefusal::unauthorized, refusal_text(admission.refusal)};
  std::shared_ptr<const Identity> fresh = std::move(admission.identity);
  // A client may say who it is, but not turn into somebody else: what was decided for the one, by
  // the hook or by a revocation, would hold for the other.
  const bool named = identity_ && identity_->kind == Identity::Kind::token && !user().empty();
  const bool decided =
      settings_->pubsub.subscribe_hook() && (!subscriptions_.empty() || !asked_.empty());
  if (fresh->user != user() && (named || decided))
    return {CommandRefusal::forbidden, "the token of another user needs a new connection"};
  take_identity(std::move(fresh));
  end_forbidden();
  answer_ok(command.ref, about({}));
  return {};
}

Error LiveSession::block(const Command& command) {
  make_filter(name_hashes(command.users));
  answer_ok(command.ref);
  return {};
}

}  // namespace fce
