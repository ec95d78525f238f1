// SPDX-License-Identifier: Apache-2.0
// Request bodies of HTTP/1.1 that go to their handler as they come. The client is held back by not
// reading: what is beyond a window is one read buffer at most.
#include "http/dispatch.h"
#include "http/h1_connection.h"

namespace fce {

void H1Connection::begin_upload(Exchange& exchange, int64_t content_length) {
  std::optional<uint64_t> length;
  if (content_length >= 0) length = static_cast<uint64_t>(content_length);
  upload_ = std::make_unique<Upload>(*this, http_.net.loop, length, body_max_, expects_continue_);
  exchange.body_streamed = true;
  http_.net.counters.add(Counter::uploads);
  dispatch_run(exchange);
}

Body H1Connection::on_take_body(Exchange&) { return upload_ ? upload_->take() : Body::none(); }

// The reader may answer, which may be the end of the upload, as soon as it hears of anything.
bool H1Connection::push_upload(Bytes piece) {
  if (!upload_->admits(piece.size())) {
    http_.net.counters.add(Counter::limit_body_bytes);
    refuse_upload(413, "the body is too large\n");
    return false;
  }
  upload_->push(piece);
  if (upload_ && upload_->full() && !upload_held_) {
    upload_held_ = true;
    stream_->stop_reading();
  }
  return !closing_;
}

void H1Connection::end_upload() {
  upload_->end();
  if (std::exchange(upload_held_, false)) stream_->start_reading();
  if (exchange_) exchange_->tell_body_complete();
}

// What is under way of the answer, if it is, ends as its source finds that the body has failed.
void H1Connection::refuse_upload(uint16_t status, std::string_view text) {
  upload_.reset();
  if (exchange_) exchange_->refuse(status, text);
}

// False: it is not the client that is to be waited for.
bool H1Connection::watch_upload() {
  if (!upload_->wanted()) return false;
  const uint64_t deadline = upload_->deadline_ms(http_.net.limits.body_ms);
  if (deadline == Upload::kNever) return false;
  const uint64_t now = http_.net.loop.now_ms();
  timer_for_ = Waiting::body;
  timer_.arm(http_.net.loop.timers(), deadline > now ? deadline - now : 0);
  return true;
}

void H1Connection::on_upload_wanted() {
  if (exchange_) on_continue(*exchange_);
  set_timer();
}

void H1Connection::on_upload_taken(size_t) {
  if (upload_held_ && upload_->waiting_bytes() < Upload::kWindowBytes / 2) {
    upload_held_ = false;
    stream_->start_reading();
  }
  set_timer();
}

void H1Connection::on_upload_dropped() { set_timer(); }

}  // namespace fce
