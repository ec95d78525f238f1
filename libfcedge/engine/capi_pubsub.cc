// SPDX-License-Identifier: Apache-2.0
// include/fcedge/pubsub.h: unwraps, calls, wraps.
#include <fcedge/pubsub.h>

#include <memory>
#include <string>

#include "engine/doorkeepers.h"
#include "engine/handles.h"
#include "engine/options.h"
#include "pubsub/feed_handler.h"
#include "pubsub/publish_handler.h"
#include "pubsub/pubsub.h"

using namespace fce;

namespace {

// Strings of an options struct, kept until the handler is made.
struct Names {
  std::string tenant, channel, secret;
};

Status check_target(const char* tenant, const char* channel, const Route& route) {
  Target target;
  return Target::parse(tenant, channel, route.pattern, &target);
}

}  // namespace

extern "C" {

void fce_feed_options_init(fce_feed_options* options) { init_options(options); }
void fce_publish_route_options_init(fce_publish_route_options* options) { init_options(options); }

int fce_routes_add_feed(fce_routes* routes, const fce_route_options* options,
                        const fce_feed_options* feed) {
  fce_feed_options known;
  Route route;
  Status status = take_options(feed, &known);
  if (status == Status::ok && !routes) status = fail(Status::invalid, "the table is NULL");
  if (status == Status::ok) status = RoutePlan::read(options, "GET", &route);
  if (status == Status::ok) status = check_target(known.tenant, known.channel, route);
  if (status == Status::ok && !FeedHandler::has_transport(known))
    status = fail(Status::invalid, "a feed needs a transport");
  if (status == Status::ok) status = check_auth(known.auth, known.anonymous);
  if (status != Status::ok) return to_c(status);
  const auto names = std::make_shared<Names>(Names{known.tenant, known.channel, {}});
  known.tenant = names->tenant.c_str();
  known.channel = names->channel.c_str();
  const std::string pattern = route.pattern;
  return to_c(routes->plan.add(
      route, [known, names, pattern](Node& node, std::shared_ptr<const Handler>* out) {
        std::shared_ptr<const Doorkeeper> doorkeeper;
        const Status made = make_doorkeeper(node, known.auth, known.anonymous, &doorkeeper);
        if (made != Status::ok) return made;
        return FeedHandler::make(node.pubsub(), known, pattern, out, std::move(doorkeeper));
      }));
}

int fce_routes_add_publish(fce_routes* routes, const fce_route_options* options,
                           const fce_publish_route_options* publish) {
  fce_publish_route_options known;
  Route route;
  Status status = take_options(publish, &known);
  if (status == Status::ok && !routes) status = fail(Status::invalid, "the table is NULL");
  if (status == Status::ok) status = RoutePlan::read(options, "POST", &route);
  if (status == Status::ok) status = check_target(known.tenant, known.channel, route);
  if (status == Status::ok &&
      (!known.secret || std::string_view(known.secret).size() < PublishHandler::kSecretBytesMin))
    status = fail(Status::invalid, "a publish endpoint needs a secret of at least 16 bytes");
  if (status != Status::ok) return to_c(status);
  const auto names = std::make_shared<Names>(Names{known.tenant, known.channel, known.secret});
  known.tenant = names->tenant.c_str();
  known.channel = names->channel.c_str();
  known.secret = names->secret.c_str();
  const std::string pattern = route.pattern;
  return to_c(routes->plan.add(
      route, [known, names, pattern](Node& node, std::shared_ptr<const Handler>* out) {
        return PublishHandler::make(node.pubsub(), known, pattern, out);
      }));
}

int fce_publish(fce_node* node, fce_str tenant, fce_str channel, const void* data, size_t len,
                fce_published_fn done, void* user) {
  if (!node || (!data && len > 0))
    return to_c(fail(Status::invalid, "the node or the payload is NULL"));
  ChannelKey key;
  const Status status =
      ChannelKey::make({tenant.data, tenant.len}, {channel.data, channel.len}, &key);
  if (status != Status::ok) return to_c(status);
  const Bytes payload(static_cast<const uint8_t*>(data), len);
  return to_c(node->node.pubsub().publish(key, {payload, nullptr}, done, user));
}

}  // extern "C"
