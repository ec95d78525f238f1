// SPDX-License-Identifier: Apache-2.0
#include "http/h2_connection.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace fce {
namespace {

// Bursts of the budgets, in seconds of their rates. Resets: a page that is left cancels everything
// it had asked for.
constexpr uint32_t kResetBurst = 10;
constexpr uint32_t kControlBurst = 5;
// A drain waits so long for requests that crossed its announcement, unless a PING comes back first.
constexpr uint64_t kDrainCrossingMs = 1000;
constexpr uint64_t kNever = ~uint64_t{0};
constexpr size_t kFrameHeadBytes = 9;

}  // namespace

void H2Connection::start(HttpContext& http, Stream& stream) {
  auto* connection = new H2Connection(http, stream);
  stream.set_owner(connection);
  connection->set_timer();
  if (http.draining) connection->drain();
  stream.want_flush(Lane::answer);
}

H2Connection::H2Connection(HttpContext& http, Stream& stream)
    : link_(http, stream),
      timer_([](void* self) { static_cast<H2Connection*>(self)->on_timer(); }, this),
      since_ms_(http.net.loop.now_ms()) {
  link_.session = make_h2_session(callbacks(), this, memory_, http.net.limits, http.h2_websocket);
  http.connections.push_back(this);
}

H2Connection::~H2Connection() {
  while (H2Stream* stream = link_.streams.front()) delete stream;
  nghttp2_session_del(link_.session);
}

H2Stream* H2Connection::find(int32_t id) {
  return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(link_.session, id));
}

// --- Bytes in and out --------------------------------------------------------------------------

void H2Connection::on_data(Bytes data) {
  const ssize_t taken = nghttp2_session_mem_recv(link_.session, data.data(), data.size());
  if (taken < 0) return fail_session(taken);
  if (nghttp2_session_want_write(link_.session))
    link_.stream.want_flush(Lane::answer);
  else
    close_if_done();
  set_timer();
}

void H2Connection::on_eof() {
  // Nobody half-closes an HTTP/2 connection: what is ready is sent, then it ends.
  timer_.cancel();
  link_.stream.close();
}

bool H2Connection::on_flush(Gather& out) {
  link_.out = &out;
  link_.full = false;
  bool more = false;
  for (;;) {
    if (out.full()) {
      more = nghttp2_session_want_write(link_.session) != 0;
      break;
    }
    const uint8_t* frame;
    const ssize_t size = nghttp2_session_mem_send(link_.session, &frame);
    if (size < 0) {
      link_.out = nullptr;
      fail_session(size);
      return false;
    }
    if (size == 0) break;
    out.copy({frame, static_cast<size_t>(size)});
  }
  link_.out = nullptr;
  more |= link_.full;
  if (!more) close_if_done();
  set_timer();
  return more;
}

void H2Connection::on_closed(Status) { delete this; }

void H2Connection::fail_session(int64_t error) {
  if (!cut_) {
    switch (error) {
      case NGHTTP2_ERR_FLOODED: cut_off(Counter::limit_h2_control); break;
      case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS: cut_off(Counter::limit_h2_continuations); break;
      default: cut_off(Counter::bad_requests);
    }
  }
  timer_.cancel();
  link_.stream.abort(Status::protocol);
}

bool H2Connection::cut_off(Counter counter) {
  cut_ = true;
  link_.http.net.counters.add(counter);
  return false;
}

void H2Connection::close_if_done() {
  if (nghttp2_session_want_read(link_.session) || nghttp2_session_want_write(link_.session)) return;
  timer_.cancel();
  // Asked to leave, it had no stream to stay for: then it was cut off by that.
  if (calmed_ && !cut_) cut_off(*calmed_);
  // What the client still sends must not destroy the GOAWAY on its way.
  link_.stream.close(true);
}

// --- Events ------------------------------------------------------------------------------------

bool H2Connection::on_frame_begins(uint8_t type, uint8_t flags) {
  switch (type) {
    case NGHTTP2_HEADERS:
      continuations_ = 0;
      window_credit_.earn();
      // After a GOAWAY new streams are ignored; decoding them is still work.
      return drain_ == Drain::none && !leaving_ ? true : spend_control();
    case NGHTTP2_CONTINUATION:
      if (++continuations_ <= link_.http.net.limits.h2_continuations_max) return true;
      return cut_off(Counter::limit_h2_continuations);
    case NGHTTP2_RST_STREAM: return spend_reset();
    case NGHTTP2_WINDOW_UPDATE: return window_credit_.pay() || spend_control();
    case NGHTTP2_DATA: return true;
    case NGHTTP2_PING:
      return (flags & NGHTTP2_FLAG_ACK && drain_ == Drain::announced) || spend_control();
    default: return spend_control();
  }
}

void H2Connection::on_head_begins(int32_t id) {
  ++streams_;
  head_since_ms_ = link_.http.net.loop.now_ms();
  heading_ = new H2Stream(link_, id);
  nghttp2_session_set_stream_user_data(link_.session, id, heading_);
}

bool H2Connection::on_field(int32_t id, std::string_view name, std::string_view value,
                            bool name_is_static) {
  H2Stream* stream = heading_ ? heading_ : find(id);
  if (!stream || stream->add_field(name, value, name_is_static)) return true;
  return cut_off(Counter::limit_header_bytes);
}

void H2Connection::on_head(H2Stream& stream, bool request_ends) {
  heading_ = nullptr;
  stream.on_head(request_ends);
}

void H2Connection::on_body(int32_t id, Bytes piece) {
  H2Stream* stream = find(id);
  switch (stream ? stream->on_body(piece) : H2Stream::Credit::connection) {
    case H2Stream::Credit::both: nghttp2_session_consume(link_.session, id, piece.size()); break;
    case H2Stream::Credit::connection:
      nghttp2_session_consume_connection(link_.session, piece.size());
      break;
    case H2Stream::Credit::none: break;
  }
}

void H2Connection::on_invalid_frame(bool opens_stream, int error) {
  // Before the client has acknowledged our SETTINGS it is told by a reset, and may try again; after
  // that it breaks the protocol and nghttp2 ends the connection.
  const bool too_many =
      error == NGHTTP2_ERR_REFUSED_STREAM || (opens_stream && error == NGHTTP2_ERR_PROTO &&
                                              streams_ >= link_.http.net.limits.h2_streams_max);
  link_.http.net.counters.add(too_many ? Counter::limit_h2_streams : Counter::bad_requests);
}

void H2Connection::on_data_sent(const uint8_t* frame_head) {
  std::memcpy(link_.frame_head, frame_head, kFrameHeadBytes);
  window_credit_.earn();
}

bool H2Connection::on_reset_sent(uint32_t error) {
  switch (error) {
    case NGHTTP2_NO_ERROR:
    case NGHTTP2_CANCEL:
    case NGHTTP2_INTERNAL_ERROR: return true;  // ours
    default: return spend_reset();             // the client has made us do it
  }
}

void H2Connection::on_stream_closed(H2Stream* stream) {
  if (stream == heading_) heading_ = nullptr;
  delete stream;
  --streams_;
  if (link_.streams.empty()) since_ms_ = link_.http.net.loop.now_ms();
}

// --- Budgets -----------------------------------------------------------------------------------

bool H2Connection::spend(H2Budget& budget, uint32_t per_s, uint32_t burst, Counter counter) {
  switch (budget.spend(link_.http.net.loop.now_ms(), per_s, burst)) {
    case H2Budget::Level::fine: break;
    case H2Budget::Level::high:
      if (!leaving_) calmed_ = counter;
      leave(NGHTTP2_ENHANCE_YOUR_CALM);
      break;
    case H2Budget::Level::spent: return cut_off(counter);
  }
  return true;
}

bool H2Connection::spend_control() {
  const uint32_t per_s = link_.http.net.limits.h2_control_per_s;
  return spend(controls_, per_s, per_s * kControlBurst, Counter::limit_h2_control);
}

bool H2Connection::spend_reset() {
  const uint32_t per_s = link_.http.net.limits.h2_resets_per_s;
  return spend(resets_, per_s, per_s * kResetBurst, Counter::limit_h2_resets);
}

// The streams that are open go on; nothing new is taken.
void H2Connection::leave(uint32_t error, std::string_view why) {
  if (std::exchange(leaving_, true)) return;
  nghttp2_submit_goaway(link_.session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(link_.session), error,
                        as_bytes(why).data(), why.size());
}

// --- Drain -------------------------------------------------------------------------------------

void H2Connection::drain() {
  if (drain_ != Drain::none) return;
  drain_ = Drain::announced;
  drain_since_ms_ = link_.http.net.loop.now_ms();
  // Requests that are on their way are still served: a GOAWAY that excludes none, a PING behind it
  // to learn that the client has seen it, then the GOAWAY that holds (RFC 9113 section 6.8).
  nghttp2_submit_shutdown_notice(link_.session);
  link_.streams.for_each([](H2Stream* stream) { stream->on_drain(); });
  link_.stream.want_flush(Lane::answer);
  set_timer();
}

void H2Connection::on_goaway_sent() {
  if (drain_ == Drain::announced) nghttp2_submit_ping(link_.session, NGHTTP2_FLAG_NONE, nullptr);
}

void H2Connection::on_ping_answered() {
  if (drain_ == Drain::announced) finish_drain();
}

void H2Connection::finish_drain() {
  drain_ = Drain::final;
  leave(NGHTTP2_NO_ERROR, link_.http.pacing.retry_text());
  link_.stream.want_flush(Lane::answer);
}

// --- Time --------------------------------------------------------------------------------------

// The nearest of all deadlines. Who has greeted may keep its connection ready for later, before a
// first request, as browsers do, as well as after one. An open stream that waits for its events has
// none; one that has something to send has, since only the client can give it a window.
uint64_t H2Connection::next_deadline_ms() {
  const Limits& limits = link_.http.net.limits;
  uint64_t at = kNever;
  if (link_.streams.empty()) at = since_ms_ + (greeted_ ? limits.h2_idle_ms : limits.header_ms);
  if (heading_) at = std::min(at, head_since_ms_ + limits.header_ms);
  link_.uploads.for_each(
      [&at](H2Stream* upload) { at = std::min(at, upload->upload_deadline_ms()); });
  if (const H2Stream* sending = link_.sending.front())
    at = std::min(at, sending->send_deadline_ms());
  if (drain_ == Drain::announced) at = std::min(at, drain_since_ms_ + kDrainCrossingMs);
  return at;
}

// Leaves a timer alone that fires before the next deadline: so a busy connection does not touch it.
void H2Connection::set_timer() {
  if (link_.stream.closing()) return timer_.cancel();
  const uint64_t at = next_deadline_ms();
  if (at == kNever || (timer_.armed() && timer_at_ms_ <= at)) return;
  const uint64_t now = link_.http.net.loop.now_ms();
  timer_at_ms_ = at;
  timer_.arm(link_.http.net.loop.timers(), at > now ? at - now : 0);
}

void H2Connection::on_timer() {
  const uint64_t now = link_.http.net.loop.now_ms();
  const Limits& limits = link_.http.net.limits;
  if (heading_ && now >= head_since_ms_ + limits.header_ms) {
    cut_off(Counter::limit_header_time);
    return link_.stream.abort(Status::timed_out);
  }
  if (link_.streams.empty() && now >= next_deadline_ms() && drain_ != Drain::announced) {
    link_.http.net.counters.add(greeted_ ? Counter::limit_h2_idle : Counter::limit_header_time);
    nghttp2_session_terminate_session(link_.session, NGHTTP2_NO_ERROR);
    link_.stream.want_flush(Lane::answer);
    return;
  }
  if (drain_ == Drain::announced && now >= drain_since_ms_ + kDrainCrossingMs) finish_drain();
  link_.uploads.for_each([now](H2Stream* stream) {
    if (now >= stream->upload_deadline_ms()) stream->on_upload_too_slow();
  });
  // Each leaves the list or goes to its end.
  for (H2Stream* first; (first = link_.sending.front()) && now >= first->send_deadline_ms();)
    first->on_send_too_slow();
  set_timer();
}

}  // namespace fce
