// SPDX-License-Identifier: Apache-2.0
//
// fcedge-geo serve: a DNS server and nothing else, by the configuration of fcedge-edge.
#ifndef FCEDGE_EXAMPLES_GEO_DNS_HOST_H_
#define FCEDGE_EXAMPLES_GEO_DNS_HOST_H_

#include <fcedge/fcedge.h>

#include <memory>
#include <string>

#include "config.h"
#include "options.h"

namespace geo {

// Serves until a signal ends it. Throws edge::ConfigError when it cannot start.
void serve(const Options& options);

class DnsHost {
 public:
  // Binds all addresses and reads all zones, but answers nothing yet. Throws edge::ConfigError with
  // the line at fault.
  explicit DnsHost(const edge::Config& config);
  ~DnsHost();
  DnsHost(const DnsHost&) = delete;
  DnsHost& operator=(const DnsHost&) = delete;

  // Answers GET /metrics there, from `start` on.
  void add_metrics(const std::string& address);
  void start();

  // Swaps certificates, the map of nodes and the zones for those of `config`. Throws
  // edge::ConfigError and changes nothing when one of them cannot be used. Warns of settings that
  // only a restart can change.
  void reload(const edge::Config& config);

  // Tells whether all that would work; touches no port.
  static void check(const edge::Config& config);

 private:
  struct NodeDeleter {
    void operator()(fce_node* node) const { fce_node_destroy(node); }
  };
  using NodePtr = std::unique_ptr<fce_node, NodeDeleter>;

  static NodePtr create(const edge::Config& config, bool serves);

  edge::Config config_;
  NodePtr node_;
};

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_DNS_HOST_H_
