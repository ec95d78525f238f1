// SPDX-License-Identifier: Apache-2.0
// include/fcedge/http.h: unwraps, calls, wraps.
#include <fcedge/http.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/answer_later.h"
#include "engine/callback_handler.h"
#include "engine/fields_in.h"
#include "engine/handles.h"
#include "engine/metrics_handler.h"
#include "engine/options.h"
#include "http/directory.h"

using namespace fce;

namespace {

fce_str to_str(std::string_view text) { return {text.data(), text.size()}; }

// One field of a request, joined when it came several times.
std::string_view joined_header(Exchange& exchange, std::string_view name) {
  std::string_view value;
  bool found = false;
  for (const Header& header : exchange.request.headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    value = found ? exchange.arena.concat(exchange.arena.concat(value, ", "), header.value)
                  : header.value;
    found = true;
  }
  // What is there and empty is told apart from what is absent.
  return found && !value.data() ? std::string_view("", 0) : value;
}

}  // namespace

extern "C" {

void fce_route_options_init(fce_route_options* options) { init_options(options); }
void fce_directory_options_init(fce_directory_options* options) { init_options(options); }

int fce_routes_create(fce_routes** out) {
  if (!out) return to_c(fail(Status::invalid, "there is no place for the table"));
  *out = new fce_routes;
  return FCE_OK;
}

void fce_routes_destroy(fce_routes* routes) { delete routes; }

int fce_node_set_routes(fce_node* node, const fce_routes* routes) {
  if (!node || !routes) return to_c(fail(Status::invalid, "the node or the table is NULL"));
  std::shared_ptr<const RouteTable> table;
  Status status = routes->plan.build(node->node, &table);
  if (status == Status::ok) status = node->node.set_routes(std::move(table));
  return to_c(status);
}

int fce_routes_add_handler(fce_routes* routes, const fce_route_options* options,
                           fce_handler_fn handler, void* user, fce_release_fn release) {
  if (!routes || !handler) return to_c(fail(Status::invalid, "the table or the handler is NULL"));
  Route route;
  Status status = RoutePlan::read(options, "GET", &route);
  if (status != Status::ok) return to_c(status);
  // Checked first: a route that is refused does not release `user`, since it never took it.
  const auto made = std::make_shared<std::shared_ptr<const Handler>>();
  status = routes->plan.add(route, [made](Node&, std::shared_ptr<const Handler>* out) {
    *out = *made;
    return Status::ok;
  });
  if (status == Status::ok) *made = std::make_shared<CallbackHandler>(handler, user, release);
  return to_c(status);
}

int fce_routes_add_directory(fce_routes* routes, const fce_route_options* options,
                             const fce_directory_options* directory) {
  fce_directory_options known;
  Status status = take_options(directory, &known);
  if (status == Status::ok && (!routes || !known.root))
    status = fail(Status::invalid, "the table or the directory's root is NULL");
  if (status != Status::ok) return to_c(status);
  Route route;
  status = RoutePlan::read(options, "GET", &route);
  if (status != Status::ok) return to_c(status);
  if (!RouteTable::pattern_ends_in_wildcard(route.pattern))
    return to_c(fail(Status::invalid, "the pattern \"" + route.pattern +
                                          "\" of a directory does not end in a wildcard"));
  DirectoryOptions settings;
  settings.root = known.root;
  settings.index = known.index ? known.index : "";
  settings.cache_control = known.cache_control ? known.cache_control : "";
  settings.precompressed = known.precompressed != 0;
  settings.memory_bytes_max = known.memory_bytes_max;
  settings.revalidate_ms = known.revalidate_ms;
  status = check_directory(settings);
  if (status != Status::ok) return to_c(status);
  return to_c(routes->plan.add(route, [settings](Node& node, auto* out) {
    return DirectoryHandler::make(settings, node.shard_count(), node.workers(), out);
  }));
}

int fce_routes_add_metrics(fce_routes* routes, const fce_route_options* options) {
  if (!routes) return to_c(fail(Status::invalid, "the table is NULL"));
  Route route;
  const Status status = RoutePlan::read(options, "GET", &route);
  if (status != Status::ok) return to_c(status);
  return to_c(routes->plan.add(route, [](Node&, std::shared_ptr<const Handler>* out) {
    *out = std::make_shared<MetricsHandler>();
    return Status::ok;
  }));
}

fce_str fce_exchange_method(const fce_exchange* exchange) {
  return to_str(exchange->exchange.request.method_text);
}
fce_str fce_exchange_path(const fce_exchange* exchange) {
  return to_str(exchange->exchange.request.path);
}
fce_str fce_exchange_query(const fce_exchange* exchange) {
  return to_str(exchange->exchange.request.query);
}
fce_str fce_exchange_host(const fce_exchange* exchange) {
  return to_str(exchange->exchange.request.host);
}
fce_str fce_exchange_header(const fce_exchange* exchange, const char* name) {
  return to_str(joined_header(exchange->exchange, name ? name : ""));
}
fce_str fce_exchange_param(const fce_exchange* exchange, const char* name) {
  return to_str(exchange->exchange.param(name ? name : ""));
}
fce_str fce_exchange_body(const fce_exchange* exchange) {
  return to_str(as_text(exchange->exchange.request.body));
}
fce_str fce_exchange_peer(const fce_exchange* exchange) {
  auto* given = const_cast<fce_exchange*>(exchange);
  if (given->peer.empty()) given->peer = given->exchange.peer.text();
  return to_str(given->peer);
}
uint32_t fce_exchange_version(const fce_exchange* exchange) {
  return exchange->exchange.request.version;
}
uint32_t fce_exchange_is_tls(const fce_exchange* exchange) {
  return exchange->exchange.request.tls ? 1 : 0;
}

int fce_exchange_respond(fce_exchange* exchange, uint32_t status, const fce_header* headers,
                         size_t header_count, const void* body, size_t body_len) {
  if (!exchange) return to_c(fail(Status::invalid, "the exchange is NULL"));
  LaterAnswer answer;
  answer.status = static_cast<uint16_t>(status);
  Status valid = Status::ok;
  if (status < 200 || status > 599)
    valid = fail(Status::invalid, "the status " + std::to_string(status) + " is not 200 to 599");
  if (valid == Status::ok) valid = read_fields(headers, header_count, &answer.headers);
  if (valid == Status::ok) {
    if (body_len > 0)
      answer.body = ChunkRef::copy_of({static_cast<const uint8_t*>(body), body_len});
    return to_c(LaterAnswers::give_back(exchange, std::move(answer)));
  }
  const std::string sentence = last_error();
  (void)LaterAnswers::give_back(exchange, LaterAnswer{});
  return to_c(fail(valid, sentence));
}

void fce_exchange_abort(fce_exchange* exchange) {
  if (!exchange) return;
  LaterAnswer answer;
  answer.abort = true;
  (void)LaterAnswers::give_back(exchange, std::move(answer));
}

}  // extern "C"
