// SPDX-License-Identifier: Apache-2.0
#include "http/h1_connection.h"

#include <cstring>
#include <utility>

#include "http/answer.h"
#include "http/dispatch.h"
#include "http/h1_answer_head.h"
#include "http/h2_connection.h"

namespace fce {
namespace {

constexpr std::string_view kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kChunkHeadBytes = 7;       // five hex digits, CR, LF
constexpr size_t kChunkBytesMax = 0xfffff;  // what five digits can say

}  // namespace

void H1Connection::start(HttpContext& http, Stream& stream) {
  auto* connection = new H1Connection(http, stream);
  stream.set_owner(connection);
  connection->set_timer();
}

H1Connection::H1Connection(HttpContext& http, Stream& stream)
    : http_(http),
      stream_(&stream),
      parser_(http.net.limits, *this),
      timer_([](void* self) { static_cast<H1Connection*>(self)->on_timer(); }, this) {
  http.connections.push_back(this);
}

H1Connection::~H1Connection() = default;

// --- Reading -----------------------------------------------------------------------------------

void H1Connection::on_data(Bytes data) {
  if (closing_) return;
  if (first_) {
    if (!held_.empty()) {
      held_.insert(held_.end(), data.begin(), data.end());
      const auto whole = std::exchange(held_, {});
      return on_data(whole);
    }
    if (switch_to_h2(data)) return;
  }
  inside_ = true;
  consume(data);
  inside_ = false;
  if (gone_) {
    delete this;
    return;
  }
  set_timer();
}

// A client may know beforehand that we speak HTTP/2 (RFC 9113 section 3.3).
bool H1Connection::switch_to_h2(Bytes data) {
  if (stream_->is_tls()) return first_ = false;
  const std::string_view text = as_text(data).substr(0, kH2Preface.size());
  if (text != kH2Preface.substr(0, text.size())) return first_ = false;
  if (text.size() < kH2Preface.size()) {
    hold(data);
    return true;
  }
  Stream& stream = *stream_;
  HttpContext& http = http_;
  delete this;
  H2Connection::start(http, stream);
  stream.owner()->on_data(data);
  return true;
}

void H1Connection::consume(Bytes data) {
  while (!data.empty() && !closing_ && !gone_) {
    if (!can_parse()) {
      if (queued_answers_ >= http_.net.limits.pipeline_max)
        http_.net.counters.add(Counter::limit_pipeline);
      stream_->stop_reading();
      return hold(data);
    }
    size_t taken = 0;
    const H1Parser::Result result = parser_.feed(data, &taken);
    data = data.subspan(taken);
    switch (result) {
      case H1Parser::Result::more: return;
      case H1Parser::Result::stopped: return;
      case H1Parser::Result::refused: return refuse(parser_.refusal());
      case H1Parser::Result::request:
        after_ = data;
        request_complete();
        after_ = {};
    }
  }
}

void H1Connection::hold(Bytes data) { held_.insert(held_.end(), data.begin(), data.end()); }

Arena& H1Connection::on_begin() {
  timer_for_ = Waiting::request;  // this request has its own time
  exchange_ = new Exchange(http_, *this, stream_->peer());
  return exchange_->arena;
}

bool H1Connection::on_head(Request& request, int64_t content_length, bool expects_continue) {
  http_.net.counters.add(Counter::h1_requests);
  Exchange& exchange = *exchange_;
  exchange.request = request;
  exchange.request.tls = stream_->is_tls();
  body_open_ = content_length != 0;
  body_began_ms_ = http_.net.loop.now_ms();
  expects_continue_ = expects_continue;
  keep_alive_ = keep_alive_ && parser_.keep_alive() && !http_.draining;
  exchange.ref();
  body_max_ = dispatch_begin(exchange, content_length);
  if (body_open_ && dispatch_streams(exchange)) begin_upload(exchange, content_length);
  exchange.unref();
  // An answer before the body is the last one: what follows cannot be told from a request.
  return !closing_;
}

bool H1Connection::on_body(Bytes piece) {
  if (upload_) return push_upload(piece);
  if (!exchange_) return false;
  auto& body = exchange_->body_store;
  if (piece.size() > body_max_ || body.size() > body_max_ - piece.size()) {
    http_.net.counters.add(Counter::limit_body_bytes);
    exchange_->respond_text(413, "the body is too large\n");
    return false;
  }
  body.insert(body.end(), piece.begin(), piece.end());
  watch_body();
  return true;
}

// The longest pause, and over all at least a byte a millisecond: a body that trickles in holds the
// memory of what came before.
void H1Connection::watch_body() {
  const uint64_t now = http_.net.loop.now_ms();
  const uint64_t fair = body_began_ms_ + exchange_->body_store.size();
  const uint64_t deadline = std::min(now, fair) + http_.net.limits.body_ms;
  timer_for_ = Waiting::body;
  timer_.arm(http_.net.loop.timers(), deadline > now ? deadline - now : 0);
}

void H1Connection::request_complete() {
  body_open_ = false;
  if (upload_) return end_upload();
  if (!exchange_) return;  // answered already
  Exchange& exchange = *exchange_;
  exchange.request.body = exchange.body_store;
  exchange.ref();
  dispatch_run(exchange);
  exchange.unref();
}

void H1Connection::refuse(const H1Parser::Refusal& refusal) {
  http_.net.counters.add(refusal.counter);
  forget_exchange();
  if (source_) return cut_off(Status::protocol);  // its answer is under way
  count_answer(http_.net.counters, refusal.status);
  keep_alive_ = false;
  const std::string text = std::string(refusal.why) + "\n";
  const Header type[] = {{"content-type", "text/plain; charset=utf-8"}};
  queue_head(refusal.status, type, nullptr, text.size());
  queue_.push_back(Slice::whole(ChunkRef::copy_of(as_bytes(text))));
  close(true);
}

void H1Connection::on_eof() {
  eof_ = true;
  const bool incomplete = parser_.in_request() || body_open_;
  const bool endless = source_ && !source_left_;
  // A client that stops sending in the middle of a request, or of an answer that has no end, has
  // left. One that waits for its answers gets them.
  if (incomplete) {
    forget_exchange();
  } else if (exchange_) {
    exchange_->tell_eof();
  }
  if (endless) source_.reset();
  if (incomplete || endless || first_) held_.clear();
  if (held_.empty()) keep_alive_ = false;
  if (!exchange_ && !source_ && held_.empty()) close(false);
}

void H1Connection::on_closed(Status) {
  forget_exchange();
  delete this;
}

void H1Connection::forget_exchange() {
  upload_.reset();
  if (!exchange_) return;
  Exchange* exchange = std::exchange(exchange_, nullptr);
  exchange->detach();
  exchange->unref();
}

// --- Answering ---------------------------------------------------------------------------------

void H1Connection::on_answer(Exchange& exchange, uint16_t status, std::span<const Header> headers,
                             Body body) {
  exchange_ = nullptr;
  // What is left of the request's body cannot be told from a next request.
  if (body_open_ || http_.draining) keep_alive_ = false;
  const AnswerPlan plan = plan_answer(exchange.request.method, status, body);
  const bool unknown = plan.send_body && !plan.content_length;
  chunked_ = unknown && exchange.request.version == 11;
  if (unknown && !chunked_) keep_alive_ = false;
  queue_head(status, headers, &exchange, plan.content_length);
  if (plan.send_body && body.source) {
    source_ = std::move(body.source);
    source_->set_reader(this);
    source_left_ = body.length;
    source_ready_ = true;
    if (upload_) upload_->drop_untaken();
  } else {
    if (plan.send_body) queue_.push_back(std::move(body.bytes));
    end_answer();
  }
  stream_->want_flush(Lane::answer);
  exchange.unref();
}

void H1Connection::queue_head(uint16_t status, std::span<const Header> headers,
                              const Exchange* exchange, std::optional<uint64_t> content_length) {
  H1AnswerHead head;
  head.status = status;
  if (exchange) head.extra = exchange->extra_headers;
  // What goes before an answer need not say when.
  if (exchange ? !exchange->dated : status >= 200) head.date = http_.date();
  head.headers = headers;
  head.content_length = content_length;
  head.chunked = chunked_ && status >= 200;
  head.close = !keep_alive_ && status >= 200;
  queue_.push_back(encode_h1_head(head));
}

void H1Connection::end_answer() {
  source_.reset();
  chunked_ = false;
  ++queued_answers_;
  upload_.reset();
  if (!keep_alive_) close(body_open_);
}

void H1Connection::on_abort(Exchange& exchange) {
  exchange_ = nullptr;
  exchange.unref();
  cut_off(Status::canceled);
}

void H1Connection::on_continue(Exchange&) {
  if (!std::exchange(expects_continue_, false) || !body_open_) return;
  queue_.push_back(Slice::whole(ChunkRef::copy_of(as_bytes("HTTP/1.1 100 Continue\r\n\r\n"))));
  stream_->want_flush(Lane::answer);
}

void H1Connection::on_inform(Exchange&, uint16_t status, std::span<const Header> headers) {
  queue_head(status, headers, nullptr, std::nullopt);
  stream_->want_flush(Lane::answer);
}

Status H1Connection::on_upgrade(Exchange& exchange, std::span<const Header> headers,
                                Upgraded* upgraded) {
  if (!queue_.empty() || body_open_ || exchange.request.version != 11)
    return fail(Status::unsupported, "this request cannot be upgraded");
  keep_alive_ = true;
  queue_head(101, headers, &exchange, std::nullopt);
  Stream& stream = *std::exchange(stream_, nullptr);
  upgraded->channel = WsChannel(stream);
  upgraded->head = std::move(queue_.back());
  queue_.clear();
  upgraded->rest.assign(after_.begin(), after_.end());
  upgraded->rest.insert(upgraded->rest.end(), held_.begin(), held_.end());
  stream.start_reading();
  exchange_ = nullptr;
  exchange.unref();
  unlink();
  timer_.cancel();
  gone_ = true;
  if (!inside_) delete this;
  return Status::ok;
}

// --- Writing -----------------------------------------------------------------------------------

// True when there is more than there was room for.
inline bool H1Connection::send_queue(Gather& out) {
  for (; queue_first_ < queue_.size(); ++queue_first_) {
    Slice& slice = queue_[queue_first_];
    const size_t room = out.room();
    if (room == 0) return true;
    if (slice.bytes.size() > room) {
      out.add(Slice{slice.chunk, slice.bytes.first(room)});
      slice.bytes = slice.bytes.subspan(room);
      return true;
    }
    out.add(std::move(slice));
  }
  queue_.clear();
  queue_first_ = 0;
  queued_answers_ = 0;
  return false;
}

bool H1Connection::on_flush(Gather& out) {
  inside_ = true;
  bool more = false;
  for (;;) {
    more = send_queue(out) || pull(out);
    if (more || held_.empty() || first_ || closing_ || !can_parse()) break;
    // What was held back is the next request; its answer may still go with this flush.
    const auto held = std::exchange(held_, {});
    stream_->start_reading();
    consume(held);
    if (gone_) {
      delete this;
      return false;
    }
  }
  inside_ = false;
  // A client that sends nothing more, or a drain, and nothing is left to be said.
  const bool last = eof_ || !keep_alive_;
  if (last && !more && !busy() && held_.empty() && !parser_.in_request()) close(false);
  set_timer();
  return more;
}

bool H1Connection::pull(Gather& out) {
  while (source_ && source_ready_) {
    const size_t room = out.room();
    if (room <= kChunkHeadBytes) return true;
    size_t max = chunked_ ? std::min(room, kChunkBytesMax) : room;
    if (!chunked_ && source_->is_file()) max = out.file_room();
    if (source_left_) max = static_cast<size_t>(std::min<uint64_t>(max, *source_left_));
    const Gather::Mark mark = out.mark();
    uint8_t* head = chunked_ ? out.reserve(kChunkHeadBytes) : nullptr;
    const size_t before = out.bytes();
    const BodySource::Pull result = source_->pull(out, max);
    const size_t pulled = out.bytes() - before;
    if (source_left_) *source_left_ -= pulled;
    if (chunked_ && pulled == 0) out.truncate(mark);
    if (chunked_ && pulled > 0) {
      static constexpr char kHex[] = "0123456789abcdef";
      for (size_t i = 0; i < 5; ++i)
        head[i] = static_cast<uint8_t>(kHex[pulled >> (16 - 4 * i) & 15]);
      head[5] = '\r';
      head[6] = '\n';
      out.copy("\r\n");
    }
    const bool whole = source_left_ == uint64_t{0};
    if (result == BodySource::Pull::failed ||
        (result == BodySource::Pull::end && source_left_ && !whole)) {
      // The promised length cannot be kept: only the end of the connection can say so.
      source_.reset();
      cut_off(Status::io);
      return false;
    }
    if (result == BodySource::Pull::end || whole) {
      if (chunked_) out.copy("0\r\n\r\n");
      end_answer();
    } else if (result == BodySource::Pull::wait) {
      source_ready_ = false;
    }
  }
  return false;
}

void H1Connection::on_body_ready(BodySource&, Lane lane) {
  source_ready_ = true;
  stream_->want_flush(lane);
}

// --- Time and end ------------------------------------------------------------------------------

void H1Connection::set_timer() {
  const Limits& limits = http_.net.limits;
  TimerWheel& wheel = http_.net.loop.timers();
  if (closing_) return timer_.cancel();
  if (body_open_ && upload_) {
    if (!watch_upload()) timer_.cancel();
  } else if (body_open_ && exchange_) {
    if (timer_for_ != Waiting::body || !timer_.armed()) watch_body();
  } else if (parser_.in_head()) {
    // Counted from the first byte of the head, however many come later.
    if (timer_for_ != Waiting::head || !timer_.armed()) timer_.arm(wheel, limits.header_ms);
    timer_for_ = Waiting::head;
  } else if (busy()) {
    timer_.cancel();
  } else {
    if (!first_ || !timer_.armed()) timer_.arm(wheel, first_ ? limits.header_ms : limits.idle_ms);
    timer_for_ = Waiting::request;
  }
}

void H1Connection::on_timer() {
  Counters& counters = http_.net.counters;
  switch (timer_for_) {
    case Waiting::request:
      counters.add(first_ ? Counter::limit_header_time : Counter::limit_idle_time);
      return close(false);
    case Waiting::head:
      return refuse({408, "the request came too slowly", Counter::limit_header_time});
    case Waiting::body:
      counters.add(Counter::limit_body_time);
      if (upload_) return refuse_upload(408, "the body came too slowly\n");
      if (exchange_) exchange_->respond_text(408, "the body came too slowly\n");
      return;
  }
}

void H1Connection::close(bool linger) {
  if (closing_) return;
  closing_ = true;
  timer_.cancel();
  stream_->close(linger);
}

// Nothing more is parsed, nothing more is sent.
void H1Connection::cut_off(Status why) {
  closing_ = true;
  upload_.reset();
  timer_.cancel();
  stream_->abort(why);
}

void H1Connection::drain() {
  keep_alive_ = false;
  if (source_) return source_->on_drain();
  if (!busy() && !parser_.in_request()) close(false);
}

}  // namespace fce
