// SPDX-License-Identifier: Apache-2.0
#include "http/file_body.h"

#include <fcntl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fce {
namespace {

// Less than this is not worth a system call; what the client does not take yet is kept.
constexpr size_t kSmallestReadBytes = 16 * 1024;
// What is asked of the disk along with a piece, so that the pieces after it are there in time.
constexpr uint64_t kReadAheadBytes = 1 << 20;

}  // namespace

class FileBody::ReadJob final : public Job {
 public:
  ReadJob(std::shared_ptr<Link> link, std::shared_ptr<const Fd> fd, uint64_t offset, size_t size,
          uint64_t ahead)
      : link_(std::move(link)), fd_(std::move(fd)), offset_(offset), size_(size), ahead_(ahead) {}

  void work() override {
    (void)::posix_fadvise(fd_->get(), static_cast<off_t>(offset_), static_cast<off_t>(ahead_),
                          POSIX_FADV_WILLNEED);
    chunk_ = ChunkRef::make(size_);
    if (!read_exactly(*fd_, offset_, chunk_->data(), size_)) chunk_ = {};
  }
  void done() override {
    FileBody* body = link_->body;
    if (!body) return;
    body->state_ = State::ready;
    if (chunk_)
      body->take_piece(std::move(chunk_), size_);
    else
      body->state_ = State::failed;
    body->wake(Lane::answer);
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<const Fd> fd_;
  const uint64_t offset_;
  const size_t size_;
  const uint64_t ahead_;
  ChunkRef chunk_;
};

FileBody::FileBody(std::shared_ptr<const Fd> fd, uint64_t offset, uint64_t length, Loop& loop,
                   Counters& counters, Workers* workers)
    : fd_(std::move(fd)),
      offset_(offset),
      unread_(length),
      unsent_(length),
      loop_(loop),
      counters_(counters),
      workers_(workers),
      retry_timer_(on_retry, this),
      is_large_(length >= kSendfileLeast) {}

FileBody::~FileBody() {
  if (link_) link_->body = nullptr;
}

BodySource::Pull FileBody::pull(Gather& out, size_t max) {
  if (state_ == State::ready && piece_.bytes.empty()) {
    if (is_large_ && out.takes_files() && add_file(out, max))
      return unsent_ == 0 ? Pull::end : Pull::more;
    const size_t size = std::clamp(max, kSmallestReadBytes, kPieceBytes);
    read_piece(static_cast<size_t>(std::min<uint64_t>(size, unread_)));
  }
  if (state_ == State::failed) return Pull::failed;
  if (state_ == State::reading) return Pull::wait;
  const size_t size = std::min(max, piece_.bytes.size());
  Slice part{piece_.chunk, piece_.bytes.first(size)};
  piece_.bytes = piece_.bytes.subspan(size);
  if (piece_.bytes.empty()) piece_.chunk = {};
  out.add(std::move(part));
  unsent_ -= size;
  return unsent_ == 0 ? Pull::end : Pull::more;
}

// False when it is not there, or too little for that.
bool FileBody::add_file(Gather& out, size_t max) {
  const auto size = static_cast<size_t>(std::min<uint64_t>(max, unread_));
  if (size < kSmallestReadBytes && size < unread_) return false;
  if (!in_page_cache(*fd_, offset_, size)) return false;
  out.add(FilePlace{fd_, offset_}, size);
  offset_ += size;
  unread_ -= size;
  unsent_ -= size;
  return true;
}

void FileBody::read_piece(size_t size) {
  ChunkRef chunk = ChunkRef::make(size);
  iovec piece{chunk->data(), size};
  ssize_t got;
  do {
    got = preadv2(fd_->get(), &piece, 1, static_cast<off_t>(offset_), RWF_NOWAIT);
  } while (got < 0 && errno == EINTR);
  if (got > 0) return take_piece(std::move(chunk), static_cast<size_t>(got));
  // Cold, or a file system that cannot tell.
  const bool cold = got < 0 && (errno == EAGAIN || errno == EOPNOTSUPP);
  if (cold && workers_) return read_by_worker(size);
  if (cold && read_exactly(*fd_, offset_, chunk->data(), size))
    return take_piece(std::move(chunk), size);
  state_ = State::failed;
}

void FileBody::read_by_worker(size_t size) {
  state_ = State::reading;
  if (!link_) link_ = std::make_shared<Link>(Link{this});
  const uint64_t ahead = std::min(unread_, kReadAheadBytes);
  std::unique_ptr<Job> job = std::make_unique<ReadJob>(link_, fd_, offset_, size, ahead);
  switch (workers_->submit(job, loop_)) {
    case Status::ok: return;
    case Status::full: return retry_later();
    default: state_ = State::failed;  // the node stops
  }
}

void FileBody::take_piece(ChunkRef chunk, size_t size) {
  const Bytes bytes = chunk.bytes().first(size);
  piece_ = {std::move(chunk), bytes};
  offset_ += size;
  unread_ -= size;
}

void FileBody::retry_later() {
  counters_.add(Counter::limit_disk_queue);
  retry_timer_.arm(loop_.timers(), TimerWheel::kTickMs);
}

void FileBody::on_retry(void* self) {
  auto& body = *static_cast<FileBody*>(self);
  body.state_ = State::ready;
  body.wake(Lane::answer);
}

}  // namespace fce
