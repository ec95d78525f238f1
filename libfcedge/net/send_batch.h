// SPDX-License-Identifier: Apache-2.0
// SendBatch: what many connections of a shard are sent at the end of a turn. Streams add their
// output while they are flushed, and it leaves together, by io_uring where the kernel has it. The
// members of a herd that are sent the same share one run of bytes, which is not copied for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/chunk.h"
#include "base/status.h"
#include "loop/loop.h"
#include "metrics/counters.h"
#include "net/gather.h"
#include "net/uring.h"

namespace fce {

class Stream;

enum class UringMode : uint8_t { automatic, on, off };

class SendBatch final : public FlushBatch {
 public:
  // More than this is sent by the stream itself, at once: one of these costs more than its call.
  static constexpr size_t kCopiedMax = 16 * 1024;
  static constexpr size_t kSharedMax = 64 * 1024;  // one piece that is somebody's chunk

  explicit SendBatch(Counters& counters);
  ~SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  // Looks for io_uring. `on`: it is an error when it is not there, and what is sent alone goes
  // through it too.
  Status use_uring(UringMode mode);
  bool has_uring() const { return uring_ != nullptr; }

  // Takes what is in `gather`, which has no files, and is cleared, unless it is too much. Of
  // several pieces, at most
  // `copied_max` bytes are joined by copying them.
  bool add(Stream& stream, int fd, Gather& gather, size_t copied_max);
  // Takes a copy, unless it is too much.
  bool add_copy(Stream& stream, int fd, Bytes bytes);

  // A stream is in the batch while this is the number that it had when the stream was added.
  uint32_t number() const { return number_; }
  bool empty() const { return count_ == 0; }

  // Sends all, and tells the streams whose sockets did not take everything.
  void submit() override;
  uint64_t pending_us() const override { return count_ * ns_per_send_ / 1000; }

 private:
  static constexpr size_t kSendsMax = Uring::kEntries;
  static constexpr size_t kBytesMax = 1 << 20;
  static constexpr size_t kScratchBytes = 256 * 1024;
  static constexpr size_t kPiecesMax = 4096;
  static constexpr size_t kSealedMax = kCopiedMax + 1024;  // a full record and what is around it

  // Bytes that one or more streams are sent.
  struct Run {
    const uint8_t* data;
    uint32_t size;
    uint32_t first_piece;
    uint32_t pieces;  // that it was made of, each holding its chunk; 0: it is a copy
  };
  struct Receiver {
    Stream* stream;
    uint32_t run;
  };

  bool is_last_run(const Gather& gather) const;
  bool begin_run(Gather& gather, size_t copied_max);
  uint8_t* scratch(size_t size);
  void push(Stream& stream, int fd);
  void make_room(size_t pieces, size_t scratch_bytes);
  void send_all();
  void send_plainly(size_t i);
  void tell(size_t i);
  std::vector<OutPiece> rest_of(const Run& run, size_t offset) const;
  void clear();

  Counters& counters_;
  std::unique_ptr<Uring> uring_;
  std::unique_ptr<uint8_t[]> scratch_;
  std::unique_ptr<Uring::Send[]> sends_;
  std::unique_ptr<Receiver[]> receivers_;
  std::vector<Run> runs_;
  std::vector<Gather::Piece> pieces_;
  size_t uring_least_ = 0;
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t scratch_used_ = 0;
  uint64_t ns_per_send_ = 4000;  // as measured lately
  uint32_t number_ = 1;
  bool through_uring_ = false;  // the batch that is just sent
};

}  // namespace fce
