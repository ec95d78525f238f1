// SPDX-License-Identifier: Apache-2.0
#include "pubsub/target.h"

#include "http/exchange.h"
#include "http/name.h"
#include "http/route_table.h"

namespace fce {

Status Target::parse_part(const char* text, std::string_view pattern, Part* out) {
  if (!text) return fail(Status::invalid, "the route needs a tenant, and a channel if it has one");
  std::string_view view = text;
  if (view.size() >= 2 && view.front() == '{' && view.back() == '}') {
    view = view.substr(1, view.size() - 2);
    if (!RouteTable::pattern_has_param(pattern, view)) {
      return fail(Status::invalid, "the pattern " + std::string(pattern) + " has no parameter {" +
                                       std::string(view) + "}");
    }
    out->is_param = true;
  } else if (view.find_first_of("{}") != std::string_view::npos) {
    // "acme-{tenant}" taken as it stands would put all tenants into one.
    return fail(Status::invalid, "\"" + std::string(view) +
                                     "\" is neither a name without braces nor one {parameter}");
  } else if (!is_name(view)) {
    return fail(Status::invalid, "\"" + std::string(view) + "\" is no name of a tenant or channel");
  }
  out->text = view;
  return Status::ok;
}

Status Target::parse(const char* tenant, const char* channel, std::string_view pattern,
                     Target* out) {
  Target target;
  const Status status = parse_part(tenant, pattern, &target.tenant_);
  if (status != Status::ok) return status;
  const Status status_of_channel = parse_part(channel, pattern, &target.channel_);
  if (status_of_channel != Status::ok) return status_of_channel;
  *out = std::move(target);
  return Status::ok;
}

Status Target::parse_tenant(const char* tenant, std::string_view pattern, Target* out) {
  Target target;
  const Status status = parse_part(tenant, pattern, &target.tenant_);
  if (status == Status::ok) *out = std::move(target);
  return status;
}

std::string_view Target::value(const Part& part, const Exchange& exchange) {
  return part.is_param ? exchange.param(part.text) : std::string_view(part.text);
}

Status Target::key(const Exchange& exchange, ChannelKey* out) const {
  return ChannelKey::make(value(tenant_, exchange), value(channel_, exchange), out);
}

}  // namespace fce
