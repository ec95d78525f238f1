// SPDX-License-Identifier: Apache-2.0
// NodeDns: the DNS server of a node, a part of it on each shard.
#pragma once

#include <fcedge/fcedge.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "geo/dns_cookies.h"
#include "geo/dns_figures.h"
#include "geo/dns_server.h"
#include "geo/geo_director.h"
#include "geo/responder.h"
#include "geo/response_rate.h"
#include "geo/zone_set.h"

namespace fce {

class CertificateStore;
class Shard;

struct NodeDnsOptions {
  Responder::Options responder;
  DnsConnections::Limits limits;
  ResponseRate::Options rate;
  bool has_rate = true;
  DnsCookies::Secret cookie_secret{};
};

class NodeDns {
 public:
  // Before the shards start. It ends before they do, and after their threads.
  NodeDns(const NodeDnsOptions& options, const std::vector<std::unique_ptr<Shard>>& shards);
  ~NodeDns();

  Status listen(const ListenAddress& address, bool tls, uint16_t* port);
  bool wants_certificates() const;
  // On all shards, whose threads do not run yet.
  Status open(const CertificateStore& certificates);

  // Before the shards start: who says which nodes a client gets.
  void set_geo(const GeoDirector& geo);
  // Any thread. Whoever asks after it has returned is answered from these.
  void set_zones(std::shared_ptr<const ZoneSet> zones);

  // On the shard's thread.
  void drain_shard(uint32_t index) { parts_[index]->server.drain(); }
  void stop_shard(uint32_t index) { parts_[index]->server.close(); }

  // Over all shards. Any thread.
  void each_counter(fce_counter_fn each, void* user) const;
  // How often each node was given to somebody, by its name and its region; also those of maps
  // before, if they were. Any thread.
  using NodeAnswers = std::map<std::pair<std::string, std::string>, uint64_t>;
  NodeAnswers node_answers() const;

 private:
  struct Part final : DnsHandler {
    Part(const NodeDnsOptions& options, Shard& shard, NodeDns& dns);
    // Takes up new zones, a new map or index, between two messages.
    size_t answer(const DnsClient& client, Bytes query, MutableBytes out) override;
    void take_up_geo();

    NodeDns& of;
    DnsFigures figures{GeoMap::kNodesMax};
    std::shared_ptr<const GeoSnapshot> geo;  // by which `figures` number nodes; of.mutex_ guards it
    Responder responder;
    uint64_t zones_version = 0, geo_version = 0;  // that the responder has
    DnsServer server;
  };

  const GeoDirector* geo_ = nullptr;
  std::atomic<uint64_t> zones_version_{0};
  mutable std::mutex mutex_;  // guards `zones_`, `answers_before_` and what parts say of it
  std::shared_ptr<const ZoneSet> zones_;
  NodeAnswers answers_before_;  // by maps that are no longer in force
  std::vector<DnsAddress> addresses_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace fce
