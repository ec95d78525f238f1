// SPDX-License-Identifier: Apache-2.0
#include "pubsub/pubsub.h"

#include <algorithm>
#include <string>

#include "http/name.h"
#include "http/utf8.h"

namespace fce {
namespace {

PubSubOptions within_limits(PubSubOptions options) {
  uint32_t& bytes = options.common.message_bytes_max;
  bytes = std::min(bytes, kMessageBytesLimit);
  return options;
}

// Takes a publication to its home shard. Whoever waits for the outcome hears exactly once.
class PublishMail final : public Mail {
 public:
  PublishMail(Hub& home, const ChannelKey& key, const Publication& publication,
              fce_published_fn done, void* user)
      : home_(home),
        key_(key),
        payload_(ChunkRef::copy_of(publication.payload)),
        done_(done),
        user_(user) {
    if (publication.more) more_ = std::make_unique<Publication::More>(*publication.more);
  }
  ~PublishMail() override { tell(Status::canceled, {}); }

  void deliver() override {
    MessageId id;
    const Status status = home_.publish(key_, {payload_.bytes(), more_.get()}, &id);
    tell(status, status == Status::ok ? id_text(id) : std::string());
  }
  // It was not posted: the caller tells.
  void disarm() { done_ = nullptr; }

 private:
  void tell(Status status, const std::string& id) {
    if (const auto done = std::exchange(done_, nullptr))
      done(static_cast<int>(status), id.c_str(), user_);
  }

  Hub& home_;
  ChannelKey key_;
  ChunkRef payload_;
  std::unique_ptr<Publication::More> more_;
  fce_published_fn done_;
  void* user_;
};

class RevokeMail final : public Mail {
 public:
  RevokeMail(Hub& hub, const Revocation& what) : hub_(hub), what_(what) {}
  void deliver() override { hub_.revoke(what_); }

 private:
  Hub& hub_;
  const Revocation what_;
};

class AskMail final : public Mail {
 public:
  AskMail(Hub& home, const ChannelKey& key, std::unique_ptr<PresenceQuery> query)
      : home_(home), key_(key), query_(std::move(query)) {}
  void deliver() override {
    if (!home_.stopped()) home_.presence().answer(key_, *query_);
  }
  std::unique_ptr<PresenceQuery> take() { return std::move(query_); }

 private:
  Hub& home_;
  const ChannelKey key_;
  std::unique_ptr<PresenceQuery> query_;
};

// A name in a key, an author or an audience.
bool is_label(std::string_view text, size_t bytes_max) {
  return text.size() <= bytes_max && is_utf8(as_bytes(text));
}

Status check_more(const Namespace& policy, const Publication::More& more) {
  const Audience& audience = more.audience;
  if (!is_label(more.key, Publication::kKeyBytesMax))
    return fail(Status::invalid, "a key is at most 255 bytes of UTF-8");
  if (!audience.everybody() && !policy.audience)
    return fail(Status::invalid, "messages of this namespace are for everybody");
  if (audience.names() > Audience::kNamesMax)
    return fail(Status::invalid, "an audience names at most 256 groups and users");
  const auto valid = [](const std::string& name) { return is_name(name); };
  bool good = more.author.empty() || valid(more.author);
  for (const auto* names : {&audience.groups, &audience.users, &audience.exclude})
    good = good && std::all_of(names->begin(), names->end(), valid);
  if (good) return Status::ok;
  return fail(Status::invalid, "users and groups are 1 to 255 bytes without control characters");
}

}  // namespace

PubSub::PubSub(const PubSubOptions& options, std::span<const PubSubShard> shards)
    : options_(within_limits(options)), namespaces_(options_.common) {
  uint32_t index = 0;
  for (const PubSubShard& shard : shards)
    hubs_.push_back(std::make_unique<Hub>(*this, index++, shard));
  for (const auto& hub : hubs_) hub->connect();
}

PubSub::~PubSub() {
  // Hubs refer to each other.
  for (const auto& hub : hubs_) hub->stop();
}

Status PubSub::check(const ChannelKey& key, const Publication& publication) const {
  const Namespace* policy = namespaces_.find(key.name());
  if (!policy) return fail(Status::not_found, "there is no such namespace");
  if (publication.payload.size() > policy->message_bytes_max) {
    return fail(Status::too_big, "a publication has at most " +
                                     std::to_string(policy->message_bytes_max) + " bytes");
  }
  if (!is_utf8(publication.payload)) return fail(Status::utf8, "a publication is UTF-8 text");
  return publication.more ? check_more(*policy, *publication.more) : Status::ok;
}

Status PubSub::post(const ChannelKey& key, const Publication& publication, fce_published_fn done,
                    void* user) {
  if (!running()) return fail(Status::bad_state, "the node does not run");
  if (const Status status = check(key, publication); status != Status::ok) return status;
  Hub& home = hub(key.home(shards()));
  auto owned = std::make_unique<PublishMail>(home, key, publication, done, user);
  PublishMail* posted = owned.get();
  std::unique_ptr<Mail> mail = std::move(owned);
  if (home.loop().post(mail) == Status::ok) return Status::ok;
  posted->disarm();
  return fail(Status::full, "the mailbox of the channel's shard is full");
}

Status PubSub::publish(const ChannelKey& key, const Publication& publication, fce_published_fn done,
                       void* user) {
  const Status status = post(key, publication, done, user);
  if (status != Status::ok) count(Counter::publish_refused);
  if (status == Status::full) count(Counter::mailbox_full);
  if (status == Status::too_big) count(Counter::limit_message);
  if (status == Status::not_found) count(Counter::namespace_unknown);
  return status;
}

void PubSub::revoke(const Revocation& what) {
  for (const auto& hub : hubs_) hub->loop().post_always(std::make_unique<RevokeMail>(*hub, what));
}

Status PubSub::ask_presence(const ChannelKey& key, std::unique_ptr<PresenceQuery>& query) {
  if (!running()) return fail(Status::bad_state, "the node does not run");
  const Namespace* policy = namespaces_.find(key.name());
  if (!policy) return fail(Status::not_found, "there is no such namespace");
  if (policy->presence == PresenceMode::none)
    return fail(Status::unsupported, "this namespace has no presence");
  Hub& home = hub(key.home(shards()));
  auto ask = std::make_unique<AskMail>(home, key, std::move(query));
  AskMail& refused = *ask;
  std::unique_ptr<Mail> mail = std::move(ask);
  if (home.loop().post(mail) == Status::ok) return Status::ok;
  query = refused.take();
  return fail(Status::full, "the mailbox of the channel's shard is full");
}

void PubSub::count(Counter counter) {
  const std::lock_guard<std::mutex> lock(counters_mutex_);
  counters_.add(counter);
}

}  // namespace fce
