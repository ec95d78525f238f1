// SPDX-License-Identifier: Apache-2.0
#include "http/proxy.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "http/authority.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/field_list.h"
#include "http/path_prefix.h"
#include "http/proxy_call.h"
#include "http/via.h"

namespace fce {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";

// A token, which the names of hosts are, or a host with a port (RFC 9110 section 7.6.3).
Status check_via(const std::string& name) {
  if (name.empty() || is_token(name)) return Status::ok;
  if (valid_authority(name) && name.find(',') == std::string::npos) return Status::ok;
  return fail(Status::invalid, "\"" + name + "\" is no name for Via");
}

Status check_upgrade(const std::string& protocol) {
  if (!is_token(protocol))
    return fail(Status::invalid, "\"" + protocol + "\" is no name of a protocol to upgrade to");
  // Requests in such a tunnel would go past all routes and rules.
  if (equals_ignoring_case(protocol, "h2c") || equals_ignoring_case(protocol, "h2"))
    return fail(Status::invalid, "HTTP/2 is not tunnelled to an upstream");
  return Status::ok;
}

Status check(const ProxyOptions& options) {
  for (const std::string* prefix : {&options.strip_prefix, &options.add_prefix})
    if (const Status status = check_path_prefix(*prefix); status != Status::ok) return status;
  if (!valid_authority(options.host))
    return fail(Status::invalid, "\"" + options.host + "\" is no host to tell the upstream");
  if (const Status status = check_via(options.via); status != Status::ok) return status;
  for (const std::string& protocol : options.upgrades)
    if (const Status status = check_upgrade(protocol); status != Status::ok) return status;
  if (options.answer_ms == 0 || options.tunnel_idle_ms == 0)
    return fail(Status::invalid, "a time limit of a proxy is zero");
  return Status::ok;
}

// What came in, as message/http; without what nobody else is to read (RFC 9110 section 9.3.8).
void answer_trace(Exchange& exchange) {
  const Request& request = exchange.request;
  std::string text = "TRACE " + std::string(request.path);
  if (request.query.data()) text.append("?").append(request.query);
  text += request.version == 20 ? " HTTP/2.0\r\n" : " HTTP/1.1\r\n";
  for (const Header& header : request.headers) {
    const bool secret = header.name == "cookie" || header.name == "authorization" ||
                        header.name == "proxy-authorization";
    if (!secret) text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  const Header fields[] = {{"content-type", "message/http"}};
  exchange.respond(200, fields, Body::copy_of(text + "\r\n"));
}

}  // namespace

Status ReverseProxy::make(const ProxyOptions& options, std::shared_ptr<const Fetcher> fetcher,
                          std::shared_ptr<const Handler>* out) {
  if (!fetcher) return fail(Status::invalid, "a proxy needs something to fetch from");
  if (const Status status = check(options); status != Status::ok) return status;
  std::shared_ptr<ReverseProxy> proxy(new ReverseProxy);
  for (const std::string& network : options.trusted)
    if (const Status status = proxy->rules_.trusted.add(network); status != Status::ok)
      return status;
  proxy->options_ = options;
  proxy->fetcher_ = std::move(fetcher);
  ProxyRules& rules = proxy->rules_;
  rules.strip_prefix = options.strip_prefix;
  rules.add_prefix = options.add_prefix;
  rules.host = options.host;
  rules.pass_host = options.pass_host;
  rules.via = options.via;
  rules.via_of_answer = "1.1 " + options.via;
  rules.upgrades = options.upgrades;
  rules.forwarded = options.forwarded;
  rules.x_forwarded = options.x_forwarded;
  *out = std::move(proxy);
  return Status::ok;
}

void ReverseProxy::handle(Exchange& exchange) const {
  if (!answer_here(exchange)) ProxyCall::start(exchange, options_, rules_, *fetcher_);
}

// What does not go any further.
bool ReverseProxy::answer_here(Exchange& exchange) const {
  const Request& request = exchange.request;
  const bool trace = request.method_text == "TRACE";
  const Header allow[] = {{"allow", kMethods}};
  if (trace && !options_.trace) {
    exchange.respond_text(405, "TRACE is not served\n", allow);
  } else if (max_forwards(request) == 0) {
    if (trace)
      answer_trace(exchange);
    else
      exchange.respond(204, allow, Body::none());
  } else if (!rules_.via.empty() && times_via(request, rules_.via) >= kTimesViaMax) {
    exchange.http.net.counters.add(Counter::proxy_loops);
    exchange.respond_text(508, "this request goes in circles\n");
  } else {
    return false;
  }
  return true;
}

}  // namespace fce
