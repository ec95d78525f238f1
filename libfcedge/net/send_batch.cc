// SPDX-License-Identifier: Apache-2.0
#include "net/send_batch.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "net/stream.h"

namespace fce {
namespace {

// Fewer than this are cheaper one by one.
constexpr size_t kUringLeast = 4;
// The time of so many is worth reading a clock.
constexpr size_t kTimedLeast = 32;
// What is measured beyond it would make the batches too small to be worth their call.
constexpr uint64_t kSendNsMax = 20'000;

// The thread's own time: on a busy machine the clock on the wall tells of others.
uint64_t thread_ns() {
  timespec now;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

SendBatch::SendBatch(Counters& counters)
    : counters_(counters),
      scratch_(std::make_unique_for_overwrite<uint8_t[]>(kScratchBytes)),
      sends_(std::make_unique_for_overwrite<Uring::Send[]>(kSendsMax)),
      receivers_(std::make_unique_for_overwrite<Receiver[]>(kSendsMax)) {}

SendBatch::~SendBatch() { clear(); }

Status SendBatch::use_uring(UringMode mode) {
  uring_.reset();
  uring_least_ = mode == UringMode::on ? 1 : kUringLeast;
  if (mode == UringMode::off) return Status::ok;
  std::string why;
  uring_ = Uring::open(&why);
  if (uring_) return Status::ok;
  if (mode == UringMode::on) return fail(Status::unsupported, "io_uring cannot be used: " + why);
  log(LogLevel::debug, "io_uring is not used reason=\"%s\"", why.c_str());
  return Status::ok;
}

// --- Filling -----------------------------------------------------------------------------------

bool SendBatch::add(Stream& stream, int fd, Gather& gather, size_t copied_max) {
  make_room(0, 0);
  if (!is_last_run(gather) && !begin_run(gather, copied_max)) return false;
  gather.clear();
  push(stream, fd);
  return true;
}

bool SendBatch::add_copy(Stream& stream, int fd, Bytes bytes) {
  if (bytes.size() > kSealedMax) return false;
  make_room(0, bytes.size());
  uint8_t* to = scratch(bytes.size());
  std::memcpy(to, bytes.data(), bytes.size());
  runs_.push_back({to, static_cast<uint32_t>(bytes.size()), 0, 0});
  push(stream, fd);
  return true;
}

// Whether the stream before was sent the very same bytes. Chunks do not change, and those of the
// run are held; a piece without one is somebody's buffer, which may have been filled anew.
bool SendBatch::is_last_run(const Gather& gather) const {
  if (runs_.empty() || runs_.back().pieces != gather.count()) return false;
  const Gather::Piece* piece = &pieces_[runs_.back().first_piece];
  for (size_t i = 0; i < gather.count(); ++i, ++piece) {
    if (gather[i].bytes.data() != piece->bytes.data() || !gather[i].holder ||
        gather[i].bytes.size() != piece->bytes.size())
      return false;
  }
  return true;
}

bool SendBatch::begin_run(Gather& gather, size_t copied_max) {
  const size_t size = gather.bytes();
  const bool shared = gather.count() == 1 && gather[0].holder;
  if (size > (shared ? kSharedMax : copied_max)) return false;
  make_room(gather.count(), shared ? 0 : size);
  Run run{gather[0].bytes.data(), static_cast<uint32_t>(size),
          static_cast<uint32_t>(pieces_.size()), static_cast<uint32_t>(gather.count())};
  if (!shared) {
    uint8_t* to = scratch(size);
    run.data = to;
    for (size_t i = 0; i < gather.count(); ++i) {
      std::memcpy(to, gather[i].bytes.data(), gather[i].bytes.size());
      to += gather[i].bytes.size();
    }
  }
  // A reference for the run and none for each delivery: a log may let go of its messages before
  // the batch is sent.
  for (size_t i = 0; i < gather.count(); ++i) pieces_.push_back(gather.hold(i));
  runs_.push_back(run);
  return true;
}

uint8_t* SendBatch::scratch(size_t size) {
  uint8_t* const to = scratch_.get() + scratch_used_;
  scratch_used_ += size;
  return to;
}

// Submits when there is no room for one more; not after adding, so that a stream is told of its
// send only once it knows that it is in the batch.
void SendBatch::make_room(size_t pieces, size_t scratch_bytes) {
  if (count_ == kSendsMax || bytes_ >= kBytesMax || pieces_.size() + pieces > kPiecesMax ||
      scratch_used_ + scratch_bytes > kScratchBytes)
    submit();
}

void SendBatch::push(Stream& stream, int fd) {
  const Run& run = runs_.back();
  sends_[count_] = {fd, run.size, run.data, 0};
  receivers_[count_] = {&stream, static_cast<uint32_t>(runs_.size() - 1)};
  ++count_;
  bytes_ += run.size;
}

// --- Sending -----------------------------------------------------------------------------------

void SendBatch::submit() {
  if (count_ == 0) return;
  // Those that are told may be finished then and there: they are in no batch any more.
  ++number_;
  const bool timed = count_ >= kTimedLeast;
  const uint64_t began_ns = timed ? thread_ns() : 0;
  send_all();
  if (timed) {
    const uint64_t ns = (thread_ns() - began_ns) / count_;
    ns_per_send_ = (3 * ns_per_send_ + std::min(ns, kSendNsMax)) / 4;
  }
  for (size_t i = 0; i < count_; ++i)
    if (sends_[i].result != sends_[i].size) [[unlikely]]
      tell(i);
  counters_.add(Counter::bytes_out, bytes_);
  clear();
}

void SendBatch::send_all() {
  through_uring_ = uring_ && count_ >= uring_least_;
  if (!through_uring_) {
    for (size_t i = 0; i < count_; ++i) send_plainly(i);
    return;
  }
  counters_.add(Counter::uring_batches);
  if (uring_->send(sends_.get(), count_)) {
    counters_.add(Counter::uring_sends, count_);
    return;
  }
  log(LogLevel::warn, "io_uring failed, sockets are written to without it");
  uring_.reset();
  for (size_t i = 0; i < count_; ++i)
    if (sends_[i].result == Uring::kNotTried) send_plainly(i);
}

void SendBatch::send_plainly(size_t i) {
  Uring::Send& one = sends_[i];
  one.result = ::send(one.fd, one.data, one.size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (one.result < 0) one.result = -errno;
}

void SendBatch::tell(size_t i) {
  const Uring::Send& one = sends_[i];
  const bool again = one.result == -EAGAIN || one.result == -EINTR || one.result == -ENOBUFS;
  bytes_ -= one.size;
  if (one.result < 0 && !again) return receivers_[i].stream->on_send_failed();
  const size_t sent = again ? 0 : static_cast<size_t>(one.result);
  bytes_ += sent;
  if (through_uring_) counters_.add(Counter::uring_short);
  receivers_[i].stream->on_sent_in_part(rest_of(runs_[receivers_[i].run], sent));
}

// What outlives the batch: messages that are held, copies of the rest.
std::vector<OutPiece> SendBatch::rest_of(const Run& run, size_t offset) const {
  std::vector<OutPiece> rest;
  if (run.pieces == 0)
    rest.push_back({Slice::whole(ChunkRef::copy_of({run.data + offset, run.size - offset})), {}});
  size_t at = 0;
  for (size_t i = 0; i < run.pieces; ++i) {
    const Gather::Piece& piece = pieces_[run.first_piece + i];
    const size_t size = piece.bytes.size();
    const size_t skipped = offset > at ? std::min(offset - at, size) : 0;
    if (skipped == size) {
      at += size;
      continue;
    }
    if (piece.holder) {
      piece.holder->ref();
      rest.push_back({{ChunkRef::adopt(piece.holder), piece.bytes.subspan(skipped)}, {}});
    } else {
      const Bytes copy(run.data + at + skipped, size - skipped);
      rest.push_back({Slice::whole(ChunkRef::copy_of(copy)), {}});
    }
    at += size;
  }
  return rest;
}

void SendBatch::clear() {
  for (const Gather::Piece& piece : pieces_)
    if (piece.holder) piece.holder->unref();
  pieces_.clear();
  runs_.clear();
  count_ = bytes_ = scratch_used_ = 0;
}

}  // namespace fce
