// SPDX-License-Identifier: Apache-2.0
#include "node.h"

#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "config_auth.h"
#include "config_cache.h"
#include "config_dns.h"
#include "config_geo.h"
#include "config_namespace.h"
#include "files.h"
#include "log.h"
#include "routes.h"
#include "routes_cache.h"
#include "routes_geo.h"

namespace edge {
namespace {

// The place that a failed creation is about: most of it is the state directory.
// The sentence begins with the option's name when one is at fault.
const Place& creation_fault(const Config& config, int status) {
  if (std::string_view(fce_last_error()).starts_with("log_mib_max"))
    return config.log_mib_max_place;
  const bool node_fault =
      status == FCE_EINVAL || status == FCE_ENOMEM || status == FCE_EUNSUPPORTED;
  return node_fault ? config.node.place : config.node.state_dir.place;
}

bool same_listens(const Config& a, const Config& b) {
  if (a.listens.size() != b.listens.size()) return false;
  for (size_t i = 0; i < a.listens.size(); ++i) {
    const ListenSettings& x = a.listens[i];
    const ListenSettings& y = b.listens[i];
    if (x.address != y.address || x.tls != y.tls || x.backlog != y.backlog ||
        x.unix_mode != y.unix_mode || x.proxy_protocol != y.proxy_protocol ||
        x.proxy_protocol_from != y.proxy_protocol_from) {
      return false;
    }
  }
  return true;
}

bool same_namespaces(Config a, Config b) {
  for (Config* config : {&a, &b})
    for (NamespaceSettings& settings : config->namespaces) settings.place = {};
  return a.namespaces == b.namespaces;
}

bool same_cache(CacheSettings a, CacheSettings b) {
  for (CacheSettings* cache : {&a, &b})
    cache->place = cache->directory.place = cache->key_file.place = {};
  return a == b;
}

void warn_of_restart(const Config& running, const Config& wanted) {
  const auto warn = [](const char* what) {
    log_warn(std::string("reload leaves a changed setting until the next start section=") + what);
  };
  const NodeSettings& a = running.node;
  const NodeSettings& b = wanted.node;
  if (a.name != b.name || a.shards != b.shards || a.workers != b.workers ||
      a.io_uring != b.io_uring || a.state_dir.path != b.state_dir.path ||
      a.h2_websocket != b.h2_websocket) {
    warn("node");
  }
  // A default that the open-file limit lowered at the start is no difference between the files.
  fce_limits limits = wanted.limits;
  if (running.connections_max_place.line == 0 && wanted.connections_max_place.line == 0) {
    limits.connections_max = running.limits.connections_max;
  }
  if (std::memcmp(&running.limits, &limits, sizeof limits) != 0) warn("limits");
  if (running.pubsub != wanted.pubsub) warn("pubsub");
  if (!(running.auth == wanted.auth)) warn("auth");
  if (!same_namespaces(running, wanted)) warn("namespace");
  if (!same_cache(running.cache, wanted.cache)) warn("cache");
  if (!same_listens(running, wanted)) warn("listen");
  warn_of_dns_restart(running, wanted);
}

}  // namespace

Node::NodePtr Node::create(const Config& config, bool with_state) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.name = config.node.name.c_str();
  options.shards = with_state ? config.node.shards : 1;
  options.workers = config.node.workers;
  options.limits = &config.limits;
  options.history_messages = config.pubsub.history_messages;
  options.history_bytes = config.pubsub.history_bytes;
  options.message_bytes_max = config.pubsub.message_bytes_max;
  options.channels_max = config.pubsub.channels_max;
  options.log_mib_max = config.pubsub.log_mib_max;
  options.fanout_us = config.pubsub.fanout_us;
  options.io_uring = config.node.io_uring;
  options.h2_websocket = config.node.h2_websocket ? 1 : 0;
  const PathSetting& state_dir = config.node.state_dir;
  if (with_state && !state_dir.path.empty()) {
    make_private_directory(config, state_dir);
    options.state_dir = state_dir.path.c_str();
  }
  fce_node* node = nullptr;
  const int status = fce_node_create(&options, &node);
  if (status != FCE_OK) config.fail(creation_fault(config, status), fce_last_error());
  NodePtr made(node);
  set_auth(node, config);
  for (const auto& settings : config.namespaces) add_namespace(node, config, settings);
  if (with_state) set_cache(node, config);
  set_dns(node, config, with_state);
  set_geo(node, config, with_state);
  set_geo_map(node, config);
  set_zones(node, config);
  return made;
}

void Node::set_certificates(fce_node* node, const Config& config) {
  if (config.certificates.empty()) return;
  std::vector<fce_certificate> certificates;
  for (const CertificateSettings& settings : config.certificates) {
    fce_certificate& certificate = certificates.emplace_back();
    fce_certificate_init(&certificate);
    certificate.chain_file = settings.chain.path.c_str();
    certificate.key_file = settings.key.path.c_str();
  }
  const int status = fce_node_set_certificates(node, certificates.data(), certificates.size());
  // The sentence names the file; the line is that of the first certificate.
  if (status != FCE_OK) config.fail(config.certificates.front().place, fce_last_error());
}

void Node::listen() {
  for (const ListenSettings& settings : config_.listens) {
    fce_listen_options options;
    fce_listen_options_init(&options);
    options.address = settings.address.c_str();
    options.tls = settings.tls ? 1 : 0;
    options.backlog = settings.backlog;
    options.unix_mode = settings.unix_mode;
    options.proxy_protocol = settings.proxy_protocol ? 1 : 0;
    if (!settings.proxy_protocol_from.empty())
      options.proxy_protocol_from = settings.proxy_protocol_from.c_str();
    uint16_t port = 0;
    const int status = fce_node_listen(node_.get(), &options, &port);
    if (status != FCE_OK) config_.fail(settings.place, fce_last_error());
    log_info("listening address=" + quoted(settings.address) + " port=" + std::to_string(port) +
             " tls=" + (settings.tls ? "true" : "false"));
  }
}

Comments* Node::open_comments(const CommentsSettings& settings, const Config& config) {
  std::unique_ptr<Comments>& comments = comments_[settings.database.path];
  if (comments != nullptr) return comments.get();
  const std::string& path = settings.database.path;
  make_private_directory(config, {path.substr(0, path.rfind('/')), settings.database.place});
  try {
    comments = std::make_unique<Comments>(node_.get(), path);
  } catch (const StoreError& error) {
    comments_.erase(path);
    config.fail(settings.database.place, path + ": " + error.what());
  }
  return comments.get();
}

Node::RoutesPtr Node::build_routes(const Config& config, const Origins& origins, Node* node) {
  fce_routes* made = nullptr;
  if (fce_routes_create(&made) != FCE_OK) config.fail({}, fce_last_error());
  RoutesPtr routes(made);
  for (const auto& directory : config.directories) add_directory(made, config, directory);
  for (const auto& feed : config.feeds) add_feed(made, config, feed);
  for (const auto& live : config.lives) add_live(made, config, live);
  for (const auto& publish : config.publishes) add_publish(made, config, publish);
  for (const auto& widget : config.widgets) add_widget(made, config, widget);
  for (const auto& route : config.metrics) add_metrics(made, config, route);
  for (const auto& comments : config.comments) {
    add_comments(made, config, comments,
                 node != nullptr ? node->open_comments(comments, config) : nullptr);
  }
  for (const auto& route : config.geo_explains)
    add_geo_explain(made, config, route, node != nullptr ? node->node_.get() : nullptr);
  add_cache_routes(made, config, origins, node != nullptr);
  return routes;
}

void Node::set_routes(fce_node* node, const RoutesPtr& routes, const Config& config,
                      const Origins& origins) {
  if (fce_node_set_routes(node, routes.get()) == FCE_OK) return;
  const std::string fault = fce_last_error();
  // Which one it is shows when each is alone in a table, of a node that serves nobody.
  const NodePtr scratch = create(config, false);
  for (const OriginSettings& settings : config.origins) {
    fce_routes* made = nullptr;
    if (fce_routes_create(&made) != FCE_OK) break;
    const RoutesPtr alone(made);
    add_only_origin(made, config, origins, settings);
    if (fce_node_set_routes(scratch.get(), made) != FCE_OK)
      config.fail(settings.place, fce_last_error());
  }
  config.fail({}, fault);
}

Node::Node(const Config& config)
    : config_(config), node_(create(config, true)), origins_(config, Origins()) {
  set_certificates(node_.get(), config_);
  listen();
  set_routes(node_.get(), build_routes(config_, origins_, this), config_, origins_);
}

Node::~Node() { stop(); }

void Node::start() {
  if (fce_node_start(node_.get()) != FCE_OK) config_.fail(config_.node.place, fce_last_error());
  log_info("node started name=" + config_.node.name + " id=" + fce_node_id(node_.get()) +
           " epoch=" + std::to_string(fce_node_epoch(node_.get())) + " version=" + fce_version());
}

void Node::reload(const Config& config) {
  // Certificates and routes are put in force one after the other, so both are tried before.
  check(config);
  check_cached(config, config_.cache);
  Origins origins(config, origins_);
  const RoutesPtr routes = build_routes(config, origins, this);
  set_certificates(node_.get(), config);
  set_routes(node_.get(), routes, config, origins);
  set_geo_map(node_.get(), config);
  set_zones(node_.get(), config);
  origins_ = std::move(origins);
  warn_of_restart(config_, config);
}

void Node::drain() { fce_node_drain(node_.get(), config_.node.drain_spread_ms); }

uint64_t Node::connections() const { return fce_node_connections(node_.get()); }

void Node::stop() {
  if (node_ != nullptr) fce_node_stop(node_.get());
  // No handler runs any more, so the comments can end: what still waits there is answered into
  // connections that have gone.
  for (auto& [path, comments] : comments_) comments->stop();
}

void Node::check(const Config& config) {
  const NodePtr scratch = create(config, false);
  set_certificates(scratch.get(), config);
  const Origins origins(config, Origins{});
  set_routes(scratch.get(), build_routes(config, origins, nullptr), config, origins);
}

}  // namespace edge
