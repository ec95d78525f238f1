// SPDX-License-Identifier: Apache-2.0
#include "engine/node_dns.h"

#include <algorithm>
#include <utility>

#include "engine/shard.h"

namespace fce {

NodeDns::Part::Part(const NodeDnsOptions& options, Shard& shard, NodeDns& dns)
    : of(dns),
      responder(options.responder, &figures),
      server(shard.http().net, *this, options.limits) {
  responder.set_cookies(std::make_shared<const DnsCookies>(options.cookie_secret));
  if (options.has_rate) responder.set_rate(std::make_unique<ResponseRate>(options.rate));
}

size_t NodeDns::Part::answer(const DnsClient& client, Bytes query, MutableBytes out) {
  // The version first: what is newer than that is taken up once more.
  const uint64_t zones = of.zones_version_.load(std::memory_order_acquire);
  if (zones != zones_version) {
    zones_version = zones;
    const std::lock_guard lock(of.mutex_);
    responder.set_zones(of.zones_);
  }
  if (of.geo_ && of.geo_->version() != geo_version) take_up_geo();
  return responder.answer(client, query, out);
}

void NodeDns::Part::take_up_geo() {
  geo_version = of.geo_->version();
  std::shared_ptr<const GeoSnapshot> next = of.geo_->current();
  responder.set_picker(next);
  const std::lock_guard lock(of.mutex_);
  geo.swap(next);
  if (!next) return;
  // Their numbers may be others' from now on.
  const std::vector<GeoNode>& nodes = next->map().nodes;
  for (uint16_t i = 0; i < nodes.size(); ++i)
    if (const uint64_t count = figures.take_node(i))
      of.answers_before_[{nodes[i].name, nodes[i].region}] += count;
}

NodeDns::NodeDns(const NodeDnsOptions& options, const std::vector<std::unique_ptr<Shard>>& shards) {
  for (const auto& shard : shards) parts_.push_back(std::make_unique<Part>(options, *shard, *this));
}

NodeDns::~NodeDns() = default;

Status NodeDns::listen(const ListenAddress& address, bool tls, uint16_t* port) {
  DnsAddress bound;
  const auto shards = static_cast<uint32_t>(parts_.size());
  const Status status = DnsAddress::bind(address, tls, shards, &bound);
  if (status != Status::ok) return status;
  if (port) *port = bound.port();
  addresses_.push_back(std::move(bound));
  return Status::ok;
}

bool NodeDns::wants_certificates() const {
  return std::any_of(addresses_.begin(), addresses_.end(),
                     [](const DnsAddress& address) { return address.tls; });
}

Status NodeDns::open(const CertificateStore& certificates) {
  for (DnsAddress& address : addresses_)
    for (uint32_t i = 0; i < parts_.size(); ++i) {
      const Status status = parts_[i]->server.serve(address, i, &certificates);
      if (status != Status::ok) return status;
    }
  return Status::ok;
}

void NodeDns::set_geo(const GeoDirector& geo) { geo_ = &geo; }

void NodeDns::set_zones(std::shared_ptr<const ZoneSet> zones) {
  {
    const std::lock_guard lock(mutex_);
    zones_.swap(zones);
  }
  zones_version_.fetch_add(1, std::memory_order_release);
}

NodeDns::NodeAnswers NodeDns::node_answers() const {
  const std::lock_guard lock(mutex_);
  NodeAnswers sum = answers_before_;
  for (const auto& part : parts_) {
    if (!part->geo) continue;
    const std::vector<GeoNode>& nodes = part->geo->map().nodes;
    for (uint16_t i = 0; i < nodes.size(); ++i)
      sum[{nodes[i].name, nodes[i].region}] += part->figures.node(i);
  }
  return sum;
}

void NodeDns::each_counter(fce_counter_fn each, void* user) const {
  for (uint32_t i = 0; i < static_cast<uint32_t>(DnsFigure::count_); ++i) {
    const auto figure = static_cast<DnsFigure>(i);
    uint64_t sum = 0;
    for (const auto& part : parts_) sum += part->figures.get(figure);
    each(dns_figure_info(figure).name, dns_figure_info(figure).help, sum, user);
  }
  for (const DnsTransportFigure& figure : dns_transport_figures()) {
    uint64_t sum = 0;
    for (const auto& part : parts_) sum += figure.get(part->server.figures());
    each(figure.name, figure.help, sum, user);
  }
}

}  // namespace fce
