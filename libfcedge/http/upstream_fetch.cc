// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_fetch.h"

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "http/client_connection.h"
#include "http/h1_request_head.h"
#include "http/upstream_pool.h"

namespace fce {
namespace {

// RFC 9110 section 9.2.2.
bool is_idempotent(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET",    "HEAD",    "PUT",
                                                  "DELETE", "OPTIONS", "TRACE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

}  // namespace

UpstreamFetch::UpstreamFetch(UpstreamPool& pool, FetchSink& sink)
    : pool_(&pool),
      sink_(sink),
      timer_([](void* self) { static_cast<UpstreamFetch*>(self)->on_timer(); }, this),
      began_us_(monotonic_us()) {}

UpstreamFetch::~UpstreamFetch() {
  if (pool_) pool_->leave_queue(*this);
  if (connection_) connection_->on_fetch_gone();
}

bool UpstreamFetch::take(FetchRequest&& request, std::string_view authority) {
  Body body = std::move(request.body);
  if (!body.source) body.length = body.bytes.bytes.size();
  to_head_ = request.method == "HEAD";
  idempotent_ = is_idempotent(request.method);
  upgrade_ = request.upgrade;
  if (upgrade_ && body.length != uint64_t{0}) return false;
  H1RequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.authority = request.authority.empty() ? authority : request.authority;
  head.headers = request.headers;
  head.content_length = body.length;
  head.upgrade = upgrade_;
  if (!encode_h1_request_head(head, &head_)) return false;
  bytes_ = body.bytes;
  body_.begin(std::move(body), *this);
  return true;
}

void UpstreamFetch::pause() {
  paused_ = true;
  if (connection_) connection_->on_paused();
}

void UpstreamFetch::resume() {
  paused_ = false;
  if (connection_) connection_->on_resumed();
}

void UpstreamFetch::send(std::unique_ptr<BodySource> bytes) {
  if (!connection_) return;
  body_.begin(Body::pulled(std::move(bytes), std::nullopt), *this, true);
  connection_->on_tunnel_source();
}

void UpstreamFetch::on_body_ready(BodySource&, Lane lane) {
  body_.ready();
  if (connection_) connection_->on_request_ready(lane);
}

void UpstreamFetch::wait(uint64_t limit_ms) { timer_.arm(pool_->loop().timers(), limit_ms); }

void UpstreamFetch::on_timer() {
  pool_->counters().add(Counter::limit_upstream_queue_time);
  fail(FetchError::full);
}

void UpstreamFetch::attach(ClientConnection& connection) {
  timer_.cancel();
  connection_ = &connection;
  ++tries_;
}

void UpstreamFetch::fail_later(FetchError why) {
  failure_ = why;
  timer_.cancel();
  pool_->add_failing(*this);
  pool_->loop().mark_dirty(*this, Lane::answer);
}

void UpstreamFetch::flush() { fail(failure_); }

void UpstreamFetch::stop() { fail(FetchError::stopped); }

// From here on the pool may go before the fetch does.
void UpstreamFetch::fail(FetchError why) {
  pool_->counters().add(Counter::upstream_failures);
  pool_->leave_queue(*this);
  pool_ = nullptr;
  ListNode<Flushable>::unlink();
  timer_.cancel();
  body_.clear();
  sink_.on_fail(why);
}

void UpstreamFetch::finish(std::span<const Header> trailers) {
  connection_ = nullptr;
  pool_ = nullptr;
  body_.clear();
  sink_.on_end(trailers);
}

bool UpstreamFetch::may_retry(const Loss& loss) const {
  const bool cause = loss.why == FetchError::resolve || loss.why == FetchError::connect ||
                     loss.why == FetchError::connect_time || loss.why == FetchError::tls ||
                     loss.why == FetchError::closed;
  return cause && !loss.begun && !body_.pulled() && !pinned_ && (!loss.sent || idempotent_);
}

void UpstreamFetch::on_lost(const Loss& loss) {
  connection_ = nullptr;
  if (!may_retry(loss) || !pool_->take_retry(tries_, loss.reused && loss.why == FetchError::closed))
    return fail(loss.why);
  pool_->counters().add(Counter::upstream_retries);
  // A connection that was closed while it was idle says nothing about its server. But others may be
  // as old.
  if (loss.reused) {
    wants_new_ = true;
  } else {
    avoided_ = loss.peer;
  }
  if (!body_.has_source()) body_.begin(Body::of(bytes_), *this);
  pool_->start(*this);
}

}  // namespace fce
