// SPDX-License-Identifier: Apache-2.0
// LargeFile: the file of one large object, for those who read it, while it is written and after.
// The body lies in it as one run (so that sendfile can send it in clear), checked and encrypted in
// frames of 64 KiB. Any thread may read; only the store's thread writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/chunk.h"
#include "cache/large_slot.h"
#include "cache/store_file.h"
#include "cache/stored_object.h"
#include "net/gather.h"

namespace fce {

class LargeFile {
 public:
  static constexpr size_t kFrameBytes = 64 * 1024;

  enum class State : uint8_t {
    writing,
    complete,
    cut,     // not written any further: those who read it already get what there is
    failed,  // not to be read
  };
  enum class Read : uint8_t {
    ok,      // `out` holds at least one byte
    wait,    // still being written, and nothing is there beyond `offset` yet
    end,     // the body ends at `offset`
    cold,    // has to come from the disk: again with `blocking`, in a worker
    failed,  // the disk, the checksum, or it was cut: its reader's answer cannot be ended
  };

  // What every large file of a store has in common.
  struct Keys {
    SipKey heads;
    std::shared_ptr<const Cipher> cipher;
  };

  LargeFile(std::shared_ptr<StoreDirectory> directory, std::shared_ptr<const Keys> keys)
      : keys_(std::move(keys)), directory_(std::move(directory)) {}

  // Bytes of the body that can be read by now. Look at `state` first: it only says `complete` once
  // all of them can.
  uint64_t readable() const { return readable_.load(std::memory_order_acquire); }
  State state() const { return state_.load(std::memory_order_acquire); }

  // Reads at most `max` bytes of the body at `offset`, and to the end of their frame at most. A
  // frame that this process has neither written nor verified is read whole and verified.
  Read read(uint64_t offset, size_t max, bool blocking, Slice* out);
  // How many bytes of the body at `offset`, `max` at most, may be sent from `*place` as they are:
  // clear text, and verified. 0: use `read`. The place holds the file.
  static uint64_t sendable(const std::shared_ptr<LargeFile>& self, uint64_t offset, uint64_t max,
                           FilePlace* place);

  // ---- for the store ----

  // Opens one that is complete. 0 or -errno; -EBADMSG: damaged.
  int open(const FileName& name, bool verified);
  // Every frame was verified in this run.
  bool verified() const { return unverified_.load(std::memory_order_relaxed) == 0; }
  // As it is named and described by now. Not while it is written.
  ObjectRef object(const std::shared_ptr<LargeFile>& self) const;
  void deleted(uint64_t bytes) { file_->deleted(bytes); }
  void fail() { state_.store(State::failed, std::memory_order_release); }
  void cut() { state_.store(State::cut, std::memory_order_release); }

  // Begins a new one, then appends, then ends it: on the store's thread. 0 or -errno.
  int create(const FileName& name, const LargeSlot& slot);
  int append(Bytes piece);
  int finish(const RecordHead& head);
  // Once others can find it.
  void complete() { state_.store(State::complete, std::memory_order_release); }
  uint64_t written() const { return written_; }
  // Describes a complete one anew: `head` and payload of the same name, in the other slot.
  int describe(const RecordHead& head, ChunkRef payload);
  // By now. Not while it is written.
  RecordHead head() const;

 private:
  const Cipher* cipher() const { return keys_->cipher.get(); }
  Disk& disk() const { return directory_->disk; }
  uint64_t frames() const { return (readable() + kFrameBytes - 1) / kFrameBytes; }
  int write(std::span<const Bytes> pieces, uint64_t offset);
  int end_frame();
  int write_slot(const LargeSlot& slot);
  Read read_plain(uint64_t offset, size_t size, bool blocking, Slice* out);
  Read read_frame(uint64_t frame, bool blocking, Slice* out);
  bool open_frame(uint64_t frame, MutableBytes bytes);
  bool is_verified(uint64_t frame) const;
  void set_verified(uint64_t frame);
  Read failed_read(int error);

  const std::shared_ptr<const Keys> keys_;
  const std::shared_ptr<StoreDirectory> directory_;
  std::unique_ptr<StoreFile> file_;  // set before anybody else sees this, or anything is readable
  int fd_ = -1;
  uint64_t body_at_ = 0;
  uint64_t body_sequence_ = 0;
  std::atomic<uint64_t> readable_{0};
  std::atomic<State> state_{State::writing};

  mutable std::mutex mutex_;
  LargeSlot slot_;
  std::vector<uint8_t> table_;  // of frames
  // A bit a frame; null when this process wrote them all, or verified them before.
  std::unique_ptr<std::atomic<uint64_t>[]> verified_;
  std::atomic<uint64_t> unverified_{0};

  // While it is written.
  uint64_t written_ = 0;        // taken by `append`
  uint32_t frame_check_ = 0;    // of what is stored of the frame
  std::vector<uint8_t> frame_;  // what is not yet stored of it, if there is a cipher
};

}  // namespace fce
