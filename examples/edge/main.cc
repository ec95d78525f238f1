// SPDX-License-Identifier: Apache-2.0
//
// fcedge-edge: a thin host around libfcedge. It reads one file, calls the C ABI and waits for
// signals; everything that serves runs on the library's threads.
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>

#include "config.h"
#include "config_dns.h"
#include "config_geo.h"
#include "files.h"
#include "log.h"
#include "node.h"
#include "notify.h"
#include "options.h"
#include "signals.h"

// Read by jemalloc at its start. Few arenas, since each keeps its own spare pages, and a short
// decay done by a background thread: after a burst the memory of idle connections goes back to the
// system.
extern "C" {
__attribute__((visibility("default"))) extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

namespace edge {
namespace {

// How often the number of open connections is looked at during a drain.
constexpr uint32_t kDrainLookMs = 50;

constexpr int kExitCannotStart = 2;

void print_summary(const Config& config) {
  std::cout << config.file << ": ok: node " << config.node.name << ", " << config.listens.size()
            << " listen, " << config.certificates.size() << " certificate, "
            << config.directories.size() << " directory, " << config.feeds.size() << " feed, "
            << config.lives.size() << " live, " << config.publishes.size() << " publish, "
            << config.widgets.size() << " widget, " << config.comments.size() << " comments, "
            << config.metrics.size() << " metrics, " << config.origins.size() << " origin, "
            << config.cached.size() << " cached, " << config.proxies.size() << " proxy, "
            << config.purges.size() << " purge, " << config.dns_listens.size() << " dns_listen, "
            << config.zones.size() << " zone, " << config.geo_nodes.size() << " geo_node, "
            << config.geo_sets.size() << " geo_set\n";
  for (const std::string& record : ds_records(config)) std::cout << record << '\n';
}

void reload(const Options& options, Node* node) {
  try {
    const Config config = load_config(options.config_file, options.node_name);
    check_files(config);
    node->reload(config);
    warn_of_fences(config);
    log_info("reloaded certificates, routes, origins, zones and nodes");
  } catch (const ConfigError& error) {
    log_error("reload failed and nothing has changed error=" + quoted(error.what()));
  }
}

// Lets clients leave in peace until all have gone, the limit has passed or a second signal comes.
void drain(const Config& config, Node* node, Signals* signals) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(config.node.drain_limit_ms);
  log_info("draining connections=" + std::to_string(node->connections()));
  node->drain();
  while (node->connections() > 0 && Clock::now() < deadline) {
    // The library has no descriptor that tells the end of a drain, so this looks now and then.
    if (signals->wait_for(kDrainLookMs) == Signal::kStop) break;
  }
}

void serve(const Options& options, const Config& config, Signals* signals) {
  Node node(config);
  node.start();
  release_log();
  notify_ready();
  while (signals->wait() == Signal::kReload) reload(options, &node);
  notify_stopping();
  drain(config, &node, signals);
  const uint64_t cut = node.connections();
  node.stop();
  log_info("node stopped connections_cut=" + std::to_string(cut));
}

int run(const Options& options) {
  Signals signals;
  hold_log();
  try {
    Config config = load_config(options.config_file, options.node_name);
    open_log(config.node.log_level);
    check_files(config);
    fit_open_files(&config);
    warn_of_fences(config);
    if (options.check) {
      check_databases(config);
      Node::check(config);
      release_log();
      print_summary(config);
      return 0;
    }
    serve(options, config, &signals);
    return 0;
  } catch (const ConfigError& error) {
    drop_log();
    std::cerr << error.what() << '\n';
    return kExitCannotStart;
  }
}

}  // namespace
}  // namespace edge

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = edge::parse_options(argc, argv, &exit_code);
  if (!options) return exit_code;
  try {
    return edge::run(*options);
  } catch (const std::exception& error) {
    std::cerr << "fcedge-edge: " << error.what() << '\n';
    return edge::kExitCannotStart;
  }
}
