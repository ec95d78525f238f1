// SPDX-License-Identifier: Apache-2.0
#include "http/h2_stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "http/answer.h"
#include "http/context.h"
#include "http/dispatch.h"
#include "http/h2_answer.h"
#include "http/h2_tunnel.h"
#include "net/stream.h"

namespace fce {
namespace {

constexpr size_t kFrameHeadBytes = 9;
// A smaller rest of a gather is not worth a frame.
constexpr size_t kSmallestFrameBytes = 256;
// A body of at most this size is copied next to its header: cheaper than a piece of its own.
constexpr size_t kCopyBytesMax = 2048;
constexpr size_t kFirstBodyBytes = 4096;
// A body whose length the client has told gets its whole buffer at once up to here.
constexpr uint32_t kTrustedBodyBytes = 64 * 1024;
// Bodies in memory of one connection, in multiples of the largest that one request may have.
constexpr uint64_t kBodiesMax = 8;
constexpr uint64_t kLargeBodyBytes = 64 * 1024;
// How long, and for how many bytes, a request may go on after its answer. Clients take a reset that
// comes at once for a failure, although it says that there is none (curl 7.88).
constexpr uint64_t kLingerMs = 2000;
constexpr uint32_t kLingerBytes = 64 * 1024;

ssize_t read_body(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                  nghttp2_data_source* source, void*) {
  return static_cast<H2Stream*>(source->ptr)->read(length, flags);
}

}  // namespace

H2Stream::H2Stream(H2Link& link, int32_t id) : link_(link), id_(id) {
  exchange_ = new Exchange(link.http, *this, link.stream.peer());
  head_ = new (exchange_->arena.allocate(sizeof(H2RequestHead)))
      H2RequestHead(exchange_->arena, link.http.net.limits);
  link.streams.push_back(this);
}

H2Stream::~H2Stream() {
  if (upload_) drop_upload();
  if (exchange_) exchange_->detach();
  release_exchange();
  tunnel_ = nullptr;
  source_.reset();
}

void H2Stream::release_exchange() {
  if (upload_)
    upload_->drop_untaken();
  else
    static_cast<ListNode<H2Upload>*>(this)->unlink();
  link_.body_bytes -= std::exchange(body_capacity_, 0);
  body_ = nullptr;
  head_ = nullptr;
  if (Exchange* exchange = std::exchange(exchange_, nullptr)) exchange->unref();
}

// --- The request -------------------------------------------------------------------------------

bool H2Stream::add_field(std::string_view name, std::string_view value, bool name_is_static) {
  if (head_) return head_->add(name, value, name_is_static);
  // A trailer is allowed and ignored, but not without end.
  trailer_bytes_ += name.size() + value.size();
  return trailer_bytes_ <= link_.http.net.limits.header_bytes_max;
}

void H2Stream::on_head(bool request_ends) {
  Counters& counters = link_.http.net.counters;
  counters.add(Counter::h2_requests);
  Exchange& exchange = *exchange_;
  exchange.ref();  // an answer ends our own reference
  const H2RequestHead::Refusal refusal = head_->finish(&exchange.request);
  exchange.request.tls = link_.stream.is_tls();
  const bool tunnel = asks_for_tunnel();
  content_length_ = request_ends || tunnel ? 0 : head_->content_length();
  has_priority_ |= head_->has_priority();
  head_ = nullptr;
  request_open_ = !request_ends;
  if (refusal.status != 0) {
    counters.add(refusal.counter);
    exchange.respond_text(refusal.status, refusal.why);
  } else if (tunnel && request_ends) {
    counters.add(Counter::bad_requests);
    exchange.respond_text(400, "a WebSocket needs a stream that stays open\n");
  } else {
    body_max_ = dispatch_begin(exchange, content_length_);
    if (request_ends || tunnel) {
      dispatch_run(exchange);
    } else if (dispatch_streams(exchange)) {
      begin_upload(exchange);
    } else if (!exchange.answered()) {
      upload_began_ms_ = upload_last_ms_ = link_.http.net.loop.now_ms();
      link_.uploads.push_back(this);
    }
  }
  exchange.unref();
}

H2Stream::Credit H2Stream::on_body(Bytes piece) {
  if (tunnel_ && !tunnel_->closing())
    return tunnel_->on_data(piece) ? Credit::both : Credit::connection;
  if (upload_) return push_upload(piece);
  if (!exchange_) return discard(piece);
  upload_last_ms_ = link_.http.net.loop.now_ms();
  const uint64_t size = uint64_t{body_size_} + piece.size();
  if (size > body_max_) {
    link_.http.net.counters.add(Counter::limit_body_bytes);
    exchange_->respond_text(413, "the body is too large\n");
    return Credit::connection;
  }
  if (piece.empty()) return Credit::both;
  if (!reserve_body(static_cast<size_t>(size))) {
    link_.http.net.counters.add(Counter::limit_body_bytes);
    exchange_->respond_text(503, "too many bodies at once\n");
    return Credit::connection;
  }
  std::memcpy(body_ + body_size_, piece.data(), piece.size());
  body_size_ = static_cast<uint32_t>(size);
  return Credit::both;
}

H2Stream::Credit H2Stream::discard(Bytes piece) {
  discarded_bytes_ += piece.size();
  if (answer_sent_ && discarded_bytes_ > kLingerBytes) stop_request();
  return Credit::connection;
}

// The buffer grows by doubling in the exchange's arena, so that only what was sent costs memory.
bool H2Stream::reserve_body(size_t needed) {
  if (needed <= body_capacity_) return true;
  const uint32_t announced = static_cast<uint32_t>(std::max<int64_t>(content_length_, 0));
  size_t capacity = std::max({needed, size_t{body_capacity_} * 2, kFirstBodyBytes});
  if (announced >= needed && announced <= kTrustedBodyBytes) capacity = announced;
  capacity = std::min<size_t>(capacity, announced >= needed ? announced : body_max_);
  const uint64_t most = kBodiesMax * std::max(body_max_, link_.http.net.limits.body_bytes_max);
  if (link_.body_bytes - body_capacity_ + capacity > most) return false;
  auto* bigger = static_cast<uint8_t*>(exchange_->arena.allocate(capacity));
  if (body_size_ > 0) std::memcpy(bigger, body_, body_size_);
  link_.body_bytes += capacity - body_capacity_;
  body_ = bigger;
  body_capacity_ = static_cast<uint32_t>(capacity);
  return true;
}

void H2Stream::on_request_end() {
  request_open_ = false;
  static_cast<ListNode<H2Upload>*>(this)->unlink();
  if (upload_) return end_upload();
  if (tunnel_) return tunnel_->on_end();
  if (!exchange_ || asks_for_tunnel()) return;
  exchange_->request.body = {body_, body_size_};
  dispatch_run(*exchange_);
}

uint64_t H2Stream::upload_deadline_ms() const {
  if (upload_) return upload_->deadline_ms(link_.http.net.limits.body_ms);
  if (!exchange_) return upload_last_ms_ + kLingerMs;
  // A byte a millisecond is about 1 KiB/s.
  return std::min(upload_last_ms_, upload_began_ms_ + body_size_) + link_.http.net.limits.body_ms;
}

void H2Stream::on_upload_too_slow() {
  static_cast<ListNode<H2Upload>*>(this)->unlink();
  if (!exchange_ && !upload_) return stop_request();
  link_.http.net.counters.add(Counter::limit_body_time);
  if (upload_) return refuse_upload(408, "the body came too slowly\n");
  exchange_->respond_text(408, "the body came too slowly\n");
}

// --- The answer --------------------------------------------------------------------------------

void H2Stream::on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                         Body body) {
  // A success would make it a tunnel (RFC 9113 section 8.5).
  if (asks_for_tunnel() && status / 100 == 2)
    return answer(exchange, 501, {}, Body::copy_of("there is no WebSocket here\n"));
  answer(exchange, status, headers, std::move(body));
}

void H2Stream::answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                      Body body) {
  const AnswerPlan plan = plan_answer(exchange.request.method, status, body);
  H2AnswerFields fields(exchange, status, headers, plan);
  nghttp2_data_provider provider{};
  if (plan.send_body) {
    source_ = std::move(body.source);
    bytes_ = std::move(body.bytes);
    length_known_ = body.length.has_value();
    left_ = body.length.value_or(0);
    if (source_) source_->set_reader(this);
    provider.source.ptr = this;
    provider.read_callback = read_body;
  }
  // Fails only when the stream is being reset anyway.
  nghttp2_submit_response(link_.session, id_, fields.data(), fields.size(),
                          plan.send_body ? &provider : nullptr);
  // A source without an end may have nothing yet: it tells when it does.
  if (plan.send_body && (!source_ || length_known_)) set_moved();
  if (plan.send_body) prioritize(tunnel_ || fields.event_stream(), body.length);
  link_.stream.want_flush(Lane::answer);
  release_exchange();
}

// Live events go before everything else, large files after it and in turns; unless the client has
// said what it wants (RFC 9218).
void H2Stream::prioritize(bool event_stream, std::optional<uint64_t> length) {
  if (has_priority_) return;
  nghttp2_extpri priority{};
  priority.inc = 1;
  if (event_stream) {
    priority.urgency = 1;
  } else if (!length || *length > kLargeBodyBytes) {
    priority.urgency = 4;
  } else {
    return;
  }
  nghttp2_session_change_extpri_stream_priority(link_.session, id_, &priority, 0);
}

void H2Stream::on_abort(Exchange&) {
  if (upload_) drop_upload();
  nghttp2_submit_rst_stream(link_.session, NGHTTP2_FLAG_NONE, id_, NGHTTP2_INTERNAL_ERROR);
  link_.stream.want_flush(Lane::answer);
  release_exchange();
}

Status H2Stream::on_upgrade(Exchange& exchange, std::span<const Header> headers,
                            Upgraded* upgraded) {
  if (!asks_for_tunnel() || !request_open_)
    return fail(Status::unsupported, "this request cannot be upgraded");
  auto tunnel = std::make_unique<H2Tunnel>(*this);
  tunnel_ = tunnel.get();
  upgraded->channel = WsChannel(*tunnel);
  // What the client sent without waiting for the answer.
  upgraded->rest.assign(body_, body_ + body_size_);
  answer(exchange, 200, headers, Body::pulled(std::move(tunnel), std::nullopt));
  return Status::ok;
}

void H2Stream::open_window(uint32_t bytes) {
  nghttp2_session_consume_stream(link_.session, id_, bytes);
  link_.stream.want_flush(Lane::answer);
}

void H2Stream::cancel() {
  nghttp2_submit_rst_stream(link_.session, NGHTTP2_FLAG_NONE, id_, NGHTTP2_CANCEL);
  link_.stream.want_flush(Lane::answer);
}

void H2Stream::on_continue(Exchange&) {
  if (!request_open_) return;
  nghttp2_nv field = h2_field(":status", "100");
  nghttp2_submit_headers(link_.session, NGHTTP2_FLAG_NONE, id_, nullptr, &field, 1, nullptr);
  link_.stream.want_flush(Lane::answer);
}

void H2Stream::on_inform(Exchange& exchange, uint16_t status, std::span<const Header> headers) {
  const H2AnswerFields fields(exchange, status, headers);
  nghttp2_submit_headers(link_.session, NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(),
                         fields.size(), nullptr);
  link_.stream.want_flush(Lane::answer);
}

void H2Stream::on_answer_sent() {
  if (!request_open_) return;
  if (upload_) drop_upload();
  answer_sent_ = true;
  if (discarded_bytes_ > kLingerBytes) return stop_request();
  upload_last_ms_ = link_.http.net.loop.now_ms();
  link_.uploads.push_back(this);
}

// Answered in full: the client need not send the rest (RFC 9113 section 8.1).
void H2Stream::stop_request() {
  if (!std::exchange(request_open_, false)) return;
  static_cast<ListNode<H2Upload>*>(this)->unlink();
  nghttp2_submit_rst_stream(link_.session, NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
  link_.stream.want_flush(Lane::answer);
}

void H2Stream::on_drain() {
  if (source_) source_->on_drain();
}

void H2Stream::on_body_ready(BodySource&, Lane lane) {
  waiting_ = false;
  if (!static_cast<ListNode<H2Sending>*>(this)->linked()) set_moved();
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(link_.session, id_);
  link_.stream.want_flush(lane);
}

// The list is in the order of time, so that only its first need be looked at.
void H2Stream::set_moved() {
  moved_ms_ = link_.http.net.loop.now_ms();
  link_.sending.push_back(this);
}

uint64_t H2Stream::send_deadline_ms() const { return moved_ms_ + link_.http.net.limits.write_ms; }

// A window of the connection that is empty just now does not count while others make use of it.
bool H2Stream::window_closed() const {
  if (nghttp2_session_get_stream_remote_window_size(link_.session, id_) <= 0) return true;
  return nghttp2_session_get_remote_window_size(link_.session) <= 0 &&
         link_.http.net.loop.now_ms() >= link_.moved_ms + link_.http.net.limits.write_ms;
}

void H2Stream::on_send_too_slow() {
  // What waits for more urgent streams, or for the socket, whose stream has a timer of its own.
  if (!window_closed()) return set_moved();
  static_cast<ListNode<H2Sending>*>(this)->unlink();
  link_.http.net.counters.add(Counter::limit_write_time);
  cancel();
}

ptrdiff_t H2Stream::read(size_t length, uint32_t* flags) {
  if (waiting_) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  Gather& out = *link_.out;
  const size_t room = out.room();
  if (room <= kFrameHeadBytes || (room < kSmallestFrameBytes && !out.empty())) {
    link_.full = true;
    return NGHTTP2_ERR_PAUSE;
  }
  size_t max = std::min(length, room - kFrameHeadBytes);
  if (length_known_) max = static_cast<size_t>(std::min<uint64_t>(max, left_));
  const Gather::Mark mark = out.mark();
  link_.frame_head = out.reserve(kFrameHeadBytes);
  const size_t before = out.bytes();
  const BodySource::Pull result = source_ ? pull(out, max) : add_bytes(out, max);
  const size_t added = out.bytes() - before;
  const bool too_short = result == BodySource::Pull::end && length_known_ && added < left_;
  if (result == BodySource::Pull::failed || added > max || too_short) {
    out.truncate(mark);
    tunnel_ = nullptr;
    source_.reset();
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  if (length_known_) left_ -= added;
  const bool end = result == BodySource::Pull::end || (length_known_ && left_ == 0);
  waiting_ = !end && result == BodySource::Pull::wait;
  if (added == 0 && !end) {
    out.truncate(mark);
    deferred_ = waiting_;
    if (waiting_) static_cast<ListNode<H2Sending>*>(this)->unlink();
    link_.full |= !waiting_;
    return waiting_ ? NGHTTP2_ERR_DEFERRED : NGHTTP2_ERR_PAUSE;
  }
  link_.moved_ms = link_.http.net.loop.now_ms();
  set_moved();
  if (end || waiting_) static_cast<ListNode<H2Sending>*>(this)->unlink();
  if (end) *flags |= NGHTTP2_DATA_FLAG_EOF;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ptrdiff_t>(added);
}

// Fills the frame, since each costs a header: a source may have its bytes in small pieces.
BodySource::Pull H2Stream::pull(Gather& out, size_t max) {
  const size_t end = out.bytes() + max;
  for (;;) {
    const size_t before = out.bytes();
    const BodySource::Pull result = source_->pull(out, end - before);
    const size_t after = out.bytes();
    if (result != BodySource::Pull::more || after == before || after >= end || out.full())
      return result;
  }
}

BodySource::Pull H2Stream::add_bytes(Gather& out, size_t max) {
  const Bytes piece = bytes_.bytes.first(std::min(max, bytes_.bytes.size()));
  bytes_.bytes = bytes_.bytes.subspan(piece.size());
  if (piece.size() <= kCopyBytesMax) {
    out.copy(piece);
  } else if (bytes_.chunk) {
    out.add(Slice{bytes_.chunk, piece});
  } else {
    out.add(piece);
  }
  return bytes_.bytes.empty() ? BodySource::Pull::end : BodySource::Pull::more;
}

}  // namespace fce
