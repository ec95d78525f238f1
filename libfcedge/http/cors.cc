// SPDX-License-Identifier: Apache-2.0
#include "http/cors.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/field_list.h"

namespace fce {
namespace {

// How long a browser may remember a preflight: Chromium takes no more than two hours.
constexpr std::string_view kPreflightSeconds = "7200";

// Splits "https://host:port". False when it is not of that form.
bool split_origin(std::string_view origin, std::string_view* scheme, std::string_view* authority) {
  const size_t end = origin.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  *scheme = origin.substr(0, end);
  *authority = origin.substr(end + 3);
  return !authority->empty();
}

// Takes the port off that a scheme has anyway: browsers leave it out.
std::string_view without_default_port(std::string_view scheme, std::string_view authority) {
  const std::string_view port = equals_ignoring_case(scheme, "https")  ? ":443"
                                : equals_ignoring_case(scheme, "http") ? ":80"
                                                                       : "";
  if (!port.empty() && authority.size() > port.size() &&
      authority.substr(authority.size() - port.size()) == port)
    authority.remove_suffix(port.size());
  return authority;
}

bool is_scheme_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

Status parse_origin(std::string_view text, std::string* out) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  std::string_view scheme, authority;
  const bool good = split_origin(lower, &scheme, &authority) &&
                    std::all_of(scheme.begin(), scheme.end(), is_scheme_char) &&
                    std::none_of(authority.begin(), authority.end(), [](char c) {
                      return static_cast<unsigned char>(c) <= ' ' ||
                             std::string_view("/?#@*\\\"").find(c) != std::string_view::npos;
                    });
  if (!good)
    return fail(Status::invalid, "\"" + std::string(text) +
                                     "\" is not an origin such as https://example.com, nor \"*\"");
  *out = std::string(scheme) + "://" + std::string(without_default_port(scheme, authority));
  return Status::ok;
}

// A list of field names that is safe to send back.
bool is_name_list(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_token_char(c) || is_blank(c) || c == ',';
  });
}

// The value of Access-Control-Allow-Origin; "" when the origin is not allowed.
std::string_view allowed_origin(const OriginPolicy& policy, std::string_view origin) {
  if (policy.any) return "*";
  return policy.allows(origin) ? origin : std::string_view();
}

void add_allowed(std::string_view allowed, std::vector<Header>* fields) {
  fields->push_back({"access-control-allow-origin", allowed});
  if (allowed != "*") fields->push_back({"access-control-allow-credentials", "true"});
}

}  // namespace

Status OriginPolicy::parse(std::string_view list, OriginPolicy* out) {
  OriginPolicy policy;
  while (!list.empty()) {
    const size_t end = std::min(list.find_first_of(" \t,"), list.size());
    const std::string_view word = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (word.empty()) continue;
    if (word == "*") {
      policy.any = true;
      continue;
    }
    std::string origin;
    if (const Status status = parse_origin(word, &origin); status != Status::ok) return status;
    policy.origins.push_back(std::move(origin));
  }
  *out = std::move(policy);
  return Status::ok;
}

bool OriginPolicy::allows(std::string_view origin) const {
  return any || std::any_of(origins.begin(), origins.end(), [&](const std::string& allowed) {
           return equals_ignoring_case(allowed, origin);
         });
}

bool is_same_origin(const Request& request, std::string_view origin) {
  std::string_view scheme, authority;
  if (!split_origin(origin, &scheme, &authority)) return false;
  const bool https = equals_ignoring_case(scheme, "https");
  if (!https && (request.tls || !equals_ignoring_case(scheme, "http"))) return false;
  return equals_ignoring_case(without_default_port(scheme, authority),
                              without_default_port(scheme, request.authority));
}

bool websocket_origin_allowed(const Request& request, const OriginPolicy& policy) {
  bool found;
  const std::string_view origin = request.header("origin", &found);
  return !found || policy.allows(origin) || is_same_origin(request, origin);
}

void add_cors_fields(const Request& request, const OriginPolicy& policy,
                     std::vector<Header>* fields) {
  if (!policy.any && policy.origins.empty()) return;
  // Also for a request without Origin: a cache may hand its answer to one that has it.
  if (!policy.any) fields->push_back({"vary", "Origin"});
  bool found;
  const std::string_view origin = request.header("origin", &found);
  if (!found) return;
  const std::string_view allowed = allowed_origin(policy, origin);
  if (!allowed.empty()) add_allowed(allowed, fields);
}

bool is_preflight(const Request& request) {
  bool origin, method;
  request.header("origin", &origin);
  request.header("access-control-request-method", &method);
  return request.method == Method::options && origin && method;
}

bool add_preflight_fields(const Request& request, const OriginPolicy* policy,
                          std::string_view allow, std::vector<Header>* fields) {
  fields->push_back(
      {"vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"});
  const std::string_view allowed =
      policy ? allowed_origin(*policy, request.header("origin")) : std::string_view();
  if (allowed.empty()) return false;
  add_allowed(allowed, fields);
  fields->push_back({"access-control-allow-methods", allow});
  const std::string_view names = request.header("access-control-request-headers");
  if (is_name_list(names)) fields->push_back({"access-control-allow-headers", names});
  fields->push_back({"access-control-max-age", kPreflightSeconds});
  return true;
}

}  // namespace fce
