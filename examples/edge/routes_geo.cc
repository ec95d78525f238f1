// SPDX-License-Identifier: Apache-2.0
#include "routes_geo.h"

#include <fcedge/geo.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "comment_json.h"
#include "geo_json.h"
#include "route_entry.h"

namespace edge {
namespace {

fce_str str(const std::string& text) { return {text.data(), text.size()}; }

std::string param(const fce_exchange* exchange, const char* name) {
  const fce_str value = fce_exchange_param(exchange, name);
  return {value.data, value.len};
}

uint32_t http_status(int status) {
  if (status == FCE_OK) return 200;
  if (status == FCE_ENOENT) return 404;
  return status == FCE_ESTATE ? 503 : 400;  // a map that is being worked out is there soon
}

void explain(fce_exchange* exchange, void* user) {
  const auto* node = static_cast<const fce_node*>(user);
  const std::string set = param(exchange, "set"), client = param(exchange, "client");
  fce_geo_explanation* made = nullptr;
  const int status = fce_node_geo_explain(node, set.c_str(), client.c_str(), nullptr, &made);
  const ExplanationPtr explanation(made);
  const std::string json =
      status == FCE_OK ? explanation_json(*explanation).dump() : error_json(fce_last_error());
  const std::string names[] = {"content-type", "cache-control", "x-content-type-options"};
  const std::string values[] = {"application/json", "no-store", "nosniff"};
  fce_header headers[std::size(names)];
  for (size_t i = 0; i < std::size(names); ++i) headers[i] = {str(names[i]), str(values[i])};
  fce_exchange_respond(exchange, http_status(status), headers, std::size(headers), json.data(),
                       json.size());
}

void refuse(fce_exchange* exchange, void*) { fce_exchange_abort(exchange); }

}  // namespace

void add_geo_explain(fce_routes* routes, const Config& config, const RouteSettings& route,
                     const fce_node* node) {
  fce_route_options options = route_options(route);
  options.methods = "GET";
  auto* user = const_cast<fce_node*>(node);
  const int status =
      fce_routes_add_handler(routes, &options, node ? explain : refuse, user, nullptr);
  expect_ok(status, config, route.place);
}

}  // namespace edge
