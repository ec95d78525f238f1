// SPDX-License-Identifier: Apache-2.0
#include "cache/large_body.h"

#include <algorithm>
#include <utility>

#include "base/fd.h"
#include "http/file_body.h"

namespace fce {
namespace {

// Less than this is not worth a system call of its own.
constexpr uint64_t kSmallestFileBytes = 16 * 1024;

}  // namespace

class LargeBody::ReadJob final : public Job {
 public:
  ReadJob(std::shared_ptr<Link> link, std::shared_ptr<LargeFile> file, uint64_t offset, size_t size)
      : link_(std::move(link)), file_(std::move(file)), offset_(offset), size_(size) {}

  void work() override { read_ = file_->read(offset_, size_, true, &piece_); }
  void done() override {
    LargeBody* body = link_->body;
    if (!body) return;
    body->state_ = read_ == LargeFile::Read::ok ? State::ready : State::failed;
    body->piece_ = std::move(piece_);
    body->wake(Lane::answer);
  }

 private:
  const std::shared_ptr<Link> link_;
  const std::shared_ptr<LargeFile> file_;
  const uint64_t offset_;
  const size_t size_;
  LargeFile::Read read_ = LargeFile::Read::failed;
  Slice piece_;
};

LargeBody::LargeBody(std::shared_ptr<LargeFile> file, uint64_t offset, uint64_t length, Loop& loop,
                     Counters& counters, Workers& workers)
    : file_(std::move(file)),
      offset_(offset),
      left_(length),
      loop_(loop),
      counters_(counters),
      workers_(workers),
      retry_timer_(on_retry, this),
      is_large_(length >= FileBody::kSendfileLeast) {}

LargeBody::~LargeBody() {
  if (link_) link_->body = nullptr;
}

BodySource::Pull LargeBody::pull(Gather& out, size_t max) {
  if (state_ == State::reading) return Pull::wait;
  if (state_ == State::failed) return Pull::failed;
  if (piece_.bytes.empty()) {
    if (is_large_ && out.takes_files() && add_file(out, max))
      return left_ == 0 ? Pull::end : Pull::more;
    const auto size = static_cast<size_t>(std::min<uint64_t>(left_, std::min(max, kPieceBytes)));
    switch (file_->read(offset_, size, false, &piece_)) {
      case LargeFile::Read::ok: break;
      case LargeFile::Read::cold: read_by_worker(size); return Pull::wait;
      case LargeFile::Read::wait:
      case LargeFile::Read::end:
      case LargeFile::Read::failed: state_ = State::failed; return Pull::failed;
    }
  }
  const auto size =
      static_cast<size_t>(std::min<uint64_t>(left_, std::min(max, piece_.bytes.size())));
  out.add(Slice{piece_.chunk, piece_.bytes.first(size)});
  piece_.bytes = piece_.bytes.subspan(size);
  if (piece_.bytes.empty()) piece_ = {};
  offset_ += size;
  left_ -= size;
  return left_ == 0 ? Pull::end : Pull::more;
}

// False when it is not there, not verified, or too little for that.
bool LargeBody::add_file(Gather& out, size_t max) {
  FilePlace place;
  const uint64_t size = LargeFile::sendable(file_, offset_, std::min<uint64_t>(max, left_), &place);
  if (size == 0 || (size < kSmallestFileBytes && size < left_)) return false;
  if (!in_page_cache(*place.file, place.offset, size)) return false;
  out.add(std::move(place), size);
  offset_ += size;
  left_ -= size;
  return true;
}

void LargeBody::read_by_worker(size_t size) {
  state_ = State::reading;
  if (!link_) link_ = std::make_shared<Link>(Link{this});
  std::unique_ptr<Job> job = std::make_unique<ReadJob>(link_, file_, offset_, size);
  switch (workers_.submit(job, loop_)) {
    case Status::ok: return;
    case Status::full:
      counters_.add(Counter::limit_disk_queue);
      return retry_timer_.arm(loop_.timers(), TimerWheel::kTickMs);
    default: state_ = State::failed;  // the node stops
  }
}

void LargeBody::on_retry(void* self) {
  auto& body = *static_cast<LargeBody*>(self);
  body.state_ = State::ready;
  body.wake(Lane::answer);
}

}  // namespace fce
