// SPDX-License-Identifier: Apache-2.0
#include "engine/route_plan.h"

#include <fcedge/http.h>

#include <utility>

#include "engine/node.h"
#include "engine/options.h"
#include "http/compress.h"

namespace fce {
namespace {

std::vector<std::string> split_methods(std::string_view text) {
  std::vector<std::string> methods;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view method = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!method.empty() && method.front() == ' ') method.remove_prefix(1);
    while (!method.empty() && method.back() == ' ') method.remove_suffix(1);
    methods.emplace_back(method);
  }
  return methods;
}

// Stands for the handler that is made later.
class NoHandler final : public Handler {
 public:
  void handle(Exchange&) const override {}
};

}  // namespace

RoutePlan::RoutePlan() = default;

Status RoutePlan::read(const fce_route_options* options, const char* methods, Route* out) {
  fce_route_options known;
  const Status status = take_options(options, &known);
  if (status != Status::ok) return status;
  if (!known.pattern) return fail(Status::invalid, "a route needs a pattern");
  out->pattern = known.pattern;
  out->methods = split_methods(known.methods ? known.methods : methods);
  for (const char* c = known.host ? known.host : ""; *c; ++c) out->host += ascii_lower(*c);
  out->body_bytes_max = known.body_bytes_max;
  if (known.compress) {
    auto policy = std::make_shared<CompressPolicy>();
    const char* const types = known.compress_types ? known.compress_types : "";
    const Status made =
        CompressPolicy::make(known.compress_level, known.compress_bytes_min, types, policy.get());
    if (made != Status::ok) return made;
    out->compress = std::move(policy);
  }
  return known.origins ? OriginPolicy::parse(known.origins, &out->origins) : Status::ok;
}

Status RoutePlan::add(const Route& route, MakeHandler make) {
  Route checked = route;
  checked.handler = std::make_shared<NoHandler>();
  const Status status = checked_.add(std::move(checked));
  if (status == Status::ok) entries_.push_back({route, std::move(make)});
  return status;
}

Status RoutePlan::build(Node& node, std::shared_ptr<const RouteTable>* out) const {
  auto table = std::make_shared<RouteTable>();
  for (const Entry& entry : entries_) {
    Route route = entry.route;
    Status status = entry.make(node, &route.handler);
    if (status == Status::ok) status = table->add(std::move(route));
    if (status != Status::ok) return status;
  }
  *out = std::move(table);
  return Status::ok;
}

}  // namespace fce
