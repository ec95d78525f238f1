// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fatal.h"
#include "base/time.h"
#include "net/proxy_protocol.h"

namespace fce {
namespace {

constexpr size_t kHelloBytesMax = 16 * 1024;  // one TLS record
constexpr uint64_t kLingerMs = 2000;

}  // namespace

void Stream::accept(NetContext& net, int fd, const PeerAddress& peer,
                    const CertificateStore* certificates, StreamAcceptor& acceptor, bool proxied) {
  auto* stream = new Stream(net, fd, peer, certificates, acceptor, false);
  if (proxied) {
    stream->state_ = State::proxy;
    stream->timer_.arm(net.loop.timers(), net.limits.header_ms);
  } else {
    stream->begin({});
  }
  stream->update_poll();
}

Stream* Stream::connect(NetContext& net, int fd, const PeerAddress& peer, TlsSession session,
                        StreamOwner& owner, StreamAcceptor& acceptor) {
  auto* stream = new Stream(net, fd, peer, nullptr, acceptor, true);
  stream->owner_ = &owner;
  stream->tls_ = std::move(session);
  stream->update_poll();
  if (stream->tls_) {
    stream->state_ = State::handshake;
    net.tls_in = {};
    if (stream->tls_.handshake() == TlsSession::Step::wait) {
      stream->send_tls_out();
    } else {
      net.tls_out.clear();
      stream->finish(Status::tls);
    }
  }
  return stream;
}

// The client's own bytes come next, of which `data` has come already.
void Stream::begin(Bytes data) {
  if (certificates_) {
    state_ = State::hello;
    timer_.arm(net_.loop.timers(), net_.limits.tls_handshake_ms);
  } else {
    state_ = State::open;
    timer_.cancel();
    acceptor_.on_stream(*this);
  }
  if (!data.empty()) deliver(data);
}

Stream::Stream(NetContext& net, int fd, const PeerAddress& peer,
               const CertificateStore* certificates, StreamAcceptor& acceptor, bool outgoing)
    : net_(net),
      acceptor_(acceptor),
      timer_([](void* self) { static_cast<Stream*>(self)->on_timer(); }, this),
      peer_(peer),
      fd_(fd),
      accepted_us_(static_cast<uint32_t>(net.loop.turn_began_us())),
      state_(certificates ? State::hello : State::open),
      outgoing_(outgoing) {
  if (certificates) certificates_ = certificates->current();
  if (uv_poll_init(net.loop.uv(), &poll_, fd) != 0) fatal("cannot poll a connection");
  poll_.data = this;
  if (outgoing_) return;
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
  if (events & UV_READABLE && state_ != State::closed) {
    if (needs_admission()) {
      wait_for_admission();
    } else {
      receive();
    }
  }
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
  const uint32_t before_us = handshake_us_;
  receive();
  const auto us = static_cast<uint32_t>(before_us + monotonic_us() - began_us);
  net_.admission.stepped(!shaking());
  if (shaking()) {
    handshake_us_ = us;
  } else if (state_ != State::closed) {
    net_.admission.admitted(us);
  }
  net_.show_admission();
  update_poll();
}

bool Stream::receive() {
  const ssize_t got = ::recv(fd_, net_.read_buffer.get(), NetContext::kReadBytes, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) finish(Status::closed);
    return false;
  }
  if (got == 0) {
    eof_ = true;
    if (state_ == State::open) {
      owner_->on_eof();
    } else if (state_ != State::closing) {
      finish(state_ == State::lingering ? Status::ok : Status::closed);
    }
    return false;
  }
  net_.counters.add(Counter::bytes_in, static_cast<uint64_t>(got));
  deliver({net_.read_buffer.get(), static_cast<size_t>(got)});
  return true;
}

// The connection is broken. What a server has said before that is worth having: it may be why.
void Stream::read_last() {
  while (outgoing_ && state_ == State::open && reading_ && !eof_ && receive()) {
  }
  finish(Status::closed);
}

// The same when it is a write that tells. The socket says the rest: its end or its error.
void Stream::stop_writing() {
  deaf_ = true;
  rest_.reset();
  plain_.reset();
  writing_blocked_ = false;
  if (state_ != State::open) finish(Status::closed);
}

void Stream::deliver(Bytes data) {
  switch (state_) {
    case State::proxy: return on_proxy_header(data);
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

void Stream::on_proxy_header(Bytes data) {
  const auto held = std::exchange(hello_, nullptr);
  if (held) {
    held->insert(held->end(), data.begin(), data.end());
    data = *held;
  }
  ProxyHeader header;
  switch (parse_proxy_header(data, &header)) {
    case ProxyParse::more:
      hello_ = std::make_unique<std::vector<uint8_t>>(data.begin(), data.end());
      return;
    case ProxyParse::malformed:
      net_.counters.add(Counter::proxy_malformed);
      return finish(Status::protocol);
    case ProxyParse::done: break;
  }
  if (header.named) {
    net_.counters.add(Counter::proxy_headers);
    peer_ = header.client;
  }
  begin(data.subspan(header.bytes));
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
    net_.counters.add(outgoing_ ? Counter::upstream_tls_failures : Counter::tls_failures);
    if (outgoing_) acceptor_.on_tls_failed(tls_.why_failed());
    return finish(Status::tls);
  }
  if (step == TlsSession::Step::wait) return;
  shaken();
  acceptor_.on_stream(*this);
  if (!net_.tls_in.empty() && state_ == State::open) return deliver_tls();
  net_.tls_in = {};
}

void Stream::shaken() {
  timer_.cancel();
  if (writing_blocked_) timer_.arm(net_.loop.timers(), net_.limits.write_ms);
  Counters& counters = net_.counters;
  counters.add(outgoing_ ? Counter::upstream_tls_handshakes : Counter::tls_handshakes);
  if (tls_.resumed())
    counters.add(outgoing_ ? Counter::upstream_tls_resumed : Counter::tls_resumed);
  if (!outgoing_)
    counters.record(Histogram::tls_handshake, static_cast<uint32_t>(monotonic_us()) - accepted_us_);
  empty_records_minute_ = 0;
  empty_records_ = 0;
  state_ = State::open;
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
    case State::proxy:
      net_.counters.add(Counter::limit_proxy_time);
      return finish(Status::timed_out);
    case State::hello:
    case State::handshake:
      net_.counters.add(Counter::limit_tls_handshake);
      return finish(Status::timed_out);
    case State::open:
    case State::closing:
      net_.counters.add(outgoing_ ? Counter::limit_upstream_write : Counter::limit_write_time);
      return finish(Status::timed_out);
    case State::lingering: return finish(Status::ok);
    case State::closed: return;
  }
}

void Stream::finish(Status why) {
  // What was added to the batch is on its way, and names the descriptor.
  if (in_batch()) net_.batch.submit();
  if (state_ == State::closed) return;
  const bool waits = shaking() && !outgoing_ && ListNode<Flushable>::linked();
  state_ = State::closed;
  why_ = why;
  timer_.cancel();
  if (waits) {
    --net_.admission.handshakes_waiting;
    net_.show_admission();
  }
  ListNode<Flushable>::unlink();
  if (!outgoing_) {
    ListNode<Stream>::unlink();
    --net_.stream_count;
    net_.connections.fetch_sub(1, std::memory_order_relaxed);
    net_.counters.add(Counter::closed);
  }
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
    if (status < 0) return stream->read_last();
    stream->on_poll(happened);
  });
}

}  // namespace fce
