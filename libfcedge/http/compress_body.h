// SPDX-License-Identifier: Apache-2.0
// CompressBody: the body of another source, compressed as the client takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "http/body.h"
#include "http/compressor.h"
#include "loop/loop.h"
#include "metrics/counters.h"

namespace fce {

// What comes is compressed in portions, at most one a turn: so a large body takes no more of a turn
// than its part, and the fan-out lane's time slice holds for all of them together.
class CompressBody final : public BodySource, private BodyReader, private Flushable {
 public:
  static constexpr size_t kPortionBytes = 64 * 1024;

  CompressBody(std::unique_ptr<BodySource> source, CompressorLease compressor, Loop& loop,
               Counters& counters);
  ~CompressBody() override;

  Pull pull(Gather& out, size_t max) override;
  void on_drain() override { source_->on_drain(); }

 private:
  enum class State : uint8_t {
    ready,
    resting,  // has had its portion of this turn
    waiting,  // the source has said so
    ended,    // what is to be sent is all that there is
    failed,
  };
  void on_body_ready(BodySource& source, Lane lane) override;
  void flush() override;
  void compress_portion();
  bool feed(Bytes in, Compressor::Step step);

  const std::unique_ptr<BodySource> source_;
  CompressorLease compressor_;
  Loop& loop_;
  Counters& counters_;
  Slice made_;         // and not yet sent
  uint64_t turn_ = 0;  // of the last portion
  State state_ = State::ready;
  bool held_ = false;  // the compressor has something that a client could not read yet
};

// Bytes in memory as a source.
class SliceBody final : public BodySource {
 public:
  explicit SliceBody(Slice slice) : left_(std::move(slice)) {}
  Pull pull(Gather& out, size_t max) override;

 private:
  Slice left_;
};

// The whole of `bytes`, compressed; null when that is not smaller, or fails.
ChunkRef compress_whole(Bytes bytes, CompressorLease& compressor);

}  // namespace fce
