// SPDX-License-Identifier: Apache-2.0
// RoutePlan: a route table under construction (fce_routes). It holds what each route shall be; the
// handlers are made for a node when the table becomes that node's snapshot.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "http/route_table.h"

struct fce_route_options;

namespace fce {

class Node;

class RoutePlan {
 public:
  using MakeHandler = std::function<Status(Node&, std::shared_ptr<const Handler>*)>;

  RoutePlan();

  // Reads the C options; `methods` is what stands for NULL.
  static Status read(const fce_route_options* options, const char* methods, Route* out);
  // Checks the route against those before.
  Status add(const Route& route, MakeHandler make);
  Status build(Node& node, std::shared_ptr<const RouteTable>* out) const;

 private:
  struct Entry {
    Route route;
    MakeHandler make;
  };
  std::vector<Entry> entries_;
  RouteTable checked_;  // the same routes without handlers, to find what collides at once
};

}  // namespace fce
