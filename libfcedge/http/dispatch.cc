// SPDX-License-Identifier: Apache-2.0
#include "http/dispatch.h"

#include <vector>

#include "base/bytes.h"
#include "http/context.h"
#include "http/cors.h"
#include "http/exchange.h"
#include "http/route_table.h"
#include "http/ws_handshake.h"

namespace fce {
namespace {

void count(Exchange& exchange, Counter counter) { exchange.http.net.counters.add(counter); }

// OPTIONS for what has no OPTIONS route of its own.
void answer_options(Exchange& exchange, std::string_view allow) {
  const Request& request = exchange.request;
  std::vector<Header> fields{{"allow", allow}};
  if (is_preflight(request)) {
    const RouteMatch wanted =
        exchange.routes->match(request.host, request.header("access-control-request-method"),
                               request.path, exchange.arena);
    const OriginPolicy* policy = wanted.route ? &wanted.route->origins : nullptr;
    const bool allowed = add_preflight_fields(request, policy, allow, &fields);
    if (!allowed && !is_same_origin(request, request.header("origin")))
      count(exchange, Counter::origin_refused);
  }
  exchange.respond(204, fields, Body::none());
}

void answer_unrouted(Exchange& exchange, std::string_view allow) {
  const Request& request = exchange.request;
  if (request.method == Method::options && request.path == "*")
    return answer_options(exchange, "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
  if (allow.empty()) return exchange.respond_text(404, "not found\n");
  if (request.method == Method::options) return answer_options(exchange, allow);
  const Header fields[] = {{"allow", allow}};
  exchange.respond_text(405, "method not allowed\n", fields);
}

// Finds the route and applies its policy. False when the exchange was answered.
bool route(Exchange& exchange) {
  const Request& request = exchange.request;
  if (!exchange.routes) exchange.routes = exchange.http.routes;
  if (!exchange.routes) {
    exchange.respond_text(404, "not found\n");
    return false;
  }
  const RouteMatch match =
      exchange.routes->match(request.host, request.method_text, request.path, exchange.arena);
  if (!match.route) {
    answer_unrouted(exchange, match.allow);
    return false;
  }
  exchange.route = match.route;
  exchange.params = match.params;
  add_cors_fields(request, match.route->origins, &exchange.extra_headers);
  if (is_websocket_request(request) && !websocket_origin_allowed(request, match.route->origins)) {
    count(exchange, Counter::origin_refused);
    exchange.respond_text(403, "this origin is not allowed\n");
    return false;
  }
  return true;
}

}  // namespace

uint32_t dispatch_begin(Exchange& exchange, int64_t content_length) {
  exchange.began_us = exchange.http.net.loop.turn_began_us();
  if (!route(exchange)) return 0;
  bool expects;
  const std::string_view expect = exchange.request.header("expect", &expects);
  if (expects && !equals_ignoring_case(expect, "100-continue")) {
    exchange.respond_text(417, "expectation failed\n");
    return 0;
  }
  const uint32_t own_max = exchange.route->body_bytes_max;
  const uint32_t body_max = own_max ? own_max : exchange.http.net.limits.body_bytes_max;
  if (content_length > static_cast<int64_t>(body_max)) {
    count(exchange, Counter::limit_body_bytes);
    exchange.respond_text(413, "the body is too large\n");
    return 0;
  }
  if (expects && content_length != 0 && !dispatch_streams(exchange)) exchange.request_body();
  return body_max;
}

bool dispatch_streams(const Exchange& exchange) {
  return !exchange.answered() && exchange.route->handler->streams_body();
}

void dispatch_run(Exchange& exchange) {
  if (exchange.answered()) return;
  // The codec gives its reference up as soon as the exchange is answered.
  exchange.ref();
  exchange.route->handler->handle(exchange);
  if (!exchange.answered()) exchange.watch_handler();
  exchange.unref();
}

}  // namespace fce
