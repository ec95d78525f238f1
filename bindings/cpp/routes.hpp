// SPDX-License-Identifier: Apache-2.0
//
// Route tables; see fcedge/http.h, and for the kinds of routes pubsub.h, cache.h and origin.h.
#ifndef FCEDGE_CPP_ROUTES_HPP_
#define FCEDGE_CPP_ROUTES_HPP_

#include "options_node.hpp"
#include "origin.hpp"

FCEDGE_BEGIN

class Routes : public Handle<fce_routes, fce_routes_destroy> {
 public:
  using Handle::Handle;

  static Result<Routes> create() {
    fce_routes* made = nullptr;
    const int code = fce_routes_create(&made);
    if (code != FCE_OK) return detail::check(code);
    return Routes(made);
  }

  // `handler(Exchange)` is called for each request, on a shard's thread, where it must not block.
  // It may move the exchange elsewhere and answer later. It is destroyed once, when neither the
  // table nor a node that was given it needs it any more.
  template <class F>
  Status add_handler(const RouteOptions& options, F&& handler) {
    using C = detail::Owning<Exchange, fce_exchange, std::decay_t<F>>;
    const fce_route_options c = options;
    return detail::check(detail::hand_over<C>(std::forward<F>(handler), [&](void* user) {
      return fce_routes_add_handler(get(), &c, C::run, user, C::free);
    }));
  }

  Status add_directory(const RouteOptions& options, const DirectoryOptions& directory) {
    return add<fce_directory_options>(fce_routes_add_directory, options, directory);
  }

  Status add_metrics(const RouteOptions& options) {
    const fce_route_options c = options;
    return detail::check(fce_routes_add_metrics(get(), &c));
  }

  Status add_feed(const RouteOptions& options, const FeedOptions& feed) {
    return add<fce_feed_options>(fce_routes_add_feed, options, feed);
  }

  Status add_live(const RouteOptions& options, const LiveOptions& live) {
    return add<fce_live_options>(fce_routes_add_live, options, live);
  }

  Status add_publish(const RouteOptions& options, const PublishRouteOptions& publish) {
    return add<fce_publish_route_options>(fce_routes_add_publish, options, publish);
  }

  Status add_widget(const RouteOptions& options, const WidgetOptions& widget) {
    return add<fce_widget_options>(fce_routes_add_widget, options, widget);
  }

  // The route keeps the origin.
  Status add_proxy(const RouteOptions& options, const ProxyOptions& proxy, const Origin& origin) {
    return add<fce_proxy_options>(fce_routes_add_proxy, options, proxy, origin.get());
  }

  Status add_cached(const RouteOptions& options, const CachedOptions& cached,
                    const Origin& origin) {
    return add<fce_cached_options>(fce_routes_add_cached, options, cached, origin.get());
  }

  Status add_purge(const RouteOptions& options, Text tenant, Text secret) {
    const fce_route_options c = options;
    return detail::check(fce_routes_add_purge(get(), &c, tenant.c_str(), secret.c_str()));
  }

 private:
  template <class C, class Call, class Options, class... More>
  Status add(Call call, const RouteOptions& options, const Options& kind, More... more) {
    const fce_route_options route = options;
    const C c = kind;
    return detail::check(call(get(), &route, &c, more...));
  }
};

FCEDGE_END

#endif  // FCEDGE_CPP_ROUTES_HPP_
