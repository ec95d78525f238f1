// SPDX-License-Identifier: Apache-2.0
#include "http/client_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "http/upstream_pool.h"

namespace fce {
namespace {

// Before a server closes an idle connection, we do: a request would cross its goodbye.
constexpr uint64_t kKeepAliveMarginMs = 1000;

H1ResponseParser::Limits limits_of(const UpstreamOptions& options) {
  return {options.head_bytes_max, options.header_count_max};
}

}  // namespace

void ClientConnection::open(UpstreamPool& pool, size_t peer, UpstreamFetch& fetch) {
  auto* connection = new ClientConnection(pool, peer, !fetch.pinned());
  connection->fetch_ = &fetch;
  fetch.attach(*connection);
  connection->begin();
}

ClientConnection::ClientConnection(UpstreamPool& pool, size_t peer, bool counted)
    : pool_(pool),
      shared_(pool.shared()),
      peer_(*shared_->peers[peer]),
      peer_index_(peer),
      parser_(limits_of(shared_->options), *this),
      timer_([](void* self) { static_cast<ClientConnection*>(self)->on_timer(); }, this),
      began_us_(monotonic_us()),
      counted_(counted) {
  pool_.add(*this);
}

ClientConnection::~ClientConnection() = default;

// --- Connecting --------------------------------------------------------------------------------

void ClientConnection::begin() {
  connector_.emplace(pool_.http().net, static_cast<Connector::Owner&>(*this));
  const UpstreamUrl& url = peer_.url;
  if (url.kind == UpstreamUrl::Kind::unix_socket) {
    state_ = State::connecting;
    return connector_->start_unix(url.path, shared_->options.connect_ms);
  }
  std::vector<PeerAddress> addresses;
  switch (pool_.resolver().find(url.host, *this, &addresses)) {
    case Resolver::Found::now: return connect(addresses);
    case Resolver::Found::none: return connect({});
    case Resolver::Found::later:
      timer_.arm(pool_.loop().timers(), shared_->options.connect_ms);
      return;
  }
}

void ClientConnection::on_resolved(const std::vector<PeerAddress>& addresses) {
  timer_.cancel();
  connect(addresses);
}

void ClientConnection::connect(const std::vector<PeerAddress>& addresses) {
  state_ = State::connecting;
  no_address_ = addresses.empty();
  std::vector<PeerAddress> with_port = addresses;
  if (!peer_.tls && !shared_->options.clear_text) {
    std::erase_if(with_port, [](const PeerAddress& one) { return !one.local(); });
    forbidden_ = with_port.empty() && !no_address_;
    if (forbidden_) pool_.tell_forbidden(peer_index_);
  }
  for (PeerAddress& one : with_port) one.port = peer_.url.port;
  connector_->start(with_port, shared_->options.connect_ms);
}

void ClientConnection::on_connect_failed(bool late, int) {
  if (forbidden_) return fail(FetchError::refused);
  fail(no_address_ ? FetchError::resolve : late ? FetchError::connect_time : FetchError::connect);
}

void ClientConnection::on_connected(int fd, const PeerAddress& peer) {
  connector_.reset();
  fd_ = fd;
  NetContext& net = pool_.http().net;
  TlsSession session;
  if (peer_.tls) {
    if (peer_.tls->open(net, pool_.ticket(peer_index_), &session) != Status::ok) {
      ::close(fd);
      return fail(FetchError::tls);
    }
    state_ = State::handshake;
    timer_.arm(net.loop.timers(), shared_->options.connect_ms);
  }
  stream_ = Stream::connect(net, fd, peer, std::move(session), *this, *this);
  if (!peer_.tls) opened();
}

void ClientConnection::on_stream(Stream&) {
  if (state_ != State::handshake) return;  // it has ended meanwhile
  pool_.tell_tls_failure(peer_index_, nullptr);
  opened();
}

void ClientConnection::on_tls_failed(const char* why) {
  if (state_ == State::handshake) pool_.tell_tls_failure(peer_index_, why);
}

void ClientConnection::opened() {
  timer_.cancel();
  Counters& counters = pool_.counters();
  counters.add(Counter::upstream_connects);
  counters.record(Histogram::upstream_connect, monotonic_us() - began_us_);
  state_ = State::idle;
  if (UpstreamFetch* fetch = std::exchange(fetch_, nullptr)) return serve(*fetch);
  counted_ ? pool_.on_ready(*this) : fail(FetchError::stopped);  // nobody wants it any more
}

// --- Requests ----------------------------------------------------------------------------------

void ClientConnection::serve(UpstreamFetch& fetch) {
  fetch_ = &fetch;
  state_ = State::waiting;
  head_given_ = request_done_ = false;
  timer_.cancel();
  parser_.expect(fetch.to_head(), fetch.upgrade());
  if (requests_++ > 0) pool_.counters().add(Counter::upstream_reused);
  stream_->want_flush(Lane::answer);
}

bool ClientConnection::quiet() const {
  char byte;
  return stream_->is_tls() || ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void ClientConnection::rest() {
  const UpstreamOptions& options = shared_->options;
  uint64_t limit_ms = options.keepalive_ms;
  if (const uint64_t told_ms = uint64_t{1000} * parser_.keep_alive_seconds(); told_ms > 0)
    limit_ms = std::min(limit_ms, told_ms - std::min(told_ms / 2, kKeepAliveMarginMs));
  timer_.arm(pool_.loop().timers(), limit_ms);
}

bool ClientConnection::on_flush(Gather& out) {
  if (!fetch_ || !served() || request_done_) return false;
  if (!head_given_) {
    if (out.full()) return true;
    out.add(Slice(fetch_->head()));
    head_given_ = true;
  }
  switch (fetch_->body().write(out)) {
    case BodyWriter::Result::more: return true;
    case BodyWriter::Result::wait: return false;
    case BodyWriter::Result::failed: {
      // Nobody's fault here, and nothing to be tried again.
      UpstreamFetch* const fetch = std::exchange(fetch_, nullptr);
      end();
      fetch->on_lost({FetchError::closed, peer_index_, true, true, false});
      return false;
    }
    case BodyWriter::Result::done: break;
  }
  request_done_ = true;
  if (state_ == State::waiting) timer_.arm(pool_.loop().timers(), shared_->options.first_byte_ms);
  if (state_ == State::tunnel) {
    source_ended_ = true;
    stream_->close();
  }
  return false;
}

void ClientConnection::on_request_ready(Lane lane) {
  if (served()) stream_->want_flush(lane);
}

void ClientConnection::on_tunnel_source() {
  if (state_ != State::tunnel) return;
  request_done_ = false;
  stream_->want_flush(Lane::answer);
}

// --- Answers -----------------------------------------------------------------------------------

void ClientConnection::on_data(Bytes data) {
  if (state_ == State::tunnel) return fetch_->sink().on_body(data);
  // What comes unasked could pass for the answer to the next request.
  if (state_ == State::idle || (state_ == State::waiting && !head_given_))
    return fail(FetchError::malformed);
  consume(data);
}

void ClientConnection::consume(Bytes data) {
  size_t taken = 0;
  const H1ResponseParser::Result result = parser_.feed(data, &taken);
  data = data.subspan(taken);
  switch (result) {
    case H1ResponseParser::Result::stopped: return;
    case H1ResponseParser::Result::refused: return fail(why_refused());
    case H1ResponseParser::Result::complete: return complete(data.empty());
    case H1ResponseParser::Result::upgraded:
      if (!data.empty() && state_ == State::tunnel) fetch_->sink().on_body(data);
      return;
    case H1ResponseParser::Result::more: break;
  }
  if (state_ == State::reading && !fetch_->paused())
    timer_.arm(pool_.loop().timers(), shared_->options.idle_ms);
}

FetchError ClientConnection::why_refused() const {
  if (parser_.too_large()) return FetchError::too_large;
  return FetchError::malformed;
}

bool ClientConnection::on_informational(uint16_t status, std::span<const Header> headers) {
  if (status != 100) fetch_->sink().on_informational(status, headers);
  return fetch_ != nullptr;
}

bool ClientConnection::on_head(uint16_t status, std::span<const Header> headers,
                               std::optional<uint64_t> length) {
  pool_.counters().record(Histogram::upstream_first_byte, monotonic_us() - fetch_->began_us());
  pool_.report(peer_index_, true);
  timer_.cancel();
  if (status == 101) {
    state_ = State::tunnel;
    fetch_->sink().on_upgraded(headers);
  } else {
    state_ = State::reading;
    fetch_->sink().on_head(status, headers, length);
  }
  if (fetch_ && fetch_->paused()) stream_->stop_reading();
  return fetch_ != nullptr;
}

bool ClientConnection::on_body(Bytes piece) {
  fetch_->sink().on_body(piece);
  return fetch_ != nullptr;
}

void ClientConnection::complete(bool reusable) {
  const bool reuse = reusable && request_done_ && parser_.keep_alive() && counted_ &&
                     requests_ < shared_->options.requests_max;
  if (requests_ == 1 && peer_.tls) pool_.ticket(peer_index_).keep(stream_->tls());
  timer_.cancel();
  state_ = State::idle;
  std::exchange(fetch_, nullptr)->finish(parser_.trailers());
  if (state_ != State::idle) return;  // ended meanwhile
  if (!reuse) return end();
  stream_->start_reading();
  pool_.on_ready(*this);
}

void ClientConnection::on_eof() {
  switch (state_) {
    case State::tunnel: {
      UpstreamFetch* const fetch = std::exchange(fetch_, nullptr);
      end();
      return fetch->finish({});
    }
    case State::waiting:
    case State::reading:
      if (said_goodbye() && parser_.in_body() &&
          parser_.finish() == H1ResponseParser::Result::complete)
        return complete(false);
      return fail(why_closed(Status::closed));
    default: return fail(FetchError::closed);
  }
}

// Over TLS the end of a connection is only what was meant if it was told: anybody on the way can
// close a socket (RFC 9112 section 9.8). What was read says so once more.
bool ClientConnection::said_goodbye() {
  uint8_t none[1];
  return !stream_->is_tls() || stream_->tls().read(none) == TlsSession::kClosed;
}

FetchError ClientConnection::why_closed(Status why) const {
  if (state_ == State::handshake) return why == Status::tls ? FetchError::tls : FetchError::connect;
  if (why == Status::timed_out) return FetchError::idle;
  return parser_.in_body() || state_ == State::tunnel ? FetchError::truncated : FetchError::closed;
}

// --- Pausing, time, end ------------------------------------------------------------------------

void ClientConnection::on_paused() {
  if (state_ != State::reading && state_ != State::tunnel) return;
  timer_.cancel();
  stream_->stop_reading();
}

void ClientConnection::on_resumed() {
  if (state_ != State::reading && state_ != State::tunnel) return;
  if (state_ == State::reading) timer_.arm(pool_.loop().timers(), shared_->options.idle_ms);
  stream_->start_reading();
}

void ClientConnection::on_timer() {
  switch (state_) {
    case State::resolving: return fail(FetchError::resolve);
    case State::handshake: return fail(FetchError::connect_time);
    case State::waiting: return fail(FetchError::first_byte);
    case State::reading: return fail(FetchError::idle);
    default: return end();
  }
}

// Its fetch is being destroyed. What carries nothing of it yet may serve another.
void ClientConnection::on_fetch_gone() {
  fetch_ = nullptr;
  if (!served()) return;
  if (state_ != State::waiting || head_given_ || !counted_) return end();
  state_ = State::idle;
  --requests_;
  pool_.on_ready(*this);
}

void ClientConnection::fail(FetchError why) {
  Counters& counters = pool_.counters();
  const UpstreamFetch::Loss loss{why, peer_index_, head_given_ && served(), parser_.begun(),
                                 requests_ > 1};
  switch (why) {
    case FetchError::connect_time: counters.add(Counter::limit_upstream_connect); break;
    case FetchError::first_byte: counters.add(Counter::limit_upstream_first_byte); break;
    case FetchError::idle: counters.add(Counter::limit_upstream_idle); break;
    case FetchError::too_large: counters.add(Counter::limit_upstream_head); break;
    case FetchError::malformed: counters.add(Counter::upstream_malformed); break;
    default: break;
  }
  if (state_ < State::idle && why != FetchError::stopped)
    counters.add(Counter::upstream_connect_failures);
  const bool its_fault = why != FetchError::stopped && state_ != State::idle &&
                         !(loss.reused && why == FetchError::closed);
  if (its_fault) pool_.report(peer_index_, false);
  UpstreamFetch* const fetch = std::exchange(fetch_, nullptr);
  end();  // may be the end of this object
  if (fetch) fetch->on_lost(loss);
}

// Leaves the pool and the socket; what is left frees itself.
void ClientConnection::end() {
  if (state_ == State::ended) return;
  pool_.remove(*this);
  state_ = State::ended;
  timer_.cancel();
  ListNode<Resolver::Waiter>::unlink();
  connector_.reset();
  if (stream_) {
    stream_->abort(Status::canceled);
  } else {
    delete this;
  }
}

void ClientConnection::on_closed(Status why) {
  stream_ = nullptr;
  if (state_ == State::ended) {
    delete this;
  } else if (source_ended_) {
    UpstreamFetch* const fetch = std::exchange(fetch_, nullptr);
    end();
    fetch->finish({});
  } else {
    fail(why_closed(why));
  }
}

}  // namespace fce
