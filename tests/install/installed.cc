// SPDX-License-Identifier: Apache-2.0
//
// A stranger's first program in C++: a node by the installed wrapper.
#include <fcedge/fcedge.hpp>

int main() {
  fcedge::NodeOptions options;
  options.shards = 1;
  fcedge::Result<fcedge::Node> node = fcedge::Node::create(options);
  if (!node) return 1;
  fcedge::Result<fcedge::Routes> routes = fcedge::Routes::create();
  fcedge::RouteOptions route;
  route.pattern = "/";
  if (!routes->add_handler(route, [](fcedge::Exchange) {})) return 2;
  return node->set_routes(*routes) && node->start() && node->stop() ? 0 : 3;
}
