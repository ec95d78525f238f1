// SPDX-License-Identifier: Apache-2.0
#include "routes_cache.h"

#include <fcedge/cache.h>

#include <memory>
#include <string>

#include "files.h"
#include "route_entry.h"

namespace edge {
namespace {

void add_cached(fce_routes* routes, const Config& config, const Origins& origins,
                const CachedSettings& cached) {
  fce_route_options route = route_options(cached.route);
  route.methods = or_null(cached.methods);
  fce_cached_options options = cached.options;
  options.tenant = cached.tenant.c_str();
  options.name = or_null(cached.name);
  options.strip_prefix = or_null(cached.strip_prefix);
  expect_ok(fce_routes_add_cached(routes, &route, &options, origins.get(cached.origin.name)),
            config, cached.route.place);
}

void add_proxy(fce_routes* routes, const Config& config, const Origins& origins,
               const ProxySettings& proxy) {
  fce_route_options route = route_options(proxy.route);
  route.methods = or_null(proxy.methods);
  fce_proxy_options options = proxy.options;
  options.strip_prefix = or_null(proxy.strip_prefix);
  options.add_prefix = or_null(proxy.add_prefix);
  options.host = or_null(proxy.host_sent);
  options.trusted = or_null(proxy.trusted);
  if (proxy.via) options.via = proxy.via->c_str();
  expect_ok(fce_routes_add_proxy(routes, &route, &options, origins.get(proxy.origin.name)), config,
            proxy.route.place);
}

void add_purge(fce_routes* routes, const Config& config, const PurgeSettings& purge) {
  const std::string secret = read_secret(config, purge.secret_file);
  const fce_route_options route = route_options(purge.route);
  expect_ok(fce_routes_add_purge(routes, &route, purge.tenant.c_str(), secret.c_str()), config,
            purge.route.place);
}

// What stands in a table for routes that a node without a cache cannot have: so their patterns
// meet all others, and their origins are made.
void add_uncached(fce_routes* routes, const Config& config, const Origins& origins,
                  const CachedSettings& cached) {
  fce_route_options route = route_options(cached.route);
  route.methods = cached.methods.empty() ? "GET" : cached.methods.c_str();
  fce_proxy_options options;
  fce_proxy_options_init(&options);
  expect_ok(fce_routes_add_proxy(routes, &route, &options, origins.get(cached.origin.name)), config,
            cached.route.place);
}

void refuse(fce_exchange* exchange, void*) { fce_exchange_abort(exchange); }

void add_refusal(fce_routes* routes, const Config& config, const RouteSettings& settings) {
  fce_route_options route = route_options(settings);
  route.methods = "POST,PURGE";
  expect_ok(fce_routes_add_handler(routes, &route, refuse, nullptr, nullptr), config,
            settings.place);
}

}  // namespace

void add_cache_routes(fce_routes* routes, const Config& config, const Origins& origins,
                      bool with_cache) {
  for (const ProxySettings& proxy : config.proxies) add_proxy(routes, config, origins, proxy);
  fce_routes* scratch = nullptr;
  if (!with_cache) expect_ok(fce_routes_create(&scratch), config, {});
  const std::unique_ptr<fce_routes, decltype(&fce_routes_destroy)> owner(scratch,
                                                                         fce_routes_destroy);
  for (const CachedSettings& cached : config.cached) {
    add_cached(with_cache ? routes : scratch, config, origins, cached);
    if (!with_cache) add_uncached(routes, config, origins, cached);
  }
  for (const PurgeSettings& purge : config.purges) {
    add_purge(with_cache ? routes : scratch, config, purge);
    if (!with_cache) add_refusal(routes, config, purge.route);
  }
}

void add_only_origin(fce_routes* routes, const Config& config, const Origins& origins,
                     const OriginSettings& settings) {
  CachedSettings alone;
  alone.route.path = "/";
  alone.origin.name = settings.name;
  add_uncached(routes, config, origins, alone);
}

}  // namespace edge
