// SPDX-License-Identifier: Apache-2.0
#include "engine/node.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/crypto.h"
#include "base/log.h"
#include "cache/cache_figures.h"
#include "geo/geo_figures.h"
#include "http/route_table.h"

namespace fce {
namespace {

constexpr uint32_t kFanoutUs = 2000;
constexpr uint32_t kWorkers = 4;
constexpr uint32_t kJobsMax = 4096;
constexpr uint32_t kResolvers = 2;
constexpr uint32_t kLookupsMax = 256;
constexpr uint32_t kShardsMax = 256;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Status no_dns() { return fail(Status::bad_state, "the node has no DNS"); }

uint32_t or_default(uint32_t value, uint32_t fallback) { return value != 0 ? value : fallback; }

}  // namespace

Node::~Node() {
  if (stop() != Status::ok) log(LogLevel::error, "a node could not be stopped");
}

Status Node::create(const fce_node_options& options) {
  limits_ = Limits::from(options.limits);
  name_ = options.name ? options.name : "node";
  if (!is_name(name_))
    return fail(Status::invalid, "the node name \"" + name_ + "\" is not 1 to 63 of a-z, 0-9, -");
  const uint32_t shards =
      or_default(options.shards, std::max(1u, std::thread::hardware_concurrency()));
  if (shards > kShardsMax)
    return fail(Status::invalid, "more than " + std::to_string(kShardsMax) + " shards");
  if (options.io_uring > static_cast<uint32_t>(UringMode::off))
    return fail(Status::invalid, "io_uring is 0, 1 or 2");
  prepare_crypto();
  Status status = state_.open(options.state_dir ? options.state_dir : "");
  if (status != Status::ok) return status;
  const uint32_t fanout_us = or_default(options.fanout_us, kFanoutUs);
  for (uint32_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(*this, i, limits_, fanout_us, connections_));
    shards_.back()->http().h2_websocket = options.h2_websocket != 0;
    status = shards_.back()->open(static_cast<UringMode>(options.io_uring));
    if (status != Status::ok) return status;
  }
  PubSubOptions pubsub;
  pubsub.epoch = state_.epoch();
  pubsub.origin = state_.origin();
  Namespace& common = pubsub.common;
  if (options.history_messages) common.history.messages_max = options.history_messages;
  if (options.history_bytes) common.history.bytes_max = options.history_bytes;
  common.message_bytes_max = or_default(options.message_bytes_max, common.message_bytes_max);
  pubsub.channels_max = or_default(options.channels_max, pubsub.channels_max);
  if (common.message_bytes_max > kMessageBytesLimit)
    return fail(Status::invalid, "message_bytes_max is more than 64 MiB");
  // Encoded for all transports a message takes some three times its size.
  const uint64_t log_bytes_least = uint64_t{4} * common.message_bytes_max * shards;
  pubsub.log_bytes_max = options.log_mib_max ? uint64_t{options.log_mib_max} << 20
                                             : std::max(pubsub.log_bytes_max, log_bytes_least);
  if (pubsub.log_bytes_max < log_bytes_least)
    return fail(Status::invalid, "log_mib_max has no room for a message of each shard");
  std::vector<PubSubShard> parts;
  for (const auto& shard : shards_)
    parts.push_back({shard->loop(), shard->counters(), &shard->http().pacing});
  pubsub_ = std::make_unique<PubSub>(pubsub, parts);
  workers_ = std::make_unique<Workers>(or_default(options.workers, kWorkers), kJobsMax);
  resolvers_ = std::make_unique<Workers>(kResolvers, kLookupsMax);
  for (const auto& shard : shards_) shard->http().resolver_workers = resolvers_.get();
  return Status::ok;
}

Status Node::listen(const fce_listen_options& options, uint16_t* port) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "addresses are added before the node starts");
  if (!options.address) return fail(Status::invalid, "a listener needs an address");
  ListenAddress address;
  Status status = ListenAddress::parse(options.address, &address);
  if (status != Status::ok) return status;
  BoundAddress::Options how;
  how.shards = shard_count();
  how.backlog = or_default(options.backlog, how.backlog);
  how.unix_mode = or_default(options.unix_mode, how.unix_mode);
  Address entry{{}, options.tls != 0, nullptr};
  if (options.proxy_protocol) {
    auto policy = std::make_unique<ProxyPolicy>();
    const char* const from = options.proxy_protocol_from;
    status = ProxyPolicy::parse(from ? from : "", policy.get());
    if (status != Status::ok) return status;
    entry.proxy = std::move(policy);
  } else if (options.proxy_protocol_from) {
    return fail(Status::invalid, "who may speak the PROXY protocol is said of a listener without");
  }
  status = BoundAddress::bind(address, how, &entry.bound);
  if (status != Status::ok) return status;
  if (port) *port = entry.bound.port();
  addresses_.push_back(std::move(entry));
  return Status::ok;
}

Status Node::add_namespace(Namespace what) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "namespaces are added before the node starts");
  return pubsub_->namespaces().add(std::move(what));
}

Status Node::set_auth(std::shared_ptr<const Authenticator> auth) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "how clients are known is said before the node starts");
  // A route keeps the one that it was made with, and would go on to ask it.
  if (auth_.use_count() > 1)
    return fail(Status::bad_state,
                "how clients are known is said before there are routes that ask");
  auth_ = std::move(auth);
  return Status::ok;
}

Status Node::set_subscribe_hook(fce_subscribe_fn hook, uint32_t limit_ms, void* user,
                                fce_release_fn release) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "the hook is set before the node starts");
  if (pubsub_->subscribe_hook()) return fail(Status::exists, "the node has a hook already");
  pubsub_->set_subscribe_hook(std::make_unique<SubscribeHook>(hook, limit_ms, user, release));
  return Status::ok;
}

Status Node::set_cache(const StoreOptions& options) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "the cache is set before the node starts");
  if (cache_) return fail(Status::exists, "the node has a cache already");
  return EdgeCache::open(options, shard_count(), *workers_, &cache_);
}

Status Node::set_dns(const NodeDnsOptions& options) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "DNS is set before the node starts");
  if (dns_) return fail(Status::exists, "the node has DNS already");
  dns_ = std::make_unique<NodeDns>(options, shards_);
  if (geo_) dns_->set_geo(*geo_);
  return Status::ok;
}

Status Node::set_geo(std::vector<std::string> files) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "the places of clients are set before the node starts");
  if (geo_) return fail(Status::exists, "the node knows of places already");
  geo_ = std::make_unique<GeoDirector>(std::move(files));
  if (dns_) dns_->set_geo(*geo_);
  return Status::ok;
}

Status Node::set_geo_map(GeoMap map) {
  const std::lock_guard lock(mutex_);
  if (!geo_) return fail(Status::bad_state, "the node knows of no places: fce_node_set_geo");
  const Status status = geo_sets_.number(&map);
  return status == Status::ok ? geo_->set_map(std::move(map)) : status;
}

std::vector<std::string> Node::geo_sets() const {
  const std::lock_guard lock(mutex_);
  return geo_sets_.names();
}

std::shared_ptr<const GeoSnapshot> Node::geo_snapshot() const {
  const std::lock_guard lock(mutex_);
  return geo_ ? geo_->current() : nullptr;
}

Status Node::listen_dns(const ListenAddress& address, bool tls, uint16_t* port) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made)
    return fail(Status::bad_state, "addresses are added before the node starts");
  return dns_ ? dns_->listen(address, tls, port) : no_dns();
}

Status Node::set_dns_zones(std::shared_ptr<const ZoneSet> zones) {
  const std::lock_guard lock(mutex_);
  if (!dns_) return no_dns();
  if (state_of_life_ == State::stopped) return fail(Status::bad_state, "the node was stopped");
  dns_->set_zones(std::move(zones));
  return Status::ok;
}

void Node::drain_shard(uint32_t index) {
  if (dns_) dns_->drain_shard(index);
}

void Node::stop_shard(uint32_t index) {
  if (dns_) dns_->stop_shard(index);
  pubsub_->hub(index).stop();
  if (cache_) cache_->stop_shard(index);
}

Status Node::set_certificates(std::span<const fce_certificate> certificates) {
  return certificates_.load(certificates);
}

Status Node::set_routes(std::shared_ptr<const RouteTable> routes) {
  const std::lock_guard lock(mutex_);
  routes_ = std::move(routes);
  if (state_of_life_ == State::started || state_of_life_ == State::draining)
    for (const auto& shard : shards_) shard->set_routes(routes_);
  return Status::ok;
}

Status Node::open_listeners() {
  for (Address& address : addresses_) {
    const CertificateStore* certificates = address.tls ? &certificates_ : nullptr;
    const bool shared = address.bound.is_unix() && shard_count() > 1;
    for (const auto& shard : shards_) {
      const int fd = address.bound.take(shard->index());
      const Status status = shard->listen(fd, certificates, address.proxy.get(), shared);
      if (status != Status::ok) return status;
    }
  }
  return dns_ ? dns_->open(certificates_) : Status::ok;
}

Status Node::start() {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::made) return fail(Status::bad_state, "the node was started already");
  const bool tls = std::any_of(addresses_.begin(), addresses_.end(),
                               [](const Address& address) { return address.tls; }) ||
                   (dns_ && dns_->wants_certificates());
  if (tls && certificates_.empty())
    return fail(Status::certificate, "a TLS listener needs a certificate, and there is none");
  const Status status = open_listeners();
  if (status != Status::ok) return status;
  if (!routes_) routes_ = std::make_shared<RouteTable>();
  pubsub_->start();
  for (const auto& shard : shards_) {
    shard->http().routes = routes_;
    shard->start();
  }
  state_of_life_ = State::started;
  log(LogLevel::debug, "node started name=%s id=%s epoch=%llu shards=%u", name_.c_str(),
      state_.id().c_str(), static_cast<unsigned long long>(state_.epoch()), shard_count());
  return Status::ok;
}

namespace {

// Carries a call to its shard. One that is not delivered is answered all the same.
class CallMail final : public Mail {
 public:
  CallMail(HttpContext& http, InternalCall::Question question)
      : http_(http), question_(std::move(question)) {}
  ~CallMail() override {
    if (!delivered_) InternalCall::refuse(question_, Status::canceled);
  }
  void deliver() override {
    delivered_ = true;
    InternalCall::start(http_, std::move(question_));
  }

 private:
  HttpContext& http_;
  InternalCall::Question question_;
  bool delivered_ = false;
};

}  // namespace

Status Node::call(InternalCall::Question question) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ != State::started && state_of_life_ != State::draining)
    return fail(Status::bad_state, "the node does not run");
  Shard& shard = *shards_[next_call_++ % shards_.size()];
  shard.loop().post_always(std::make_unique<CallMail>(shard.http(), std::move(question)));
  return Status::ok;
}

Status Node::drain(uint32_t spread_ms) {
  const std::lock_guard lock(mutex_);
  if (state_of_life_ == State::draining) return Status::ok;
  if (state_of_life_ != State::started) return fail(Status::bad_state, "the node does not run");
  state_of_life_ = State::draining;
  for (const auto& shard : shards_) shard->drain(spread_ms);
  log(LogLevel::debug, "node drains spread_ms=%u connections=%llu", spread_ms,
      static_cast<unsigned long long>(connections()));
  return Status::ok;
}

Status Node::stop() {
  {
    const std::lock_guard lock(mutex_);
    const bool runs = state_of_life_ == State::started || state_of_life_ == State::draining;
    state_of_life_ = State::stopped;
    if (pubsub_) pubsub_->stop();
    if (runs)
      for (const auto& shard : shards_) shard->stop();
  }
  // Jobs end before the loops that they answer to.
  for (Workers* workers : {workers_.get(), resolvers_.get()})
    if (workers) workers->stop();
  for (const auto& shard : shards_) shard->join();
  addresses_.clear();
  routes_ = nullptr;
  return Status::ok;
}

void Node::each_counter(fce_counter_fn each, void* user) const {
  for (uint32_t i = 0; i < static_cast<uint32_t>(Counter::count_); ++i) {
    const auto counter = static_cast<Counter>(i);
    const CounterInfo info = counter_info(counter);
    each(info.name, info.help, sum(counter), user);
  }
  if (dns_) dns_->each_counter(each, user);
  if (geo_)
    for (const Figure& total : geo_totals(*geo_)) each(total.name, total.help, total.value, user);
  if (!cache_) return;
  for (const Figure& total : cache_totals(*cache_)) each(total.name, total.help, total.value, user);
}

void Node::each_gauge(fce_gauge_fn each, void* user) const {
  for (uint32_t i = 0; i < static_cast<uint32_t>(Gauge::count_); ++i) {
    const auto gauge = static_cast<Gauge>(i);
    const GaugeInfo info = gauge_info(gauge);
    each(info.name, info.help, sum(gauge), user);
  }
  if (geo_)
    for (const Figure& gauge : geo_gauges(*geo_))
      each(gauge.name, gauge.help, static_cast<int64_t>(gauge.value), user);
  if (!cache_) return;
  for (const Figure& gauge : cache_gauges(*cache_))
    each(gauge.name, gauge.help, static_cast<int64_t>(gauge.value), user);
}

uint64_t Node::sum(Counter counter) const {
  uint64_t sum = pubsub_ ? pubsub_->counters().get(counter) : 0;
  if (cache_) sum += cache_->store().counters().get(counter);
  for (const auto& shard : shards_) sum += shard->counters().get(counter);
  return sum;
}

int64_t Node::sum(Gauge gauge) const {
  if (gauge == Gauge::connections) return static_cast<int64_t>(connections());
  int64_t sum = 0;
  for (const auto& shard : shards_)
    sum +=
        gauge == Gauge::mailbox_depth ? shard->loop().mail_waiting() : shard->counters().get(gauge);
  return sum;
}

HistogramSnapshot Node::sum(Histogram histogram) const {
  HistogramSnapshot sum;
  for (const auto& shard : shards_) sum.add(shard->counters().get(histogram));
  return sum;
}

}  // namespace fce
