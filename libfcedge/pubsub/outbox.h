// SPDX-License-Identifier: Apache-2.0
// Outbox: what the home channels of one shard have for another shard. All appends of a turn travel
// in one mail.
#pragma once

#include <cstdint>
#include <vector>

#include "base/list.h"
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "pubsub/channel.h"

namespace fce {

class Hub;

// A run of messages of each of some channels, in the order of their numbers.
class BatchMail final : public Mail {
 public:
  enum class Kind : uint8_t {
    live,      // what followed
    snapshot,  // the whole ring, for a replica that begins
    rest,      // what followed, for a replica that asked
  };
  BatchMail(Hub& to, Kind kind) : to_(to), kind_(kind) {}

  // Adds what the log holds from `from` on. An empty run tells where the log stands.
  void add(const HomeChannel& channel, uint64_t from);
  void deliver() override;

 private:
  struct Run {
    ChannelKey key;
    uint64_t first;  // number of the first message, or of the next one when there is none
    size_t count;
  };
  Hub& to_;
  const Kind kind_;
  std::vector<Run> runs_;
  std::vector<Message> messages_;
};

class Outbox final : public Flushable {
 public:
  Outbox(Hub& from, Hub& to) : from_(from), to_(to) {}

  // The channel has messages that this interest was not sent. They go at the end of the turn.
  void add(Interest& interest);
  void flush() override;
  // Tries again what the other shard's mailbox had no room for.
  void retry() {
    if (behind_) flush();
  }
  void stop() {
    while (waiting_.pop_front()) {
    }
    unlink();
  }

 private:
  Hub& from_;
  Hub& to_;
  List<Interest> waiting_;
  bool behind_ = false;
};

}  // namespace fce
