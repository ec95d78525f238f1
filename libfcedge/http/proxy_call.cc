// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "http/context.h"
#include "http/proxy_tunnel.h"
#include "http/ws_handshake.h"

namespace fce {
namespace {

struct Failure {
  uint16_t status;
  const char* text;
  Counter counter;
};

Failure failure_of(FetchError why) {
  constexpr const char* kLate = "the upstream did not answer in time\n";
  constexpr const char* kUnreachable = "the upstream cannot be reached\n";
  constexpr const char* kBroken = "the upstream sent no valid answer\n";
  constexpr const char* kBusy = "the upstream has no free server\n";
  switch (why) {
    case FetchError::resolve:
    case FetchError::connect:
    case FetchError::tls: return {502, kUnreachable, Counter::proxy_failed_connect};
    case FetchError::connect_time:
    case FetchError::first_byte:
    case FetchError::idle: return {504, kLate, Counter::proxy_failed_time};
    case FetchError::closed:
    case FetchError::malformed:
    case FetchError::truncated:
    case FetchError::too_large: return {502, kBroken, Counter::proxy_failed_answer};
    case FetchError::no_peer:
    case FetchError::full: return {503, kBusy, Counter::proxy_failed_busy};
    case FetchError::stopped:
      return {503, "the server is about to stop\n", Counter::proxy_failed_other};
    case FetchError::refused:
    case FetchError::disk: break;
  }
  return {502, "the origin did not answer this request\n", Counter::proxy_failed_other};
}

std::string_view value_of(std::span<const Header> headers, std::string_view name) {
  for (const Header& header : headers)
    if (header.name == name) return header.value;
  return {};
}

bool has_field(std::span<const Header> headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const Header& header) { return header.name == name; });
}

}  // namespace

void ProxyCall::start(Exchange& exchange, const ProxyOptions& options, const ProxyRules& rules,
                      const Fetcher& fetcher) {
  (new ProxyCall(exchange, options, rules))->begin(fetcher);
}

ProxyCall::ProxyCall(Exchange& exchange, const ProxyOptions& options, const ProxyRules& rules)
    : exchange_(exchange),
      options_(options),
      rules_(rules),
      timer_([](void* self) { static_cast<ProxyCall*>(self)->on_time(); }, this) {
  exchange.ref();
  exchange.watch(this);
  exchange.keep_own_time();
}

ProxyCall::~ProxyCall() {
  if (state_ == State::waiting) exchange_.watch(nullptr);
  if (state_ == State::body && !over_) exchange_.http.net.counters.add(Counter::proxy_canceled);
  fetch_.reset();
  exchange_.unref();
}

void ProxyCall::begin(const Fetcher& fetcher) {
  exchange_.http.net.counters.add(Counter::proxy_requests);
  const ProxyRequest head =
      make_proxy_request(rules_, exchange_.request, exchange_.peer, exchange_.arena);
  upgrade_ = head.upgrade;
  websocket_key_ = head.websocket_key;
  FetchRequest request;
  request.method = exchange_.request.method_text;
  // An extended CONNECT reads as a GET, whatever text came with it.
  if (!exchange_.request.protocol.empty()) request.method = "GET";
  request.target = head.target;
  request.authority = head.authority;
  request.authority_set = !rules_.host.empty();
  request.headers = head.headers;
  request.upgrade = !upgrade_.empty();
  request.body = exchange_.take_body();
  if (!exchange_.body_streamed) watch_answer();
  fetch_ = fetcher.start(exchange_.http, std::move(request), *this);
}

void ProxyCall::watch_answer() { timer_.arm(exchange_.http.net.loop.timers(), options_.answer_ms); }

void ProxyCall::on_time() { fail_answer(FetchError::first_byte); }

// --- The head ----------------------------------------------------------------------------------

void ProxyCall::on_informational(uint16_t status, std::span<const Header> headers) {
  if (state_ != State::waiting || !options_.informational) return;
  if (++informational_ > kInformationalMax)
    return exchange_.http.net.counters.add(Counter::limit_proxy_informational);
  std::vector<Header> fields;
  make_proxy_answer(rules_, headers, {}, &fields);
  exchange_.inform(status, fields);
}

void ProxyCall::on_head(uint16_t status, std::span<const Header> headers,
                        std::optional<uint64_t> length) {
  if (state_ != State::waiting) return;
  if (status < 200 || status > 999) return fail_answer(FetchError::malformed);
  timer_.cancel();
  exchange_.watch(nullptr);
  std::vector<Header> fields;
  fields.reserve(headers.size() + 2);
  make_proxy_answer(rules_, headers, exchange_.extra_headers, &fields);
  exchange_.dated = has_field(fields, "date");
  if (exchange_.request.method == Method::head) length = length_after_head(headers, length);
  events_ = value_of(fields, "content-type").starts_with("text/event-stream");
  const bool bodiless = exchange_.request.method == Method::head || status == 204 ||
                        status == 205 || status == 304 || length == uint64_t{0};
  if (bodiless) return answer_without_body(status, fields, length);
  state_ = State::body;
  if (exchange_.http.draining) on_drain();
  exchange_.respond(status, fields, Body::pulled(std::unique_ptr<BodySource>(this), length));
}

// The fetch goes on to its end, so that its connection can be used again.
void ProxyCall::answer_without_body(uint16_t status, std::span<const Header> fields,
                                    std::optional<uint64_t> length) {
  state_ = State::bodiless;
  Body body = Body::none();
  if (exchange_.request.method == Method::head) body.length = length;
  exchange_.respond(status, fields, std::move(body));
}

void ProxyCall::fail_answer(FetchError why) {
  const Failure failure = failure_of(why);
  exchange_.http.net.counters.add(failure.counter);
  exchange_.watch(nullptr);
  fetch_.reset();
  std::vector<Header> fields;
  if (failure.status == 503)
    fields.push_back({"retry-after", exchange_.arena.decimal(options_.retry_after_s)});
  exchange_.respond_text(failure.status, failure.text, fields);
  delete this;
}

// --- The upgrade -------------------------------------------------------------------------------

// The protocol that was asked for, and for a key of ours the proof that it was understood.
bool ProxyCall::accepts(std::span<const Header> headers) const {
  if (upgrade_.empty() || !equals_ignoring_case(value_of(headers, "upgrade"), upgrade_))
    return false;
  return websocket_key_.empty() || value_of(headers, "sec-websocket-accept") ==
                                       std::string_view(websocket_accept_value(websocket_key_));
}

void ProxyCall::on_upgraded(std::span<const Header> headers) {
  if (state_ != State::waiting) return;
  if (!accepts(headers)) return fail_answer(FetchError::malformed);
  std::vector<Header> fields;
  make_proxy_answer(rules_, headers, exchange_.extra_headers, &fields);
  if (websocket_key_.empty()) {
    fields.push_back({"upgrade", upgrade_});
    fields.push_back({"connection", "upgrade"});
  } else {
    std::erase_if(fields, [](const Header& field) { return field.name == "sec-websocket-accept"; });
  }
  exchange_.dated = has_field(fields, "date");
  Upgraded upgraded;
  if (exchange_.upgrade(fields, &upgraded) != Status::ok) return fail_answer(FetchError::malformed);
  timer_.cancel();
  exchange_.watch(nullptr);
  state_ = State::tunnel;
  exchange_.http.net.counters.add(Counter::proxy_upgrades);
  tunnel_ = ProxyTunnel::open(
      exchange_.http, std::move(upgraded), *fetch_, std::unique_ptr<ProxyCall>(this),
      {options_.tunnel_idle_ms, equals_ignoring_case(upgrade_, "websocket")});
}

// --- The body ----------------------------------------------------------------------------------

void ProxyCall::on_body(Bytes piece) {
  if (state_ == State::tunnel) return tunnel_->on_upstream_data(piece);
  if (state_ != State::body || piece.empty()) return;
  queue_.push(piece);
  if (queue_.size() >= kWindowBytes && !std::exchange(paused_, true)) fetch_->pause();
  wake(Lane::answer);
}

void ProxyCall::on_end(std::span<const Header>) {
  over_ = true;
  switch (state_) {
    case State::waiting: return fail_answer(FetchError::closed);
    case State::body: return wake(Lane::answer);
    case State::bodiless: delete this; return;
    case State::tunnel: return tunnel_->on_upstream_end();
  }
}

void ProxyCall::on_fail(FetchError why) {
  over_ = failed_ = true;
  if (state_ == State::waiting) return fail_answer(why);
  exchange_.http.net.counters.add(failure_of(why).counter);
  switch (state_) {
    case State::waiting: return;
    case State::body: return wake(Lane::answer);
    case State::bodiless: delete this; return;
    case State::tunnel: return tunnel_->on_upstream_end();
  }
}

BodySource::Pull ProxyCall::pull(Gather& out, size_t max) {
  queue_.pull(out, max);
  if (paused_ && !over_ && queue_.size() < kWindowBytes / 2) {
    paused_ = false;
    fetch_->resume();
  }
  if (!queue_.empty()) return Pull::more;
  if (!over_) return Pull::wait;
  return failed_ ? Pull::failed : Pull::end;
}

// Its client comes back elsewhere, and there the events go on.
void ProxyCall::on_drain() {
  if (!events_ || over_) return;
  over_ = true;
  fetch_.reset();
  wake(Lane::answer);
}

// --- The client --------------------------------------------------------------------------------

void ProxyCall::on_client_gone() {
  exchange_.http.net.counters.add(Counter::proxy_canceled);
  delete this;
}

void ProxyCall::on_client_eof() {
  if (options_.half_close) return;
  exchange_.watch(nullptr);
  exchange_.respond_text(400, "the connection was closed on one side\n");
  on_client_gone();
}

void ProxyCall::on_body_complete() { watch_answer(); }

}  // namespace fce
