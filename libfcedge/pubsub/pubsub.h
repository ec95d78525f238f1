// SPDX-License-Identifier: Apache-2.0
// PubSub: the door of this room. There is one per node; it owns a hub per shard.
#pragma once

#include <fcedge/pubsub.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "loop/loop.h"
#include "metrics/counters.h"
#include "pubsub/hub.h"
#include "pubsub/key.h"
#include "pubsub/namespace.h"
#include "pubsub/publication.h"

namespace fce {

struct PubSubOptions {
  Namespace common;  // the default namespace; message bytes: kMessageBytesLimit
  // Of the node, of which each shard has an equal part.
  uint32_t channels_max = 1'000'000;  // with at least one publication
  uint64_t log_bytes_max = 1u << 30;  // of all logs
  uint64_t epoch = 1;                 // larger than at any start before
  uint32_t origin = 0;                // this node, in ids
};

// Encodings of a payload of this size still count in 32 bits.
constexpr uint32_t kMessageBytesLimit = 64u << 20;

struct PubSubShard {
  Loop& loop;
  Counters& counters;
  Pacing* pacing = nullptr;  // null: nobody can be told when to come back
};

// Life: made when the loops are open; `start`; the loops run; `stop`; then `hub(i).stop()` on each
// shard's thread before its loop ends. It is destroyed after the loops' threads were joined and
// their mailboxes are gone: mails refer to it. Loops are kept at least until no `publish` is
// under way.
class PubSub {
 public:
  PubSub(const PubSubOptions& options, std::span<const PubSubShard> shards);
  ~PubSub();
  PubSub(const PubSub&) = delete;
  PubSub& operator=(const PubSub&) = delete;

  // Before `start` only.
  Namespaces& namespaces() { return namespaces_; }
  void set_subscribe_hook(std::unique_ptr<const SubscribeHook> hook) { hook_ = std::move(hook); }

  // Any thread. Before `start` and after `stop` publications are refused.
  void start() { running_.store(true); }
  void stop() { running_.store(false); }
  bool running() const { return running_.load(); }

  // What fce_publish promises. `done` comes on the channel's home shard; when that shard ends
  // before it took the message: FCE_ECANCELED, on the thread that destroys the loop.
  Status publish(const ChannelKey& key, const Publication& publication, fce_published_fn done,
                 void* user);
  // The same without counting what is refused: for callers that have counters of their own shard.
  Status post(const ChannelKey& key, const Publication& publication, fce_published_fn done,
              void* user);
  // FCE_ENOENT (no such namespace), FCE_ETOOBIG, FCE_EUTF8, FCE_EINVAL (key, audience). Any thread.
  Status check(const ChannelKey& key, const Publication& publication) const;
  // Ends live subscriptions on all shards, soon. Any thread.
  void revoke(const Revocation& what);

  // Asks who is on a channel. FCE_ENOENT: no such namespace; FCE_EUNSUPPORTED: it has no presence;
  // FCE_ENOBUFS, FCE_ESTATE; the query stays the caller's then. Any thread.
  Status ask_presence(const ChannelKey& key, std::unique_ptr<PresenceQuery>& query);

  Hub& hub(uint32_t shard) { return *hubs_[shard]; }
  uint32_t shards() const { return static_cast<uint32_t>(hubs_.size()); }
  const PubSubOptions& options() const { return options_; }
  // Since when there are logs, on the monotonic clock.
  uint64_t made_us() const { return made_us_; }
  const Namespaces& namespaces() const { return namespaces_; }
  // Null: there is none.
  const SubscribeHook* subscribe_hook() const { return hook_.get(); }
  // What happened on threads that are no shard's; to be summed with the shards' counters.
  const Counters& counters() const { return counters_; }

 private:
  void count(Counter counter);

  const PubSubOptions options_;
  const uint64_t made_us_ = monotonic_us();
  Namespaces namespaces_;
  std::unique_ptr<const SubscribeHook> hook_;
  std::vector<std::unique_ptr<Hub>> hubs_;
  std::atomic<bool> running_{false};
  std::mutex counters_mutex_;  // a counter has one writer at a time
  Counters counters_;
};

}  // namespace fce
