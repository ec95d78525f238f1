// SPDX-License-Identifier: Apache-2.0
#include "routes.h"

#include <fcedge/pubsub.h>

#include <string>

#include "files.h"
#include "route_entry.h"

namespace edge {
namespace {

void refuse(fce_exchange* exchange, void*) { fce_exchange_abort(exchange); }

}  // namespace

void add_directory(fce_routes* routes, const Config& config, const DirectorySettings& directory) {
  const fce_route_options route = route_options(directory.route);
  fce_directory_options options;
  fce_directory_options_init(&options);
  options.root = directory.root.path.c_str();
  options.index = or_null(directory.index);
  options.cache_control = or_null(directory.cache_control);
  options.precompressed = directory.precompressed ? 1 : 0;
  options.memory_bytes_max = directory.memory_bytes_max;
  options.revalidate_ms = directory.revalidate_ms;
  const int status = fce_routes_add_directory(routes, &route, &options);
  const bool root_fault = status == FCE_ENOENT || status == FCE_EACCES;
  expect_ok(status, config, root_fault ? directory.root.place : directory.route.place);
}

void add_feed(fce_routes* routes, const Config& config, const FeedSettings& feed) {
  const fce_route_options route = route_options(feed.route);
  fce_feed_options options;
  fce_feed_options_init(&options);
  options.tenant = feed.tenant.c_str();
  options.channel = feed.channel.c_str();
  options.no_websocket = feed.websocket ? 0 : 1;
  options.no_sse = feed.sse ? 0 : 1;
  options.no_stream = feed.stream ? 0 : 1;
  options.no_poll = feed.poll ? 0 : 1;
  options.ping_ms = feed.ping_ms;
  options.dead_ms = feed.dead_ms;
  options.retry_ms = feed.retry_ms;
  options.auth = feed.auth;
  options.anonymous = feed.anonymous ? 1 : 0;
  options.deflate = feed.deflate ? 1 : 0;
  expect_ok(fce_routes_add_feed(routes, &route, &options), config, feed.route.place);
}

void add_live(fce_routes* routes, const Config& config, const LiveSettings& live) {
  const fce_route_options route = route_options(live.route);
  fce_live_options options;
  fce_live_options_init(&options);
  options.tenant = live.tenant.c_str();
  options.ping_ms = live.ping_ms;
  options.dead_ms = live.dead_ms;
  options.channels_max = live.channels_max;
  options.commands_per_s = live.commands_per_s;
  options.auth = live.auth;
  options.anonymous = live.anonymous ? 1 : 0;
  options.deflate = live.deflate ? 1 : 0;
  expect_ok(fce_routes_add_live(routes, &route, &options), config, live.route.place);
}

void add_publish(fce_routes* routes, const Config& config, const PublishSettings& publish) {
  const std::string secret = read_secret(config, publish.secret_file);
  const fce_route_options route = route_options(publish.route);
  fce_publish_route_options options;
  fce_publish_route_options_init(&options);
  options.tenant = publish.tenant.c_str();
  options.channel = publish.channel.c_str();
  options.secret = secret.c_str();
  options.rate_per_s = publish.rate_per_s;
  expect_ok(fce_routes_add_publish(routes, &route, &options), config, publish.route.place);
}

void add_widget(fce_routes* routes, const Config& config, const WidgetSettings& widget) {
  const fce_route_options route = route_options(widget.route);
  fce_widget_options options;
  fce_widget_options_init(&options);
  options.tenant = or_null(widget.tenant);
  options.name_space = or_null(widget.name_space);
  options.ping_text = or_null(widget.ping_text);
  options.pong_text = or_null(widget.pong_text);
  options.ping_ms = widget.ping_ms;
  options.dead_ms = widget.dead_ms;
  expect_ok(fce_routes_add_widget(routes, &route, &options), config, widget.route.place);
}

void add_metrics(fce_routes* routes, const Config& config, const RouteSettings& route) {
  const fce_route_options options = route_options(route);
  expect_ok(fce_routes_add_metrics(routes, &options), config, route.place);
}

void add_comments(fce_routes* routes, const Config& config, const CommentsSettings& settings,
                  Comments* comments) {
  fce_route_options route = route_options(settings.route);
  route.methods = "GET,POST";
  route.body_bytes_max = Comments::kBodyBytesMax;
  const int status = comments != nullptr
                         ? comments->add_route(routes, route, settings.tenant, settings.list_max)
                         : fce_routes_add_handler(routes, &route, refuse, nullptr, nullptr);
  expect_ok(status, config, settings.route.place);
}

}  // namespace edge
