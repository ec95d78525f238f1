// SPDX-License-Identifier: Apache-2.0
// What a stream does with the output of its owner: passes, records, and what the socket has no room
// for.
#include <linux/sock_diag.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/stream.h"

namespace fce {
namespace {

// Of an answer in several pieces: more is cheaper to be told of piece by piece than to be copied.
constexpr size_t kAnswerCopiedMax = 4096;
// A fast reader of a large body leaves room for others.
constexpr int kPassesPerTurn = 4;
constexpr size_t kBytesPerTurn = 1 << 20;

}  // namespace

void Stream::flush() {
  if (shaking()) return take_admission();
  if (in_batch()) net_.batch.submit();  // nothing may follow what is not yet sent
  if (writing_blocked_ || deaf_ || (state_ != State::open && state_ != State::closing)) return;
  const bool slow = goes_slowly();
  if (slow && tls_ && !writable()) return wait_writable();
  Gather& out = net_.gather;
  size_t taken = 0;
  for (int pass = 0; pass < kPassesPerTurn && taken < kBytesPerTurn; ++pass) {
    const uint32_t bytes_max = pass_bytes(pass == 0 || slow);
    if (bytes_max < kShortPassBytes && bytes_max < pass_bytes_max_) return wait_writable();
    out.begin(bytes_max, !tls_ && lane_ == Lane::answer);
    const bool more = fill(out, bytes_max);
    const bool nothing = out.empty();
    taken += out.bytes();
    if (slow && !nothing) net_.counters.add(Counter::short_passes);
    const bool last = !more && state_ == State::open;
    const bool sent = state_ != State::closed && (nothing || send_pass(out, last));
    out.clear();
    if (!sent) return;
    if (!more) {
      if (state_ == State::closing) finish_close();
      return;
    }
    if (nothing) break;
    if (slow) return wait_writable();
  }
  net_.loop.mark_dirty(*this, Lane::fanout);
}

// Asks the owner, who may give more than a pass takes. Over TLS what fan-out has beyond it is kept
// as it is, which is a reference into the log, and encrypted when its turn comes: ciphertext would
// be each stream's own.
bool Stream::fill(Gather& out, uint32_t bytes_max) {
  if (plain_) take_plain(out, bytes_max);
  if (plain_ || out.full()) return true;
  const bool more = owner_->on_flush(out);
  if (!tls_ || lane_ != Lane::fanout || out.bytes() <= size_t{bytes_max} + kShortPassBytes)
    return more;
  plain_ = std::make_unique<std::vector<OutPiece>>(out.cut(bytes_max));
  return true;
}

void Stream::take_plain(Gather& out, uint32_t bytes_max) {
  auto next = plain_->begin();
  for (; next != plain_->end(); ++next) {
    const size_t room = bytes_max - std::min<size_t>(bytes_max, out.bytes());
    if (next->size() > room) {
      out.add(next->take(room));
      break;
    }
    out.add(std::move(*next));
  }
  plain_->erase(plain_->begin(), next);
  if (plain_->empty()) plain_.reset();
}

// What a socket does not take has to be kept, for each of a herd its own. So fan-out begins with a
// little, which is all that there is for most, and goes on with as much as there surely is room
// for.
uint32_t Stream::pass_bytes(bool little) const {
  if (lane_ != Lane::fanout) return pass_bytes_max_;
  if (little) return std::min(pass_bytes_max_, kShortPassBytes);
  uint32_t memory[SK_MEMINFO_VARS];
  socklen_t size = sizeof memory;
  if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory, &size) != 0) return kShortPassBytes;
  const uint32_t room = memory[SK_MEMINFO_SNDBUF] -
                        std::min(memory[SK_MEMINFO_SNDBUF], memory[SK_MEMINFO_WMEM_QUEUED]);
  // The kernel counts its own memory: at most about twice the bytes, of pieces that are not tiny.
  return std::min(pass_bytes_max_, room / 2);
}

// The last pass of a turn goes with those of other streams. What has more to come, or an end to
// say, is sent at once, since that depends on what the socket takes.
bool Stream::send_pass(Gather& gather, bool last) {
  SendBatch& batch = net_.batch;
  if (tls_) {
    if (!encrypt(gather)) return false;
    if (!last || !batch.add_copy(*this, fd_, net_.tls_out)) return send_tls_out();
    net_.tls_out.clear();
  } else {
    const size_t copied_max = lane_ == Lane::fanout ? SendBatch::kCopiedMax : kAnswerCopiedMax;
    if (!last || gather.has_files() || !batch.add(*this, fd_, gather, copied_max))
      return send_gather(gather);
  }
  batch_number_ = batch.number();
  return true;
}

bool Stream::writable() const {
  pollfd one{fd_, POLLOUT, 0};
  return ::poll(&one, 1, 0) != 0;
}

// Has the owner asked for more only when the socket has room again.
void Stream::wait_writable() {
  writing_blocked_ = true;
  time_write();
  update_poll();
}

bool Stream::send_gather(Gather& gather) {
  if (tls_) return encrypt(gather) && send_tls_out();
  if (gather.has_files()) return send_files(gather);
  iovec pieces[Gather::kPiecesMax];
  for (size_t i = 0; i < gather.count(); ++i) {
    const Bytes bytes = gather[i].bytes;
    pieces[i] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
  }
  const ssize_t sent = send_some(pieces, gather.count());
  if (sent < 0) return false;
  if (static_cast<size_t>(sent) == gather.bytes()) return true;
  keep(gather.rest_from(static_cast<size_t>(sent)));
  return false;
}

// Files are sent in the way of a rest, which is all of it at first.
bool Stream::send_files(Gather& gather) {
  rest_ = std::make_unique<Rest>();
  rest_->pieces = gather.rest_from(0);
  if (send_rest()) return true;
  was_short_ = true;
  if (state_ != State::closed && rest_) wait_writable();
  return false;
}

// Fills records of 16 KiB: small pieces are joined, large ones go in as they are.
bool Stream::encrypt(Gather& gather) {
  uint8_t* const joined = net_.plain_buffer.get();
  size_t filled = 0;
  Status status = Status::ok;
  for (size_t i = 0; i < gather.count() && status == Status::ok; ++i) {
    Bytes bytes = gather[i].bytes;
    const FilePlace* const place = gather[i].file > 0 ? &gather.place(gather[i]) : nullptr;
    uint64_t read = 0;
    while (!bytes.empty() && status == Status::ok) {
      if (!place && filled == 0 &&
          (bytes.size() >= NetContext::kPlainBytes || i + 1 == gather.count())) {
        const Bytes record = bytes.first(std::min(bytes.size(), NetContext::kPlainBytes));
        status = tls_.write(record);
        bytes = bytes.subspan(record.size());
        continue;
      }
      const size_t taken = std::min(bytes.size(), NetContext::kPlainBytes - filled);
      if (!place)
        std::memcpy(joined + filled, bytes.data(), taken);
      else if (!read_exactly(*place->file, place->offset + read, joined + filled, taken))
        status = Status::io;
      read += taken;
      filled += taken;
      bytes = bytes.subspan(taken);
      if (filled == NetContext::kPlainBytes && status == Status::ok) {
        status = tls_.write({joined, filled});
        filled = 0;
      }
    }
  }
  if (filled > 0 && status == Status::ok) status = tls_.write({joined, filled});
  if (status == Status::ok) return true;
  net_.tls_out.clear();
  finish(status);
  return false;
}

bool Stream::send_tls_out() {
  auto& out = net_.tls_out;
  size_t sent = 0;
  if (!writing_blocked_) {
    const iovec piece{out.data(), out.size()};
    const ssize_t took = send_some(&piece, 1);
    if (took < 0) {
      out.clear();
      return false;
    }
    sent = static_cast<size_t>(took);
  }
  const bool all = sent == out.size();
  if (!all) {
    std::vector<OutPiece> rest;
    rest.push_back({Slice::whole(ChunkRef::copy_of(Bytes(out).subspan(sent))), {}});
    keep(std::move(rest));
  }
  out.clear();
  return all;
}

bool Stream::send_rest() {
  while (rest_ && rest_->first < rest_->pieces.size()) {
    size_t tried = 0;
    const ssize_t sent = send_rest_once(&tried);
    if (sent < 0) return false;
    if (sent > 0) time_write();
    drop_sent(static_cast<size_t>(sent));
    if (static_cast<size_t>(sent) < tried) return false;
  }
  rest_.reset();
  writing_blocked_ = false;
  if (state_ == State::open || state_ == State::closing) timer_.cancel();
  return true;
}

// One system call: a part of a file, or the bytes before the next one, which the kernel is told to
// join with what follows.
ssize_t Stream::send_rest_once(size_t* tried) {
  const auto& rest = rest_->pieces;
  size_t i = rest_->first;
  if (rest[i].is_file()) {
    *tried = rest[i].size();
    return send_file(rest[i]);
  }
  iovec pieces[Gather::kPiecesMax];
  size_t count = 0;
  for (; i < rest.size() && !rest[i].is_file() && count < Gather::kPiecesMax; ++i) {
    const Bytes bytes = rest[i].slice.bytes;
    pieces[count++] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    *tried += bytes.size();
  }
  return send_some(pieces, count, i < rest.size() ? MSG_MORE : 0);
}

void Stream::drop_sent(size_t bytes) {
  while (bytes > 0) {
    OutPiece& piece = rest_->pieces[rest_->first];
    const size_t taken = std::min(bytes, piece.size());
    piece.skip(taken);
    bytes -= taken;
    if (piece.size() > 0) continue;
    piece = {};
    ++rest_->first;
  }
}

ssize_t Stream::send_some(const iovec* pieces, size_t count, int flags) {
  flags |= MSG_NOSIGNAL | MSG_DONTWAIT;
  ssize_t sent;
  if (count == 1) {
    sent = ::send(fd_, pieces->iov_base, pieces->iov_len, flags);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = count;
    sent = ::sendmsg(fd_, &message, flags);
  }
  if (sent >= 0) {
    net_.counters.add(Counter::bytes_out, static_cast<uint64_t>(sent));
    return sent;
  }
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return 0;
  on_send_failed();
  return -1;
}

// Shards run with all signals blocked, so that a peer that has gone is no SIGPIPE: the call has no
// flag against that.
ssize_t Stream::send_file(const OutPiece& piece) {
  auto offset = static_cast<off_t>(piece.place.offset);
  const ssize_t sent = ::sendfile(fd_, piece.place.file->get(), &offset, piece.size());
  if (sent > 0) {
    net_.counters.add(Counter::bytes_out, static_cast<uint64_t>(sent));
    net_.counters.add(Counter::sendfile_bytes, static_cast<uint64_t>(sent));
    return sent;
  }
  if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) return 0;
  // A file that has become shorter cannot be completed: only the end of the connection can say so.
  if (sent == 0 || errno == EIO)
    finish(Status::io);
  else
    on_send_failed();
  return -1;
}

void Stream::keep(std::vector<OutPiece> pieces) {
  if (!rest_) {
    rest_ = std::make_unique<Rest>();
    rest_->pieces = std::move(pieces);
  } else {
    for (OutPiece& piece : pieces) rest_->pieces.push_back(std::move(piece));
  }
  was_short_ = true;
  if (!writing_blocked_) wait_writable();
}

// There is one timer: a handshake and a lingering end keep theirs, whatever the socket takes.
void Stream::time_write() {
  if (state_ == State::open || state_ == State::closing)
    timer_.arm(net_.loop.timers(), net_.limits.write_ms);
}

}  // namespace fce
