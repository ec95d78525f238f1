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
#include "pubsub/key.h"
#include "pubsub/ring.h"
#include "pubsub/subscriber.h"

namespace fce {

class Hub;
class HomeChannel;

class Channel : public Flushable {
 public:
  Hub& hub() const { return hub_; }
  const ChannelKey& key() const { return key_; }
  const Ring& ring() const { return ring_; }
  bool has_subscribers() const { return subscribers_ > 0; }

  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);
  // Lets all subscribers go: they stay silent from now on.
  void abandon();

  // Wakes the subscribers, once for all that was appended in this turn.
  void flush() override;

 protected:
  Channel(Hub& hub, const ChannelKey& key, bool open) : hub_(hub), key_(key), open_(open) {}
  ~Channel() { abandon(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // The log is here from now on.
  void open_log();
  void append(Message message);
  // Lets the subscribers that wait begin. A client may have read more on another shard than this
  // replica holds yet: with `ask`, those who are ahead of the log wait until it has caught up.
  void begin_waiting(bool ask);
  virtual void on_last_left() = 0;
  // Has this log brought up to date by the home, which then lets the waiting begin. False: this is
  // the home, so nothing is ahead of it.
  virtual bool catch_up() = 0;

  Hub& hub_;
  ChannelKey key_;
  Ring ring_;
  List<Subscriber> list_;
  uint32_t subscribers_ = 0;
  bool open_;
};

// Another shard that has a replica: like a subscriber, it is a cursor in the log. What its mailbox
// has no room for is therefore sent later, from the log, and never lost to a full queue.
struct Interest : ListNode<Interest> {
  Interest(HomeChannel& the_channel, uint32_t the_shard, uint64_t next)
      : channel(the_channel), shard(the_shard), sent(next) {}
  HomeChannel& channel;
  const uint32_t shard;
  uint64_t sent;  // the first message that is not yet in the other shard's mailbox
};

// On the shard that orders the publications.
class HomeChannel final : public Channel {
 public:
  HomeChannel(Hub& hub, const ChannelKey& key) : Channel(hub, key, true) {}

  // Gives the message its id and tells all who are interested.
  MessageId publish(Bytes payload);
  void add_interest(uint32_t shard);
  void remove_interest(uint32_t shard);
  // A replica asks whether it lacks something: sends it at once, past any bound.
  void bring_up_to_date(uint32_t shard);
  // Nothing was ever published and nobody reads: it can go, and may come again as the same.
  bool unused() const { return ring_.next() == 1 && subscribers_ == 0 && interests_.empty(); }

 private:
  void on_last_left() override;
  bool catch_up() override { return false; }

  std::vector<std::unique_ptr<Interest>> interests_;
};

// On a shard that has subscribers but is not the home.
class ReplicaChannel final : public Channel {
 public:
  ReplicaChannel(Hub& hub, const ChannelKey& key)
      : Channel(hub, key, false), linger_(&on_linger, this) {}

  // The home's whole ring, when the interest was registered: what it holds begins at `first`.
  void take_snapshot(uint64_t first, Message* messages, size_t count);
  // What followed, in order.
  void take_live(Message* messages, size_t count);
  // The answer to `catch_up`.
  void take_rest(Message* messages, size_t count);

 private:
  void on_last_left() override;
  bool catch_up() override;
  static void on_linger(void* self);

  Timer linger_;  // after the last subscriber left
  bool asked_ = false;
  bool ask_again_ = false;  // the answer under way may be older than the latest question
};

}  // namespace fce
