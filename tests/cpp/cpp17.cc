// SPDX-License-Identifier: Apache-2.0
//
// The headers in C++17, without exceptions and types at run time, and with more warnings than ours.
#include <fcedge.hpp>

int main() {
  fcedge::NodeOptions options;
  options.shards = 1;
  options.name = "seventeen";
  fcedge::Result<fcedge::Node> node = fcedge::Node::create(options);
  if (!node) return 1;
  fcedge::Result<fcedge::Routes> routes = fcedge::Routes::create();
  fcedge::RouteOptions route;
  route.pattern = "/";
  if (!routes->add_handler(route, [](fcedge::Exchange) {})) return 2;
  if (!node->set_routes(*routes)) return 3;
  if (!node->start()) return 4;
  return node->stop().ok() ? 0 : 5;
}
