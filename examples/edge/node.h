// SPDX-License-Identifier: Apache-2.0
//
// The running node: turns the configuration's structs into calls of the C ABI.
#ifndef FCEDGE_EXAMPLES_EDGE_NODE_H_
#define FCEDGE_EXAMPLES_EDGE_NODE_H_

#include <fcedge/fcedge.h>
#include <fcedge/http.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "comments.h"
#include "config.h"
#include "origins.h"

namespace edge {

class Node {
 public:
  // Takes the state directory, binds all addresses and loads everything, but accepts nothing yet.
  // Throws ConfigError with the line at fault, and then nothing is left behind.
  explicit Node(const Config& config);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();

  // Swaps certificates, routes, zones and nodes for those of `config`. Throws ConfigError and
  // changes nothing when one of them cannot be used. Warns of settings that only a restart can
  // change.
  void reload(const Config& config);

  void drain();
  uint64_t connections() const;

  // Blocks until all threads have ended.
  void stop();

  // Tells whether a node could load certificates and routes; touches no port and no state.
  static void check(const Config& config);

 private:
  struct NodeDeleter {
    void operator()(fce_node* node) const { fce_node_destroy(node); }
  };
  struct RoutesDeleter {
    void operator()(fce_routes* routes) const { fce_routes_destroy(routes); }
  };
  using NodePtr = std::unique_ptr<fce_node, NodeDeleter>;
  using RoutesPtr = std::unique_ptr<fce_routes, RoutesDeleter>;

  static NodePtr create(const Config& config, bool with_state);
  static void set_certificates(fce_node* node, const Config& config);

  void listen();
  Comments* open_comments(const CommentsSettings& settings, const Config& config);

  // Without a node no comment database is opened: the table is only built to see whether it can be.
  static RoutesPtr build_routes(const Config& config, const Origins& origins, Node* node);

  // Puts them in force. A fault that the library finds only now is one of an origin, and is told
  // with its line.
  static void set_routes(fce_node* node, const RoutesPtr& routes, const Config& config,
                         const Origins& origins);

  Config config_;
  // Comments publish through the node and its routes point to them, so they are stopped after the
  // node and outlive every route table; a reload only adds to them. Keyed by database file.
  std::map<std::string, std::unique_ptr<Comments>> comments_;
  NodePtr node_;
  Origins origins_;
};

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_NODE_H_
