// SPDX-License-Identifier: Apache-2.0
// Fill: one answer on its way from its origin into the cache, and all requests that wait for it, on
// whichever shard. It belongs to nobody who waits: so the one that began it may leave.
//
//   FillDriver   asks the origin, on the shard where the fill began
//   FillSide     the fill's part on one shard: who waits there, and is told by mail
//   FillTable    which fills others may join
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/list.h"
#include "cache/fill_buffer.h"
#include "cache/large_file.h"
#include "cache/stored_object.h"
#include "http/fetch.h"
#include "loop/loop.h"

namespace fce {

class Fill;

// Somebody who waits for news of a fill, on its own shard.
class FillVisitor : public ListNode<FillVisitor> {
 public:
  // Something has changed. It does not stand in the list any more: who goes on waiting says so.
  virtual void on_fill() = 0;

 protected:
  ~FillVisitor() = default;
};

class FillSide : public std::enable_shared_from_this<FillSide> {
 public:
  explicit FillSide(Loop& loop) : loop_(loop) {}

  // Shard's thread.
  void wait(FillVisitor& visitor) { waiting_.push_back(&visitor); }
  void deliver();
  // Any thread: who waits is told, soon and once for several calls.
  void tell();

 private:
  Loop& loop_;
  List<FillVisitor> waiting_;
  std::atomic<bool> told_{false};
};

// Who began a fill. Same shard as the driver.
class FillLeader {
 public:
  virtual void on_informational(uint16_t status, std::span<const Header> headers) = 0;

 protected:
  ~FillLeader() = default;
};

// What is known of an answer that others may have, too. Immutable.
struct FillHead {
  std::vector<uint8_t> meta;       // as encode_stored wrote it
  std::optional<uint64_t> length;  // of the body, when it was told
  // The body, when the origin said that what is stored is still good (304).
  ObjectRef object;
  uint16_t origin_status = 0;
  bool shared = false;  // those who wait for it may have it
  bool stored = false;  // or on its way to be
};

// What became of an answer that is for nobody but who asked. Of the driver's shard only.
struct OwnAnswer {
  uint16_t status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<uint64_t> length;
  std::string_view reason;  // why it is not stored
};

class Fill : public std::enable_shared_from_this<Fill> {
 public:
  enum class Phase : uint8_t {
    asking,  // the origin has not answered
    shared,  // `head` says what; the body is in the buffer or in the head's object
    own,     // the answer is for the one who asked
    failed,  // there is none
  };
  struct Outcome {
    Phase phase = Phase::asking;
    std::shared_ptr<const FillHead> head;
    FetchError error = FetchError::stopped;
    uint16_t status = 0;  // of an `own` answer
  };

  Fill(const ObjectName& name, uint32_t shards);

  ObjectName name() const { return {tenant_, key_}; }
  FillBuffer& buffer() { return buffer_; }
  // The part of a shard; made when it is first asked for, on that shard.
  std::shared_ptr<FillSide> side(uint32_t shard, Loop& loop);
  Outcome outcome() const;
  std::shared_ptr<LargeFile> file() const;

  // Somebody wants it, until `drop_interest`. False: it has been given up, or is not for others.
  bool add_interest();
  void drop_interest();
  // In place of `drop_interest` by who got all that it wanted: the rest, which others are likely to
  // want, is fetched all the same if it is to be stored and is not much. A byte that is asked for
  // must not be a way to have an origin send gigabytes.
  static constexpr uint64_t kRestBytesMax = 32 << 20;
  void leave_served();

  // ---- The driver ----
  void set_shared(std::shared_ptr<const FillHead> head);
  void set_own(uint16_t status);
  void set_failed(FetchError error);
  void set_file(std::shared_ptr<LargeFile> file);
  // Nobody may join from now on.
  void close();
  // What is stored was changed since this was asked for: nobody may join, and it is not to be kept.
  void invalidate();
  bool invalidated() const { return invalidated_.load(std::memory_order_acquire); }
  // It is not stored (any more): nothing is fetched that nobody waits for.
  void not_stored();
  // Closes if nobody has an interest any more.
  bool close_if_unwanted();
  void tell_all();
  void set_driver_side(std::shared_ptr<FillSide> side) { driver_side_ = std::move(side); }
  // Wakes the driver: there is room in the buffer again, or it may be done.
  void tell_driver() { driver_side_->tell(); }

  // ---- Of the driver's shard only ----
  FillLeader* leader = nullptr;  // who began it, while it is there
  OwnAnswer own;
  // Of an answer that is shared: what only who began it may have.
  std::vector<std::pair<std::string, std::string>> personal;
  bool own_claimed = false;  // it is being read

 private:
  const std::string tenant_;
  const std::string key_;
  FillBuffer buffer_;
  std::shared_ptr<FillSide> driver_side_;  // set before anybody can join
  bool rest_is_small() const;

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<FillSide>> sides_;  // by shard
  Outcome outcome_;
  std::shared_ptr<LargeFile> file_;
  std::atomic<bool> invalidated_{false};
  uint32_t interest_ = 0;
  bool closed_ = false;
  bool served_ = false;  // one interest is that of those who come later
  bool not_stored_ = false;
};

}  // namespace fce
