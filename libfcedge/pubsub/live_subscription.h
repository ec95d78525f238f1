// SPDX-License-Identifier: Apache-2.0
// LiveSubscription: one of the channels of a live session. It adds what it has to the session's
// flush, and stands in the session's list of those that have something.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/list.h"
#include "pubsub/presence.h"
#include "pubsub/subscriber.h"

namespace fce {

class Gather;
class LiveSession;
struct LivePending {};  // tag of that list

class LiveSubscription final : public Subscriber, public ListNode<LivePending> {
 public:
  explicit LiveSubscription(LiveSession& session) : session_(session) {}
  ~LiveSubscription() override = default;

  // `key` outlives this object.
  void begin(Hub& hub, const ChannelKey& key, const Position& position, const FilterRef& filter);
  // Tells of presence from now on. False: the channel's namespace has none.
  bool watch_presence(Hub& hub);
  void leave_presence() { watch_.reset(); }

  enum class Step : uint8_t { added, idle, ended };
  // Adds the next object, if there is one. Idle: `LiveSession::on_news` tells when there is.
  Step add_next(Gather& out);

  const ChannelKey& key() const { return *key_; }
  using Subscriber::ends;

 private:
  // There only while presence is wanted.
  struct Watch final : PresenceWatcher {
    explicit Watch(LiveSubscription& its_owner) : owner(its_owner) {}
    void on_presence() override { owner.on_messages(); }
    LiveSubscription& owner;
    uint32_t seen = 0;
  };

  void on_messages() override;
  bool add_presence(Gather& out);
  void tell(std::string_view what, std::string_view more, Gather& out) const;

  LiveSession& session_;
  const ChannelKey* key_ = nullptr;
  std::unique_ptr<Watch> watch_;
};

}  // namespace fce
