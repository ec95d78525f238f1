// SPDX-License-Identifier: Apache-2.0
// Routes: host, path pattern and method lead to a handler. A table is built once, then immutable
// and shared by all shards; a reload replaces it whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/status.h"
#include "http/exchange.h"
#include "http/handler.h"

namespace fce {

class CompressPolicy;

// Which other origins may use a route (CORS, WebSocket Origin check).
struct OriginPolicy {
  bool any = false;                  // "*"
  std::vector<std::string> origins;  // "https://a.example", in lower case, exact

  static Status parse(std::string_view list, OriginPolicy* out);
  bool allows(std::string_view origin) const;
};

struct Route {
  std::string pattern;
  std::string host;                  // "" any, "example.com", "*.example.com"; lower case
  std::vector<std::string> methods;  // "GET"...; GET answers HEAD too
  OriginPolicy origins;
  uint32_t body_bytes_max = 0;  // 0: the node's limit
  std::shared_ptr<const Handler> handler;
  std::shared_ptr<const CompressPolicy> compress;  // null: answers go out as they are
};

struct RouteMatch {
  const Route* route = nullptr;  // null: see `allow`
  std::span<const PathParam> params;
  std::string_view allow;  // not empty: the path exists for these methods only (405)
};

class RouteTable {
 public:
  RouteTable();
  ~RouteTable();
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // Errors: FCE_EINVAL (pattern, method, host), FCE_EEXIST (the same again).
  Status add(Route route);
  // Whether any parameter of that name stands in a pattern: for checks at configuration time.
  static bool pattern_has_param(std::string_view pattern, std::string_view name);
  static bool pattern_ends_in_wildcard(std::string_view pattern);

  // A more exact host wins, then segment by segment static before parameter before wildcard, with
  // backtracking. Parameters are percent-decoded into the arena; a path with a bad escape, an
  // encoded slash or NUL in a parameter, or "." and ".." segments matches nothing.
  RouteMatch match(std::string_view host, std::string_view method, std::string_view path,
                   Arena& arena) const;

 private:
  struct Node;
  struct HostTree;
  class Walk;
  HostTree& tree_of(std::string_view key);
  const HostTree* find_tree(std::string_view key) const;

  std::vector<std::unique_ptr<HostTree>> hosts_;  // sorted by key
  const HostTree* any_host_ = nullptr;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace fce
