// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <linux/sock_diag.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fatal.h"
#include "base/time.h"

namespace fce {
namespace {

constexpr size_t kHelloBytesMax = 16 * 1024;  // one TLS record
constexpr uint64_t kLingerMs = 2000;
// Of an answer in several pieces: more is cheaper to be told of piece by piece than to be copied.
constexpr size_t kAnswerCopiedMax = 4096;
constexpr int kPassesPerTurn = 4;  // a fast reader of a large body leaves room for others

}  // namespace

void Stream::accept(NetContext& net, int fd, const PeerAddress& peer,
                    const CertificateStore* certificates, StreamAcceptor& acceptor) {
  auto* stream = new Stream(net, fd, peer, certificates, acceptor);
  if (certificates) {
    stream->timer_.arm(net.loop.timers(), net.limits.tls_handshake_ms);
  } else {
    acceptor.on_stream(*stream);
  }
  stream->update_poll();
}

Stream::Stream(NetContext& net, int fd, const PeerAddress& peer,
               const CertificateStore* certificates, StreamAcceptor& acceptor)
    : net_(net),
      acceptor_(acceptor),
      timer_([](void* self) { static_cast<Stream*>(self)->on_timer(); }, this),
      peer_(peer),
      fd_(fd),
      accepted_us_(static_cast<uint32_t>(net.loop.turn_began_us())),
      state_(certificates ? State::hello : State::open) {
  if (certificates) certificates_ = certificates->current();
  if (uv_poll_init(net.loop.uv(), &poll_, fd) != 0) fatal("cannot poll a connection");
  poll_.data = this;
  net_.streams.push_back(this);
  ++net_.stream_count;
  net_.connections.fetch_add(1, std::memory_order_relaxed);
}

Stream::~Stream() = default;

// --- Reading -----------------------------------------------------------------------------------

void Stream::on_poll(int events) {
  // An error shows as an event; reading or writing then tells which.
  if (events & UV_WRITABLE && writing_blocked_ && send_rest() && !shaking())
    net_.loop.mark_dirty(*this, lane_);
  if (events & UV_READABLE && state_ != State::closed) shaking() ? wait_for_admission() : receive();
  if (state_ != State::closed) update_poll();
}

// What a client sends for its handshake stays in the socket until the loop's lane for that gets to
// it: at the end of this turn, or in a later one.
void Stream::wait_for_admission() {
  if (!ListNode<Flushable>::linked()) {
    ++net_.admission.handshakes_waiting;
    net_.loop.mark_dirty(*this, Lane::admission);
  } else if (reading_) {
    net_.counters.add(Counter::handshakes_deferred);
    reading_ = false;  // or each turn would be told of it again
  }
}

void Stream::take_admission() {
  if (!net_.take_handshake()) return net_.loop.mark_dirty(*this, Lane::admission);
  --net_.admission.handshakes_waiting;
  reading_ = true;
  const uint64_t began_us = monotonic_us();
  receive();
  net_.admission.spent(monotonic_us() - began_us);
  if (state_ == State::open || state_ == State::closing) net_.admission.admitted();
  update_poll();
}

void Stream::receive() {
  const ssize_t got = ::recv(fd_, net_.read_buffer.get(), NetContext::kReadBytes, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) finish(Status::closed);
    return;
  }
  if (got == 0) {
    eof_ = true;
    if (state_ == State::open) return owner_->on_eof();
    if (state_ == State::closing) return;
    return finish(state_ == State::lingering ? Status::ok : Status::closed);
  }
  net_.counters.add(Counter::bytes_in, static_cast<uint64_t>(got));
  deliver({net_.read_buffer.get(), static_cast<size_t>(got)});
}

void Stream::deliver(Bytes data) {
  switch (state_) {
    case State::hello: return on_hello(data);
    case State::handshake: net_.tls_in = data; return step_handshake();
    case State::open:
      if (!tls_) return owner_->on_data(data);
      net_.tls_in = data;
      return deliver_tls();
    case State::closing:
    case State::lingering:
    case State::closed: return;  // dropped
  }
}

void Stream::on_hello(Bytes data) {
  if (hello_) {
    hello_->insert(hello_->end(), data.begin(), data.end());
    data = *hello_;
  }
  const int needed = TlsSession::hello_bytes(data);
  if (needed > 0) {
    const auto hello = std::exchange(hello_, nullptr);  // `data` may point into it
    return begin_tls(data);
  }
  if (needed < 0 || data.size() > kHelloBytesMax) {
    net_.counters.add(Counter::tls_failures);
    return finish(Status::tls);
  }
  if (!hello_) hello_ = std::make_unique<std::vector<uint8_t>>(data.begin(), data.end());
}

void Stream::begin_tls(Bytes hello) {
  const auto certificates = std::exchange(certificates_, nullptr);
  if (!certificates || tls_.open(*certificates, hello, net_) != Status::ok) {
    net_.counters.add(Counter::tls_failures);
    return finish(Status::tls);
  }
  state_ = State::handshake;
  net_.tls_in = hello;
  step_handshake();
}

void Stream::step_handshake() {
  const TlsSession::Step step = tls_.handshake();
  if (step != TlsSession::Step::done) net_.tls_in = {};
  if (!net_.tls_out.empty()) send_tls_out();  // of a failure: the alert
  if (state_ == State::closed) return;
  if (step == TlsSession::Step::failed) {
    net_.counters.add(Counter::tls_failures);
    return finish(Status::tls);
  }
  if (step == TlsSession::Step::wait) return;
  timer_.cancel();
  if (writing_blocked_) timer_.arm(net_.loop.timers(), net_.limits.write_ms);
  net_.counters.add(Counter::tls_handshakes);
  net_.counters.record(Histogram::tls_handshake,
                       static_cast<uint32_t>(monotonic_us()) - accepted_us_);
  empty_records_minute_ = 0;
  if (tls_.resumed()) net_.counters.add(Counter::tls_resumed);
  state_ = State::open;
  acceptor_.on_stream(*this);
  if (!net_.tls_in.empty() && state_ == State::open) return deliver_tls();
  net_.tls_in = {};
}

// One pass over the ciphertext that was read: its records, one after the other.
void Stream::deliver_tls() {
  const MutableBytes plain(net_.plain_buffer.get(), NetContext::kPlainBytes);
  net_.tls_records = 0;
  uint32_t with_data = 0;
  int got = 0;
  while (state_ == State::open && (got = tls_.read(plain)) > 0) {
    ++with_data;
    owner_->on_data({plain.data(), static_cast<size_t>(got)});
  }
  net_.tls_in = {};  // what a closing stream left there is nobody else's
  if (state_ == State::closed) {
    net_.tls_out.clear();
    return;
  }
  if (!net_.tls_out.empty()) send_tls_out();
  if (key_update_flood(net_.tls_records, with_data)) {
    net_.counters.add(Counter::limit_key_updates);
    return finish(Status::protocol);
  }
  if (got == TlsSession::kBroken) return finish(Status::tls);
  if (got == TlsSession::kClosed && state_ == State::open) {
    eof_ = true;
    owner_->on_eof();
  }
}

// wolfSSL answers any number of KeyUpdate messages; they come as records without data. A record may
// begin in one pass and end in a later one, so what counts is the balance over many: of those that
// are there in part there is one at most.
bool Stream::key_update_flood(uint32_t records, uint32_t with_data) {
  const auto minute = static_cast<uint32_t>(net_.loop.now_ms() / 60'000);
  if (minute != empty_records_minute_) empty_records_ = 0;
  empty_records_minute_ = minute;
  empty_records_ += static_cast<int32_t>(records) - static_cast<int32_t>(with_data);
  return empty_records_ > int64_t{net_.limits.tls_key_updates_max} + 1;
}

void Stream::stop_reading() {
  reading_ = false;
  update_poll();
}

void Stream::start_reading() {
  reading_ = true;
  update_poll();
}

// --- Writing -----------------------------------------------------------------------------------

void Stream::flush() {
  if (shaking()) return take_admission();
  if (in_batch()) net_.batch.submit();  // nothing may follow what is not yet sent
  if (writing_blocked_ || (state_ != State::open && state_ != State::closing)) return;
  const bool slow = goes_slowly();
  if (slow && tls_ && !writable()) return wait_writable();
  Gather& out = net_.gather;
  for (int pass = 0; pass < kPassesPerTurn; ++pass) {
    const uint32_t bytes_max = pass_bytes(pass == 0 || slow);
    if (bytes_max < kShortPassBytes && bytes_max < pass_bytes_max_) return wait_writable();
    out.begin(bytes_max);
    const bool more = owner_->on_flush(out);
    const bool nothing = out.empty();
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
    if (!last || !batch.add(*this, fd_, gather, copied_max)) return send_gather(gather);
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

// Fills records of 16 KiB: small pieces are joined, large ones go in as they are.
bool Stream::encrypt(Gather& gather) {
  uint8_t* const joined = net_.plain_buffer.get();
  size_t filled = 0;
  Status status = Status::ok;
  for (size_t i = 0; i < gather.count() && status == Status::ok; ++i) {
    Bytes bytes = gather[i].bytes;
    while (!bytes.empty() && status == Status::ok) {
      if (filled == 0 && (bytes.size() >= NetContext::kPlainBytes || i + 1 == gather.count())) {
        const Bytes record = bytes.first(std::min(bytes.size(), NetContext::kPlainBytes));
        status = tls_.write(record);
        bytes = bytes.subspan(record.size());
        continue;
      }
      const size_t taken = std::min(bytes.size(), NetContext::kPlainBytes - filled);
      std::memcpy(joined + filled, bytes.data(), taken);
      filled += taken;
      bytes = bytes.subspan(taken);
      if (filled == NetContext::kPlainBytes) {
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
    std::vector<Slice> rest;
    rest.push_back(Slice::whole(ChunkRef::copy_of(Bytes(out).subspan(sent))));
    keep(std::move(rest));
  }
  out.clear();
  return all;
}

bool Stream::send_rest() {
  while (rest_ && rest_->first < rest_->slices.size()) {
    iovec pieces[Gather::kPiecesMax];
    size_t count = 0;
    size_t total = 0;
    for (size_t i = rest_->first; i < rest_->slices.size() && count < Gather::kPiecesMax; ++i) {
      const Bytes bytes = rest_->slices[i].bytes;
      pieces[count++] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
      total += bytes.size();
    }
    const ssize_t result = send_some(pieces, count);
    if (result < 0) return false;
    auto sent = static_cast<size_t>(result);
    const bool all = sent == total;
    if (sent > 0) time_write();
    while (sent > 0) {
      Slice& slice = rest_->slices[rest_->first];
      const size_t taken = std::min(sent, slice.bytes.size());
      slice.bytes = slice.bytes.subspan(taken);
      sent -= taken;
      if (slice.bytes.empty()) {
        slice.chunk = {};
        ++rest_->first;
      }
    }
    if (!all) return false;
  }
  rest_.reset();
  writing_blocked_ = false;
  if (state_ == State::open || state_ == State::closing) timer_.cancel();
  return true;
}

ssize_t Stream::send_some(const iovec* pieces, size_t count) {
  ssize_t sent;
  if (count == 1) {
    sent = ::send(fd_, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = count;
    sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  if (sent >= 0) {
    net_.counters.add(Counter::bytes_out, static_cast<uint64_t>(sent));
    return sent;
  }
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return 0;
  finish(Status::closed);
  return -1;
}

void Stream::keep(std::vector<Slice> slices) {
  if (!rest_) {
    rest_ = std::make_unique<Rest>();
    rest_->slices = std::move(slices);
  } else {
    for (Slice& slice : slices) rest_->slices.push_back(std::move(slice));
  }
  was_short_ = true;
  if (!writing_blocked_) wait_writable();
}

// There is one timer: a handshake and a lingering end keep theirs, whatever the socket takes.
void Stream::time_write() {
  if (state_ == State::open || state_ == State::closing)
    timer_.arm(net_.loop.timers(), net_.limits.write_ms);
}

// --- Closing -----------------------------------------------------------------------------------

void Stream::close(bool linger) {
  if (state_ >= State::closing) return;
  state_ = State::closing;
  linger_ = linger && !eof_;
  reading_ = linger_;
  update_poll();
  want_flush(Lane::answer);
}

void Stream::abort(Status why) { finish(why); }

// Everything is sent: say goodbye, then close, at once or when the peer has.
void Stream::finish_close() {
  if (tls_ && !eof_) {
    tls_.close_notify();
    if (!net_.tls_out.empty() && !send_tls_out() && state_ == State::closed) return;
  }
  if (!linger_) return finish(Status::ok);
  state_ = State::lingering;
  ::shutdown(fd_, SHUT_WR);
  timer_.arm(net_.loop.timers(), kLingerMs);
}

void Stream::on_timer() {
  switch (state_) {
    case State::hello:
    case State::handshake:
      net_.counters.add(Counter::limit_tls_handshake);
      return finish(Status::timed_out);
    case State::open:
    case State::closing:
      net_.counters.add(Counter::limit_write_time);
      return finish(Status::timed_out);
    case State::lingering: return finish(Status::ok);
    case State::closed: return;
  }
}

void Stream::finish(Status why) {
  // What was added to the batch is on its way, and names the descriptor.
  if (in_batch()) net_.batch.submit();
  if (state_ == State::closed) return;
  const bool waits = shaking() && ListNode<Flushable>::linked();
  state_ = State::closed;
  why_ = why;
  timer_.cancel();
  if (waits) --net_.admission.handshakes_waiting;
  ListNode<Flushable>::unlink();
  ListNode<Stream>::unlink();
  --net_.stream_count;
  net_.connections.fetch_sub(1, std::memory_order_relaxed);
  net_.counters.add(Counter::closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* handle) {
    auto* stream = static_cast<Stream*>(handle->data);
    if (stream->owner_) stream->owner_->on_closed(stream->why_);
    delete stream;
  });
  // Only now: libuv has taken the number out of its set, and another thread may get it at once.
  ::close(std::exchange(fd_, -1));
}

void Stream::update_poll() {
  if (state_ == State::closed) return;
  const int read = reading_ && !eof_ ? UV_READABLE : 0;
  const int events = read | (writing_blocked_ ? UV_WRITABLE : 0);
  if (events == polled_) return;
  polled_ = static_cast<uint8_t>(events);
  if (events == 0) {
    uv_poll_stop(&poll_);
    return;
  }
  uv_poll_start(&poll_, events, [](uv_poll_t* poll, int status, int happened) {
    auto* stream = static_cast<Stream*>(poll->data);
    stream->net_.loop.begin_turn();
    // libuv tells of an error once and stops: the next system call on the socket names it.
    if (status < 0) return stream->finish(Status::closed);
    stream->on_poll(happened);
  });
}

}  // namespace fce
