// SPDX-License-Identifier: Apache-2.0
// LargeWrite: one large object on its way to the disk: what its `LargeWriter`, which belongs to a
// shard, and the store's thread have in common.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "cache/large_file.h"
#include "cache/store.h"
#include "cache/write_queue.h"

namespace fce {

class Catalogue;

class LargeWrite {
 public:
  // An object of unknown length takes room on the disk in steps of this.
  static constexpr uint64_t kStepBytes = 256 * 1024;
  // What waits of one object, so that one fast origin does not take the whole queue.
  static constexpr uint64_t kWaitingMax = 4 << 20;

  std::shared_ptr<LargeFile> file;
  LargeSlot slot;  // head and payload
  std::optional<uint64_t> length;
  std::shared_ptr<LargeProgress> progress;
  std::atomic<uint64_t> waiting_bytes{0};

  // For the store's thread.
  FileName name;
  uint32_t tenant = 0;    // its number
  uint64_t reserved = 0;  // bytes, of the disk and of the tenant's share
  bool begun = false;

  void tell() const {
    if (progress) progress->on_progress();
  }
};

class LargeWriterOnShard final : public LargeWriter {
 public:
  // `bytes_max` of the body.
  LargeWriterOnShard(std::shared_ptr<LargeWrite> write, WriteQueue& queue, Catalogue& catalogue,
                     uint64_t bytes_max)
      : write_(std::move(write)), queue_(queue), catalogue_(catalogue), bytes_max_(bytes_max) {}
  ~LargeWriterOnShard() override;

  Status append(const Slice& piece) override;
  Status commit() override;
  const std::shared_ptr<LargeFile>& file() const override { return write_->file; }

 private:
  const std::shared_ptr<LargeWrite> write_;
  WriteQueue& queue_;
  Catalogue& catalogue_;
  const uint64_t bytes_max_;
  uint64_t taken_ = 0;
  bool over_ = false;
};

}  // namespace fce
