// SPDX-License-Identifier: Apache-2.0
// Namespace: the policies of all channels whose names begin with "NAME:". A channel whose name has
// no colon is in the default namespace, whose name is "".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pubsub/ring.h"

namespace fce {

// What happens to a subscriber that reads more slowly than its channel's log moves on.
enum class Overflow : uint8_t {
  gap,       // it is told of the gap and goes on at the log's end
  close,     // its subscription ends
  conflate,  // of messages with the same key it gets the latest only; then as `gap`
  latest,    // it gets what is still there, and nobody tells it of what was before
};

enum class PublishRight : uint8_t {
  none,   // no client: only the node's owner, by the C ABI or the publish route
  token,  // clients whose token says so
  any,    // every client that may subscribe
};

enum class PresenceMode : uint8_t { none, counts, members };

struct Namespace {
  static constexpr size_t kNameBytesMax = 63;

  std::string name;
  RingBounds history;
  // A new subscriber without a position gets the latest message at once.
  bool cache = false;
  Overflow overflow = Overflow::gap;
  PublishRight publish = PublishRight::token;
  PresenceMode presence = PresenceMode::counts;
  // Messages may be for some only. Where that is off, one that is not for all is refused, since a
  // publisher that relies on it must not be surprised.
  bool audience = true;
  uint32_t message_bytes_max = 65'536;
  uint32_t publish_per_s = 0;            // by one client; 0: no limit
  uint32_t subscribers_max = 0;          // of a channel and shard; 0: no limit
  uint32_t presence_members_max = 1000;  // in the list of a channel
  uint32_t presence_leave_ms = 15'000;   // swallows reconnects
};

// The namespaces of a node; fixed while it runs.
class Namespaces {
 public:
  explicit Namespaces(const Namespace& common) { add_checked(common); }

  // With the name "" the default one gets these policies, once. FCE_EINVAL: no name ([a-z0-9_-], at
  // most 63); FCE_EEXIST: given before. Not once a channel was made.
  Status add(Namespace what);
  const Namespace& common() const { return *all_.front(); }
  // Where a channel of this name belongs; null when there is no such namespace.
  const Namespace* find(std::string_view channel) const;

 private:
  void add_checked(Namespace what);
  std::vector<std::unique_ptr<const Namespace>> all_;  // a handful; the default is the first
  bool common_given_ = false;
};

}  // namespace fce
