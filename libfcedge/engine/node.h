// SPDX-License-Identifier: Apache-2.0
// Node: the composition root. It makes the rooms, introduces them to each other, and ends them in
// the right order.
#pragma once

#include <fcedge/fcedge.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/status.h"
#include "cache/edge_cache.h"
#include "engine/geo_sets.h"
#include "engine/internal_call.h"
#include "engine/node_dns.h"
#include "engine/shard.h"
#include "engine/state_dir.h"
#include "loop/workers.h"
#include "net/listener.h"
#include "net/tls_session.h"
#include "pubsub/pubsub.h"

namespace fce {

class Authenticator;
class RouteTable;

class Node {
 public:
  Node() = default;
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // The functions of fcedge.h, in their order.
  Status create(const fce_node_options& options);
  Status listen(const fce_listen_options& options, uint16_t* port);
  Status add_namespace(Namespace what);
  Status set_auth(std::shared_ptr<const Authenticator> auth);
  Status set_subscribe_hook(fce_subscribe_fn hook, uint32_t limit_ms, void* user,
                            fce_release_fn release);
  // `memory_bytes_max` 0: there is no tier in memory.
  Status set_cache(const StoreOptions& options);
  Status set_dns(const NodeDnsOptions& options);
  Status listen_dns(const ListenAddress& address, bool tls, uint16_t* port);
  Status set_dns_zones(std::shared_ptr<const ZoneSet> zones);
  Status set_geo(std::vector<std::string> files);
  Status set_geo_map(GeoMap map);
  // By number, as zones name them.
  std::vector<std::string> geo_sets() const;
  const NodeDns* dns() const { return dns_.get(); }      // null: it has none
  const GeoDirector* geo() const { return geo_.get(); }  // null: it knows of no places
  // What answers are made from now. Null: no map, or it is being worked out.
  std::shared_ptr<const GeoSnapshot> geo_snapshot() const;
  Status set_certificates(std::span<const fce_certificate> certificates);
  Status set_routes(std::shared_ptr<const RouteTable> routes);
  // Has one of the shards ask itself.
  Status call(InternalCall::Question question);
  Status start();
  Status drain(uint32_t spread_ms);
  Status stop();
  void each_counter(fce_counter_fn each, void* user) const;
  void each_gauge(fce_gauge_fn each, void* user) const;

  // Over all shards. Any thread.
  uint64_t sum(Counter counter) const;
  int64_t sum(Gauge gauge) const;
  HistogramSnapshot sum(Histogram histogram) const;

  uint64_t connections() const { return connections_.load(std::memory_order_relaxed); }
  const StateDir& state() const { return state_; }
  // Null: neither tokens nor sessions are accepted. Fixed from start on.
  std::shared_ptr<const Authenticator> auth() const { return auth_; }
  PubSub& pubsub() { return *pubsub_; }
  // Null: the node has none. Fixed from start on.
  EdgeCache* cache() const { return cache_.get(); }
  Workers* workers() { return workers_.get(); }
  uint32_t shard_count() const { return static_cast<uint32_t>(shards_.size()); }
  Shard& shard(uint32_t index) { return *shards_[index]; }

  // For a shard that drains or ends, on its thread: what other rooms keep per shard.
  void drain_shard(uint32_t index);
  void stop_shard(uint32_t index);

 private:
  enum class State : uint8_t { made, started, draining, stopped };
  struct Address {
    BoundAddress bound;
    bool tls;
    std::unique_ptr<const ProxyPolicy> proxy;  // null: no PROXY protocol
  };
  Status open_listeners();

  mutable std::mutex mutex_;  // of what may come from any thread: state, routes
  State state_of_life_ = State::made;
  Limits limits_;
  std::string name_;
  StateDir state_;
  CertificateStore certificates_;
  std::shared_ptr<const Authenticator> auth_;
  std::vector<Address> addresses_;
  std::atomic<uint64_t> connections_{0};
  std::atomic<uint32_t> next_call_{0};
  std::shared_ptr<const RouteTable> routes_;
  // Destroyed in the opposite order: shards with their loops and mailboxes go before what their
  // connections and mails refer to.
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Workers> resolvers_;  // a slow name server does not hold up the disk
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<EdgeCache> cache_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<GeoDirector> geo_;
  GeoSets geo_sets_;
  std::unique_ptr<NodeDns> dns_;  // its sockets are on the shards' loops
};

}  // namespace fce
