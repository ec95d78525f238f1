// SPDX-License-Identifier: Apache-2.0
// LargeBody: a part of a large object's file as the body of an answer. What the page cache has goes
// to the socket by sendfile where that pays (http/file_body.h), or is read on the shard; what has
// to come from the disk, is read by a worker.
#pragma once

#include <cstdint>
#include <memory>

#include "cache/large_file.h"
#include "http/body.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "metrics/counters.h"

namespace fce {

class LargeBody final : public BodySource {
 public:
  static constexpr size_t kPieceBytes = 128 * 1024;

  // [offset, offset + length) is readable by now, and not empty.
  LargeBody(std::shared_ptr<LargeFile> file, uint64_t offset, uint64_t length, Loop& loop,
            Counters& counters, Workers& workers);
  ~LargeBody() override;

  Pull pull(Gather& out, size_t max) override;
  bool is_file() const override { return is_large_; }

 private:
  class ReadJob;
  enum class State : uint8_t { ready, reading, failed };
  // What a job and its body know of each other; only the shard's thread looks into it.
  struct Link {
    LargeBody* body;
  };

  bool add_file(Gather& out, size_t max);
  void read_by_worker(size_t size);
  static void on_retry(void* self);

  const std::shared_ptr<LargeFile> file_;
  uint64_t offset_;
  uint64_t left_;
  Loop& loop_;
  Counters& counters_;
  Workers& workers_;
  Slice piece_;  // read by a worker and not yet sent
  std::shared_ptr<Link> link_;
  Timer retry_timer_;
  const bool is_large_;  // enough for sendfile
  State state_ = State::ready;
};

}  // namespace fce
