// SPDX-License-Identifier: Apache-2.0
// Request bodies of HTTP/2 that go to their handler as they come. The client is held back by the
// window of the stream, which is opened again by what was read. The connection's window is opened
// at once, so that one slow reader does not stop the others, until too much waits on all of them.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "http/context.h"
#include "http/dispatch.h"
#include "http/h2_stream.h"

namespace fce {
namespace {

// Of all streams of a connection; beyond it, and by one window more at most, they stop each other.
constexpr size_t kUploadBytesMax = 2 << 20;

}  // namespace

void H2Stream::begin_upload(Exchange& exchange) {
  std::optional<uint64_t> length;
  if (content_length_ >= 0) length = static_cast<uint64_t>(content_length_);
  bool waits;
  exchange.request.header("expect", &waits);
  upload_ = new Upload(*this, link_.http.net.loop, length, body_max_, waits);
  exchange.body_streamed = true;
  link_.http.net.counters.add(Counter::uploads);
  link_.uploads.push_back(this);
  dispatch_run(exchange);
}

Body H2Stream::on_take_body(Exchange&) { return upload_ ? upload_->take() : Body::none(); }

// The reader may answer, which may be the end of the upload, as soon as it hears of anything.
H2Stream::Credit H2Stream::push_upload(Bytes piece) {
  if (!upload_->admits(piece.size())) {
    link_.http.net.counters.add(Counter::limit_body_bytes);
    refuse_upload(413, "the body is too large\n");
    return Credit::connection;
  }
  if (!upload_->wanted()) {
    upload_->push(piece);
    return discard(piece);
  }
  link_.upload_bytes += piece.size();
  const bool hold = link_.upload_bytes > kUploadBytesMax;
  if (hold) link_.unopened_bytes += piece.size();
  upload_->push(piece);
  return hold ? Credit::none : Credit::connection;
}

void H2Stream::end_upload() {
  upload_->end();
  if (exchange_) exchange_->tell_body_complete();
}

void H2Stream::drop_upload() {
  static_cast<ListNode<H2Upload>*>(this)->unlink();
  free_upload(upload_->waiting_bytes());
  delete std::exchange(upload_, nullptr);
}

// What is under way of the answer, if it is, ends as its source finds that the body has failed.
void H2Stream::refuse_upload(uint16_t status, std::string_view text) {
  drop_upload();
  if (exchange_) exchange_->refuse(status, text);
}

void H2Stream::free_upload(size_t bytes) {
  link_.upload_bytes -= bytes;
  const size_t opened = std::min(bytes, link_.unopened_bytes);
  link_.unopened_bytes -= opened;
  if (opened > 0) nghttp2_session_consume_connection(link_.session, opened);
}

void H2Stream::on_upload_wanted() {
  if (exchange_) on_continue(*exchange_);
}

void H2Stream::on_upload_taken(size_t bytes) {
  free_upload(bytes);
  open_window(static_cast<uint32_t>(bytes));
}

void H2Stream::on_upload_dropped() { static_cast<ListNode<H2Upload>*>(this)->unlink(); }

}  // namespace fce
