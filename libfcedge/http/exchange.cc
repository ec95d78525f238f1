// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <utility>

#include "http/answer.h"
#include "http/compress.h"
#include "http/context.h"
#include "http/route_table.h"

namespace fce {

Exchange::Exchange(HttpContext& http_context, ExchangeTransport& transport,
                   const PeerAddress& peer_address)
    : http(http_context),
      peer(peer_address),
      transport_(&transport),
      handler_timer_(on_handler_time, this) {}

void Exchange::unref() {
  if (--refs_ == 0) delete this;
}

void Exchange::respond(uint16_t status, std::span<const Header> headers, Body body) {
  if (answered_) return;
  answered_ = true;
  handler_timer_.cancel();
  ExchangeTransport* transport = std::exchange(transport_, nullptr);
  if (!transport) return;
  count_answer(http.net.counters, status);
  http.net.loop.answered(began_us);
  if (!route || !route->compress)
    return transport->on_answer(*this, status, headers, std::move(body));
  std::vector<Header> changed(headers.begin(), headers.end());
  compress_answer(*this, *route->compress, status, &changed, &body);
  transport->on_answer(*this, status, changed, std::move(body));
}

void Exchange::respond_text(uint16_t status, std::string_view text,
                            std::span<const Header> headers) {
  std::vector<Header> all(headers.begin(), headers.end());
  all.push_back({"content-type", "text/plain; charset=utf-8"});
  respond(status, all, Body::copy_of(text));
}

void Exchange::abort() {
  if (answered_) return;
  answered_ = true;
  handler_timer_.cancel();
  if (ExchangeTransport* transport = std::exchange(transport_, nullptr)) transport->on_abort(*this);
}

Status Exchange::upgrade(std::span<const Header> headers, Upgraded* upgraded) {
  if (answered_ || !transport_) return fail(Status::canceled, "the client has left");
  const Status status = transport_->on_upgrade(*this, headers, upgraded);
  if (status != Status::ok) return status;
  answered_ = true;
  transport_ = nullptr;
  handler_timer_.cancel();
  http.net.loop.answered(began_us);
  return Status::ok;
}

void Exchange::inform(uint16_t status, std::span<const Header> headers) {
  const bool may_be_sent = status > 101 && status < 200 && request.version != 10;
  if (!transport_ || answered_ || !may_be_sent) return;
  http.net.counters.add(Counter::informational);
  transport_->on_inform(*this, status, headers);
}

Body Exchange::take_body() {
  if (!body_streamed) return request.body.empty() ? Body::none() : Body::copy_of(request.body);
  return transport_ && !answered_ ? transport_->on_take_body(*this) : Body::none();
}

void Exchange::detach() {
  transport_ = nullptr;
  if (ExchangeWatcher* watcher = std::exchange(watcher_, nullptr)) watcher->on_client_gone();
}

void Exchange::refuse(uint16_t status, std::string_view text) {
  ref();
  ExchangeWatcher* watcher = std::exchange(watcher_, nullptr);
  respond_text(status, text);
  if (watcher) watcher->on_client_gone();
  unref();
}

void Exchange::request_body() {
  if (transport_ && !answered_) transport_->on_continue(*this);
}

std::string_view Exchange::param(std::string_view name) const {
  for (const PathParam& param : params)
    if (param.name == name) return param.value;
  return {};
}

void Exchange::watch_handler() {
  if (!own_time_) handler_timer_.arm(http.net.loop.timers(), http.net.limits.handler_ms);
}

void Exchange::on_handler_time(void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.http.net.counters.add(Counter::limit_handler_time);
  const Header retry[] = {{"retry-after", "1"}};
  exchange.respond_text(503, "the handler took too long\n", retry);
}

}  // namespace fce
