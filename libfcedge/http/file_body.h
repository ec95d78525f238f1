// SPDX-License-Identifier: Apache-2.0
// FileBody: a part of a file as the body of an answer, in pieces as the client takes them. What the
// page cache has goes to the socket by sendfile where that pays, or is read on the shard; what has
// to come from the disk, is read by a worker.
#pragma once

#include <cstdint>
#include <memory>

#include "base/chunk.h"
#include "base/fd.h"
#include "http/body.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "metrics/counters.h"

namespace fce {

class FileBody final : public BodySource {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;
  // From here on sendfile pays against reading and sending, and against sending from memory
  // (measured: 18 us against 15 for 16 KiB of memory, equal at 64, 31 against 32 at 100; a MiB,
  // which would have to be read, 290 against 480).
  static constexpr size_t kSendfileLeast = 32 * 1024;
  static constexpr size_t kSendfileOverMemoryLeast = 96 * 1024;

  // `length` is at least 1 and lies within the file, which others may use at the same time. Without
  // `workers` the shard reads what is cold, too. All references outlive the body.
  FileBody(std::shared_ptr<const Fd> fd, uint64_t offset, uint64_t length, Loop& loop,
           Counters& counters, Workers* workers);
  ~FileBody() override;

  // `failed` when the file turns out to be shorter than it was.
  Pull pull(Gather& out, size_t max) override;
  bool is_file() const override { return is_large_; }

 private:
  class ReadJob;
  enum class State : uint8_t { ready, reading, failed };
  // What a job and its body know of each other. Only the shard's thread touches `body`.
  struct Link {
    FileBody* body;
  };

  bool add_file(Gather& out, size_t max);
  void read_piece(size_t size);
  void read_by_worker(size_t size);
  void take_piece(ChunkRef chunk, size_t size);
  void retry_later();
  static void on_retry(void* self);

  std::shared_ptr<const Fd> fd_;  // what was added to a gather and jobs may outlive the body
  uint64_t offset_;               // of what is read next
  uint64_t unread_;
  uint64_t unsent_;
  Loop& loop_;
  Counters& counters_;
  Workers* const workers_;
  Slice piece_;  // read, and not yet sent
  std::shared_ptr<Link> link_;
  Timer retry_timer_;
  const bool is_large_;  // enough for sendfile
  State state_ = State::ready;
};

}  // namespace fce
