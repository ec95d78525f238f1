// SPDX-License-Identifier: Apache-2.0
// What the HTTP connections of one shard share: the routes in force, the Date field, the list of
// connections that a drain has to reach.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/list.h"
#include "base/time.h"
#include "http/pacing.h"
#include "net/net_context.h"

namespace fce {

class RouteTable;
class UpstreamPools;
class Workers;

// A connection that can be told to end.
class Drainable : public ListNode<Drainable> {
 public:
  // Ends when what is under way has ended; live streams tell their clients to come back elsewhere.
  virtual void drain() = 0;

 protected:
  ~Drainable() = default;
};

class HttpContext {
 public:
  explicit HttpContext(NetContext& net_context);
  ~HttpContext();

  // "Sun, 06 Nov 1994 08:49:37 GMT", of this second.
  std::string_view date();

  // Connections to other servers. Whoever ends a shard stops them, and lets the loop turn.
  UpstreamPools& upstreams();
  void stop_upstreams();

  NetContext& net;
  Pacing pacing;
  std::shared_ptr<const RouteTable> routes;  // replaced whole, on the shard's thread
  List<Drainable> connections;
  bool draining = false;
  bool h2_websocket = false;  // WebSocket over HTTP/2 is on (RFC 8441)
  uint32_t shard = 0;         // index, for handlers that keep a part per shard
  // Who asks for the addresses of names; without it only literal ones are known. Set before there
  // are upstreams.
  Workers* resolver_workers = nullptr;

 private:
  std::unique_ptr<UpstreamPools> upstreams_;  // made when the first is asked for
  uint64_t date_until_ms_ = 0;
  char date_[kHttpDateBytes];
};

}  // namespace fce
