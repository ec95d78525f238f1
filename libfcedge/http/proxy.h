// SPDX-License-Identifier: Apache-2.0
// ReverseProxy: forwards requests to an upstream, and its answers to the client (RFC 9110 section
// 7), both as they come. WebSockets and what else is upgraded become tunnels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "http/fetch.h"
#include "http/handler.h"
#include "http/proxy_request.h"

namespace fce {

struct ProxyOptions {
  // The path: `strip_prefix` is taken off where it is there in whole segments, then `add_prefix`
  // goes before what is left. "/api" and "/v1" make "/v1/x" of "/api/x".
  std::string strip_prefix;
  std::string add_prefix;
  // What the upstream is told as Host; "": what the client has sent, or without `pass_host` what
  // the upstream's configuration says.
  std::string host;
  bool pass_host = true;

  // Which fields say who the client is. What a client has sent of them is taken out, unless its
  // address is in one of `trusted`: "192.0.2.0/24", "2001:db8::/32", one address, or "unix".
  bool forwarded = false;   // Forwarded (RFC 7239)
  bool x_forwarded = true;  // X-Forwarded-For, -Proto, -Host
  std::vector<std::string> trusted;

  // This proxy's name in Via, both ways; "": no Via.
  std::string via = "fcedge";
  bool trace = false;         // forward TRACE
  bool informational = true;  // pass 103 and its like on
  bool half_close = false;    // a client that ends its side still waits for its answer
  std::vector<std::string> upgrades = {"websocket"};  // protocols that may be tunnelled

  uint32_t answer_ms = 60'000;        // from the whole request to the head of the answer
  uint32_t tunnel_idle_ms = 300'000;  // nothing in either direction
  uint32_t retry_after_s = 1;         // what clients are told with 503
};

class ReverseProxy final : public Handler {
 public:
  // FCE_EINVAL with a sentence when an option makes no sense.
  static Status make(const ProxyOptions& options, std::shared_ptr<const Fetcher> fetcher,
                     std::shared_ptr<const Handler>* out);

  void handle(Exchange& exchange) const override;
  bool streams_body() const override { return true; }

 private:
  ReverseProxy() = default;
  bool answer_here(Exchange& exchange) const;

  ProxyOptions options_;
  ProxyRules rules_;
  std::shared_ptr<const Fetcher> fetcher_;
};

}  // namespace fce
