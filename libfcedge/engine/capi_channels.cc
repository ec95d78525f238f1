// SPDX-License-Identifier: Apache-2.0
// include/fcedge/pubsub.h: namespaces, publications with an audience, revocation.
#include <fcedge/pubsub.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/handles.h"
#include "engine/options.h"
#include "pubsub/pubsub.h"

using namespace fce;

namespace {

std::string_view view(fce_str text) { return {text.data, text.len}; }

// Whether a list of `count` texts, and each of them, is there.
Status take_names(const fce_str* names, size_t count, std::vector<std::string>* out) {
  if (count > Audience::kNamesMax || (count > 0 && !names))
    return fail(Status::invalid, "an audience names at most 256 groups and users");
  for (const fce_str& name : std::span(names, count)) {
    if (!name.data) return fail(Status::invalid, "a name of the audience is NULL");
    out->emplace_back(view(name));
  }
  return Status::ok;
}

template <class Enum>
bool take_enum(uint32_t given, std::initializer_list<Enum> values, Enum* out) {
  if (given >= values.size()) return false;
  *out = values.begin()[given];
  return true;
}

Status take_namespace(const fce_namespace_options& known, Namespace* out) {
  const auto take = [](uint32_t given, uint32_t* to) {
    if (given != 0) *to = given;
  };
  out->name = known.name ? known.name : "";
  take(known.history_messages, &out->history.messages_max);
  take(known.history_bytes, &out->history.bytes_max);
  take(known.history_ms, &out->history.age_ms_max);
  take(known.message_bytes_max, &out->message_bytes_max);
  take(known.publish_per_s, &out->publish_per_s);
  take(known.subscribers_max, &out->subscribers_max);
  take(known.presence_members_max, &out->presence_members_max);
  take(known.presence_leave_ms, &out->presence_leave_ms);
  out->cache = known.cache != 0;
  out->audience = known.no_audience == 0;
  if (out->message_bytes_max > kMessageBytesLimit)
    return fail(Status::invalid, "message_bytes_max is more than 64 MiB");
  const bool good =
      take_enum(known.overflow,
                {Overflow::gap, Overflow::close, Overflow::conflate, Overflow::latest},
                &out->overflow) &&
      take_enum(known.publish, {PublishRight::token, PublishRight::none, PublishRight::any},
                &out->publish) &&
      take_enum(known.presence, {PresenceMode::counts, PresenceMode::none, PresenceMode::members},
                &out->presence);
  return good ? Status::ok
              : fail(Status::invalid, "overflow, publish or presence is none of theirs");
}

// Calls C code, exactly once.
class CallbackQuery final : public PresenceQuery {
 public:
  CallbackQuery(fce_presence_fn done, void* user) : done_(done), user_(user) {}
  ~CallbackQuery() override {
    if (done_) done_(FCE_ECANCELED, 0, nullptr, 0, user_);
  }
  void on_presence(uint32_t count, const std::vector<std::string>* members) override {
    std::vector<fce_str> names;
    if (members)
      for (const std::string& name : *members) names.push_back({name.data(), name.size()});
    const fce_str none{};
    const fce_str* list = members ? (names.empty() ? &none : names.data()) : nullptr;
    std::exchange(done_, nullptr)(FCE_OK, count, list, names.size(), user_);
  }
  void disarm() { done_ = nullptr; }

 private:
  fce_presence_fn done_;
  void* user_;
};

}  // namespace

extern "C" {

void fce_namespace_options_init(fce_namespace_options* options) { init_options(options); }
void fce_publication_init(fce_publication* publication) { init_options(publication); }
void fce_revocation_init(fce_revocation* revocation) { init_options(revocation); }

int fce_node_add_namespace(fce_node* node, const fce_namespace_options* options) {
  fce_namespace_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && !node) status = fail(Status::invalid, "the node is NULL");
  if (status != Status::ok) return to_c(status);
  Namespace added = node->node.pubsub().namespaces().common();
  status = take_namespace(known, &added);
  if (status == Status::ok) status = node->node.add_namespace(std::move(added));
  return to_c(status);
}

int fce_publish_message(fce_node* node, const fce_publication* publication, fce_published_fn done,
                        void* user) {
  fce_publication known;
  Status status = take_options(publication, &known);
  if (status == Status::ok && (!node || (!known.data.data && known.data.len > 0)))
    status = fail(Status::invalid, "the node or the payload is NULL");
  ChannelKey key;
  if (status == Status::ok)
    status = ChannelKey::make(view(known.tenant), view(known.channel), &key);
  Publication::More more;
  more.key = view(known.key);
  more.author = view(known.author);
  Audience& audience = more.audience;
  if (status == Status::ok) status = take_names(known.groups, known.group_count, &audience.groups);
  if (status == Status::ok) status = take_names(known.users, known.user_count, &audience.users);
  if (status == Status::ok)
    status = take_names(known.exclude, known.exclude_count, &audience.exclude);
  if (status != Status::ok) return to_c(status);
  return to_c(node->node.pubsub().publish(key, {as_bytes(view(known.data)), &more}, done, user));
}

int fce_presence(fce_node* node, fce_str tenant, fce_str channel, fce_presence_fn done,
                 void* user) {
  if (!node || !done) return to_c(fail(Status::invalid, "the node or the callback is NULL"));
  ChannelKey key;
  Status status = ChannelKey::make(view(tenant), view(channel), &key);
  if (status != Status::ok) return to_c(status);
  std::unique_ptr<PresenceQuery> query = std::make_unique<CallbackQuery>(done, user);
  status = node->node.pubsub().ask_presence(key, query);
  // What was not taken is ours, and tells nobody.
  if (status != Status::ok) static_cast<CallbackQuery&>(*query).disarm();
  return to_c(status);
}

int fce_revoke(fce_node* node, const fce_revocation* revocation) {
  fce_revocation known;
  Status status = take_options(revocation, &known);
  if (status == Status::ok && !node) status = fail(Status::invalid, "the node is NULL");
  if (status != Status::ok) return to_c(status);
  Revocation what{std::string(view(known.tenant)), std::string(view(known.channel)),
                  std::string(view(known.user)), EndReason::none};
  if (what.tenant.empty() || (what.channel.empty() && what.user.empty()))
    return to_c(fail(Status::invalid, "a revocation names a tenant, and a channel or a user"));
  if (!take_enum(known.reason, {EndReason::revoked, EndReason::locked, EndReason::banned},
                 &what.reason))
    return to_c(fail(Status::invalid, "the reason is none of FCE_END_*"));
  node->node.pubsub().revoke(what);
  return FCE_OK;
}

}  // extern "C"
