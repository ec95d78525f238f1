// SPDX-License-Identifier: Apache-2.0
#include "dns_host.h"

#include <fcedge/http.h>

#include <iostream>
#include <string>
#include <vector>

#include "config_dns.h"
#include "config_geo.h"
#include "log.h"
#include "notify.h"
#include "signals.h"

namespace geo {
namespace {

edge::Config load(const Options& options) {
  if (options.config_file.empty())
    throw edge::ConfigError("fcedge-geo: serve needs --config; see --help");
  edge::Config config =
      edge::load_config(options.config_file, options.node_name, edge::Purpose::kDns);
  if (!options.databases.empty()) {
    config.geo.files = options.databases;
    config.geo.files_place = {0, "--mmdb"};
  }
  return config;
}

void set_certificates(fce_node* node, const edge::Config& config) {
  std::vector<fce_certificate> certificates;
  for (const edge::CertificateSettings& settings : config.certificates) {
    fce_certificate& certificate = certificates.emplace_back();
    fce_certificate_init(&certificate);
    certificate.chain_file = settings.chain.path.c_str();
    certificate.key_file = settings.key.path.c_str();
  }
  if (certificates.empty()) return;
  if (fce_node_set_certificates(node, certificates.data(), certificates.size()) != FCE_OK)
    config.fail(config.certificates.front().place, fce_last_error());
}

void reload(const Options& options, DnsHost* host) {
  try {
    const edge::Config config = load(options);
    host->reload(config);
    edge::warn_of_fences(config);
    edge::log_info("reloaded zones and nodes");
  } catch (const edge::ConfigError& error) {
    edge::log_error("reload failed and nothing has changed error=" + edge::quoted(error.what()));
  }
}

}  // namespace

void serve(const Options& options) {
  edge::Signals signals;
  edge::hold_log();
  try {
    const edge::Config config = load(options);
    edge::open_log(config.node.log_level);
    edge::warn_of_fences(config);
    if (options.check) {
      edge::check_databases(config);
      DnsHost::check(config);
      edge::release_log();
      std::cout << config.file << ": ok: " << config.dns_listens.size() << " dns_listen, "
                << config.zones.size() << " zone, " << config.geo_nodes.size() << " geo_node, "
                << config.geo_sets.size() << " geo_set\n";
      for (const std::string& record : edge::ds_records(config)) std::cout << record << '\n';
      return;
    }
    DnsHost host(config);
    if (!options.metrics.empty()) host.add_metrics(options.metrics);
    host.start();
    edge::release_log();
    edge::notify_ready();
    while (signals.wait() == edge::Signal::kReload) reload(options, &host);
    edge::notify_stopping();
  } catch (...) {
    edge::drop_log();
    throw;
  }
  edge::log_info("DNS server stopped");
}

DnsHost::NodePtr DnsHost::create(const edge::Config& config, bool serves) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.name = config.node.name.c_str();
  options.shards = serves ? config.node.shards : 1;
  fce_node* made = nullptr;
  if (fce_node_create(&options, &made) != FCE_OK) config.fail(config.node.place, fce_last_error());
  NodePtr node(made);
  set_certificates(made, config);
  edge::set_dns(made, config, serves);
  edge::set_geo(made, config, serves);
  edge::set_geo_map(made, config);
  edge::set_zones(made, config);
  return node;
}

DnsHost::DnsHost(const edge::Config& config) : config_(config), node_(create(config_, true)) {}

DnsHost::~DnsHost() { fce_node_stop(node_.get()); }

void DnsHost::add_metrics(const std::string& address) {
  const auto expect_ok = [&](int status) {
    if (status != FCE_OK)
      throw edge::ConfigError("fcedge-geo: --metrics " + address + ": " + fce_last_error());
  };
  fce_listen_options listen;
  fce_listen_options_init(&listen);
  listen.address = address.c_str();
  uint16_t port = 0;
  expect_ok(fce_node_listen(node_.get(), &listen, &port));
  fce_routes* made = nullptr;
  expect_ok(fce_routes_create(&made));
  const std::unique_ptr<fce_routes, decltype(&fce_routes_destroy)> routes(made, fce_routes_destroy);
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/metrics";
  expect_ok(fce_routes_add_metrics(made, &route));
  expect_ok(fce_node_set_routes(node_.get(), made));
  edge::log_info("serving metrics address=" + edge::quoted(address) +
                 " port=" + std::to_string(port));
}

void DnsHost::start() {
  if (fce_node_start(node_.get()) != FCE_OK) config_.fail(config_.node.place, fce_last_error());
  edge::log_info("DNS server started zones=" + std::to_string(config_.zones.size()) +
                 " version=" + fce_version());
}

void DnsHost::reload(const edge::Config& config) {
  // They are put in force one after the other, so all of them are tried before.
  check(config);
  set_certificates(node_.get(), config);
  edge::set_geo_map(node_.get(), config);
  edge::set_zones(node_.get(), config);
  edge::warn_of_dns_restart(config_, config);
}

void DnsHost::check(const edge::Config& config) { create(config, false); }

}  // namespace geo
