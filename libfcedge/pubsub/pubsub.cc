// SPDX-License-Identifier: Apache-2.0
#include "pubsub/pubsub.h"

#include <algorithm>
#include <string>

#include "http/utf8.h"

namespace fce {
namespace {

PubSubOptions within_limits(PubSubOptions options) {
  options.history.messages_max = std::max(options.history.messages_max, 1u);
  options.message_bytes_max = std::min(options.message_bytes_max, kMessageBytesLimit);
  return options;
}

// Takes a publication to its home shard. Whoever waits for the outcome hears exactly once.
class PublishMail final : public Mail {
 public:
  PublishMail(Hub& home, const ChannelKey& key, Bytes payload, fce_published_fn done, void* user)
      : home_(home), key_(key), payload_(ChunkRef::copy_of(payload)), done_(done), user_(user) {}
  ~PublishMail() override { tell(Status::canceled, {}); }

  void deliver() override {
    MessageId id;
    const Status status = home_.publish(key_, payload_.bytes(), &id);
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
  fce_published_fn done_;
  void* user_;
};

}  // namespace

PubSub::PubSub(const PubSubOptions& options, std::span<const PubSubShard> shards)
    : options_(within_limits(options)) {
  uint32_t index = 0;
  for (const PubSubShard& shard : shards)
    hubs_.push_back(std::make_unique<Hub>(*this, index++, shard.loop, shard.counters));
  for (const auto& hub : hubs_) hub->connect();
}

PubSub::~PubSub() {
  // Hubs refer to each other.
  for (const auto& hub : hubs_) hub->stop();
}

Status PubSub::check(Bytes payload) const {
  if (payload.size() > options_.message_bytes_max) {
    return fail(Status::too_big, "a publication has at most " +
                                     std::to_string(options_.message_bytes_max) + " bytes");
  }
  if (!is_utf8(payload)) return fail(Status::utf8, "a publication is UTF-8 text");
  return Status::ok;
}

Status PubSub::post(const ChannelKey& key, Bytes payload, fce_published_fn done, void* user) {
  if (!running()) return fail(Status::bad_state, "the node does not run");
  if (const Status status = check(payload); status != Status::ok) return status;
  Hub& home = hub(key.home(shards()));
  auto publication = std::make_unique<PublishMail>(home, key, payload, done, user);
  PublishMail* posted = publication.get();
  std::unique_ptr<Mail> mail = std::move(publication);
  if (home.loop().post(mail) == Status::ok) return Status::ok;
  posted->disarm();
  return fail(Status::full, "the mailbox of the channel's shard is full");
}

Status PubSub::publish(const ChannelKey& key, Bytes payload, fce_published_fn done, void* user) {
  const Status status = post(key, payload, done, user);
  if (status != Status::ok) count(Counter::publish_refused);
  if (status == Status::full) count(Counter::mailbox_full);
  if (status == Status::too_big) count(Counter::limit_message);
  return status;
}

bool PubSub::take_channel() {
  if (channels_.fetch_add(1, std::memory_order_relaxed) < options_.channels_max) return true;
  channels_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void PubSub::count(Counter counter) {
  const std::lock_guard<std::mutex> lock(counters_mutex_);
  counters_.add(counter);
}

}  // namespace fce
