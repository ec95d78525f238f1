// SPDX-License-Identifier: Apache-2.0
// Channel: a log on one shard and those who read it there. On its home shard it is the log itself,
// elsewhere a replica of it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/list.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "pubsub/idle_channels.h"
#include "pubsub/key.h"
#include "pubsub/numbers.h"
#include "pubsub/presence.h"
#include "pubsub/ring.h"
#include "pubsub/subscriber.h"

namespace fce {

class Hub;
class HomeChannel;
struct Namespace;
struct Aging {};  // tag of the list of channels whose messages expire

class Channel : public Flushable, public ListNode<Aging> {
 public:
  Hub& hub() const { return hub_; }
  const ChannelKey& key() const { return key_; }
  const Namespace& policy() const { return policy_; }
  const Ring& ring() const { return ring_; }
  // See Ring::deflated.
  Chunk* deflated(uint64_t n, FrameForm form, int window_bits);
  // Bytes of the log, as the node counts them.
  uint32_t weight() const { return weighed_; }
  bool has_subscribers() const { return subscribers_ > 0; }
  uint32_t subscribers() const { return subscribers_; }

  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);
  // Lets all subscribers go: they stay silent from now on.
  void abandon();
  // Ends the subscriptions of that user (`name_hash`), or with 0 all.
  void end(uint64_t user, EndReason reason);
  // Lets go what is too old. True when nothing is left to expire. The channel may be gone then.
  bool expire();

  // Who is on it; null where its namespace tells nobody.
  ChannelPresence* presence() { return presence_.get(); }
  // For a subscriber that turns out to be somebody else.
  void rename(std::string_view before, std::string_view after);

  // Wakes the subscribers, once for all that was appended in this turn.
  void flush() override;

 protected:
  Channel(Hub& hub, const ChannelKey& key, const Namespace& policy, bool open);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // The log is here from now on.
  void open_log();
  void append(Message message, const RingBounds& bounds);
  void make_presence();
  // Brings the gauge of what logs hold up to date.
  void weigh_log();
  virtual void on_weighed(int64_t /*change*/) {}
  // The ring may have become empty.
  virtual void on_expired() = 0;
  // Lets the subscribers that wait begin. A client may have read more on another shard than this
  // replica holds yet: with `ask`, those who are ahead of the log wait until it has caught up.
  void begin_waiting(bool ask);
  virtual void on_first_came() {}
  virtual void on_last_left() = 0;
  // Has this log brought up to date by the home, which then lets the waiting begin. False: this is
  // the home, so nothing is ahead of it.
  virtual bool catch_up() = 0;

  Hub& hub_;
  ChannelKey key_;
  const Namespace& policy_;
  Ring ring_;
  List<Subscriber> list_;
  std::unique_ptr<ChannelPresence> presence_;
  uint32_t subscribers_ = 0;
  uint32_t weighed_ = 0;  // bytes of the log that the gauge knows of
  bool open_;
};

// Another shard that has a replica: like a subscriber, it is a cursor in the log. What its mailbox
// has no room for is therefore sent later, from the log, and never lost to a full queue.
struct Interest : ListNode<Interest> {
  Interest(HomeChannel& the_channel, uint32_t the_shard, uint64_t next)
      : channel(the_channel), shard(the_shard), sent(next) {}
  HomeChannel& channel;
  const uint32_t shard;
  bool watching = false;  // somebody there wants to know of presence
  uint64_t sent;          // the first message that is not yet in the other shard's mailbox
};

// On the shard that orders the publications.
class HomeChannel final : public Channel, public ListNode<Idle> {
 public:
  // `former`: what was here under this name.
  HomeChannel(Hub& hub, const ChannelKey& key, const Namespace& policy, const Numbers::Gone& former)
      : Channel(hub, key, policy, true), evicted_us_(former.evicted_us) {
    ring_.reset(former.next);
  }
  ~HomeChannel();

  // Each shard on which somebody watches presence.
  template <class F>
  void for_each_watching_shard(F&& each) {
    for (const auto& interest : interests_)
      if (interest->watching) each(interest->shard);
  }
  void set_watching(uint32_t shard);

  // Gives the message its id and tells all who are interested. Where the logs have no room for it,
  // it takes the place of older ones of this log; FCE_ENOBUFS where that is not enough either.
  Status publish(const Publication& publication, MessageId* id);
  // Whether it has a place among the shard's channels, see Hub::take_place.
  bool has_place() const { return has_place_; }
  // When it last had to go with its log, on the monotonic clock; 0: never, as far as is known.
  uint64_t evicted_us() const { return evicted_us_; }
  void add_interest(uint32_t shard);
  void remove_interest(uint32_t shard);
  // A replica asks whether it lacks something: sends it at once, past any bound.
  void bring_up_to_date(uint32_t shard);
  bool is_read() const { return subscribers_ > 0 || !interests_.empty(); }
  // When nobody reads it: it goes if nothing is kept, and else waits until its room is wanted.
  void leave_if_idle();

 private:
  void on_first_came() override;
  void on_last_left() override { leave_if_idle(); }
  void on_weighed(int64_t change) override;
  void on_expired() override;
  void drop_presence();
  bool catch_up() override { return false; }

  std::vector<std::unique_ptr<Interest>> interests_;
  const uint64_t evicted_us_;
  bool has_place_ = false;
};

// On a shard that has subscribers but is not the home.
class ReplicaChannel final : public Channel {
 public:
  ReplicaChannel(Hub& hub, const ChannelKey& key, const Namespace& policy)
      : Channel(hub, key, policy, false), linger_(&on_linger, this) {}

  // The home's whole ring, when the interest was registered: what it holds begins at `first`.
  void take_snapshot(uint64_t first, Message* messages, size_t count);
  // What followed, in order; the first has the number `first`.
  void take_live(uint64_t first, Message* messages, size_t count);
  // The answer to `catch_up`.
  void take_rest(uint64_t first, Message* messages, size_t count);

 private:
  void on_last_left() override;
  void on_expired() override {}  // the home's messages expire too; a replica goes with its readers
  bool catch_up() override;
  static void on_linger(void* self);

  Timer linger_;  // after the last subscriber left
  bool asked_ = false;
  bool ask_again_ = false;  // the answer under way may be older than the latest question
};

}  // namespace fce
