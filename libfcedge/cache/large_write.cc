// SPDX-License-Identifier: Apache-2.0
#include "cache/large_write.h"

#include "cache/catalogue.h"
#include "cache/store_writer.h"

namespace fce {
namespace {

class AppendTask final : public WriteTask {
 public:
  AppendTask(std::shared_ptr<LargeWrite> write, Slice piece)
      : WriteTask(piece.bytes.size()), write_(std::move(write)), piece_(std::move(piece)) {}

  void run(StoreWriter& writer) override {
    write_->waiting_bytes.fetch_sub(piece_.bytes.size());
    writer.append(*write_, piece_.bytes);
    write_->tell();
  }
  Slice& piece() { return piece_; }

 private:
  const std::shared_ptr<LargeWrite> write_;
  Slice piece_;
};

class CommitTask final : public WriteTask {
 public:
  CommitTask(std::shared_ptr<LargeWrite> write, Put put)
      : WriteTask(0), write_(std::move(write)), put_(std::move(put)) {}

  void run(StoreWriter& writer) override {
    writer.commit(*write_, put_);
    write_->tell();
  }

 private:
  const std::shared_ptr<LargeWrite> write_;
  const Put put_;
};

class AbortTask final : public WriteTask {
 public:
  explicit AbortTask(std::shared_ptr<LargeWrite> write) : WriteTask(0), write_(std::move(write)) {}

  void run(StoreWriter& writer) override {
    writer.abort(*write_);
    write_->tell();
  }

 private:
  const std::shared_ptr<LargeWrite> write_;
};

bool is_over(const LargeFile& file) {
  return file.state() == LargeFile::State::cut || file.state() == LargeFile::State::failed;
}

}  // namespace

LargeWriterOnShard::~LargeWriterOnShard() {
  if (!over_) queue_.post_always(std::make_unique<AbortTask>(write_));
}

Status LargeWriterOnShard::append(const Slice& piece) {
  if (over_) return fail(Status::bad_state, "the object is complete");
  if (is_over(*write_->file))
    return fail(Status::io, "the object could not be written to the cache");
  const uint64_t size = piece.bytes.size();
  const uint64_t most = write_->length.value_or(bytes_max_);
  if (size > most - taken_) return fail(Status::too_big, "the object is longer than was said");
  if (size == 0) return Status::ok;
  const uint64_t waiting = write_->waiting_bytes.load();
  if (waiting > 0 && waiting + size > LargeWrite::kWaitingMax)
    return fail(Status::full, "too much of the object waits for the cache's disk");
  write_->waiting_bytes.fetch_add(size);
  std::unique_ptr<WriteTask> task = std::make_unique<AppendTask>(write_, piece);
  if (waiting == 0) {
    // When nothing of it waits, nobody would tell it of room in the queue: so one piece always may.
    queue_.post_always(std::move(task));
  } else if (const Status status = queue_.post(task); status != Status::ok) {
    write_->waiting_bytes.fetch_sub(size);
    return status;
  }
  taken_ += size;
  return Status::ok;
}

Status LargeWriterOnShard::commit() {
  if (over_) return fail(Status::bad_state, "the object is complete");
  if (is_over(*write_->file))
    return fail(Status::io, "the object could not be written to the cache");
  if (write_->length && taken_ != *write_->length)
    return fail(Status::protocol, "the object is not as long as was said");
  over_ = true;
  Put put;
  put.head = write_->slot.head;
  put.head.body_bytes = taken_;
  put.payload = write_->slot.payload;
  catalogue_.announce(&put);
  queue_.post_always(std::make_unique<CommitTask>(write_, std::move(put)));
  return Status::ok;
}

}  // namespace fce
