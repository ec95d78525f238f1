// SPDX-License-Identifier: Apache-2.0
// include/fcedge/pubsub.h: live routes and the subscribe hook.
#include <fcedge/pubsub.h>

#include <memory>
#include <string>

#include "engine/doorkeepers.h"
#include "engine/handles.h"
#include "engine/options.h"
#include "http/utf8.h"
#include "pubsub/live_handler.h"
#include "pubsub/subscribe_hook.h"

using namespace fce;

namespace {

constexpr size_t kMessageBytesMax = 255;

fce_str c_str(std::string_view text) { return {text.data(), text.size()}; }

bool take_verdict(uint32_t code, fce_str message, HookVerdict* out) {
  using Kind = HookVerdict::Kind;
  static constexpr Kind kKinds[] = {Kind::forbidden, Kind::unauthorized, Kind::busy};
  const std::string_view text(message.data, message.data ? message.len : 0);
  out->kind = Kind::forbidden;
  if (code >= std::size(kKinds) || (!message.data && message.len > 0) ||
      text.size() > kMessageBytesMax || !is_utf8(as_bytes(text)))
    return false;
  *out = {kKinds[code], std::string(text)};
  return true;
}

}  // namespace

extern "C" {

void fce_live_options_init(fce_live_options* options) { init_options(options); }

int fce_routes_add_live(fce_routes* routes, const fce_route_options* options,
                        const fce_live_options* live) {
  fce_live_options known;
  Route route;
  Target target;
  Status status = take_options(live, &known);
  if (status == Status::ok && !routes) status = fail(Status::invalid, "the table is NULL");
  if (status == Status::ok) status = RoutePlan::read(options, "GET", &route);
  if (status == Status::ok) status = Target::parse_tenant(known.tenant, route.pattern, &target);
  if (status == Status::ok) status = check_auth(known.auth, known.anonymous);
  if (status != Status::ok) return to_c(status);
  const auto tenant = std::make_shared<std::string>(known.tenant);
  known.tenant = tenant->c_str();
  const std::string pattern = route.pattern;
  return to_c(routes->plan.add(
      route, [known, tenant, pattern](Node& node, std::shared_ptr<const Handler>* out) {
        std::shared_ptr<const Doorkeeper> doorkeeper;
        const Status made = make_doorkeeper(node, known.auth, known.anonymous, &doorkeeper);
        if (made != Status::ok) return made;
        return LiveHandler::make(node.pubsub(), known, pattern, std::move(doorkeeper), out);
      }));
}

int fce_node_set_subscribe_hook(fce_node* node, fce_subscribe_fn hook, uint32_t hook_ms, void* user,
                                fce_release_fn release) {
  if (!node || !hook) return to_c(fail(Status::invalid, "the node or the hook is NULL"));
  return to_c(node->node.set_subscribe_hook(hook, hook_ms, user, release));
}

fce_str fce_subscription_tenant(const fce_subscription* subscription) {
  return subscription ? c_str(subscription->question.key.tenant()) : fce_str{};
}
fce_str fce_subscription_channel(const fce_subscription* subscription) {
  return subscription ? c_str(subscription->question.key.name()) : fce_str{};
}
fce_str fce_subscription_user(const fce_subscription* subscription) {
  return subscription ? c_str(subscription->question.user) : fce_str{};
}
fce_str fce_subscription_peer(const fce_subscription* subscription) {
  return subscription ? c_str(subscription->question.peer) : fce_str{};
}
fce_str fce_subscription_after(const fce_subscription* subscription) {
  return subscription ? c_str(subscription->question.after) : fce_str{};
}
size_t fce_subscription_group_count(const fce_subscription* subscription) {
  return subscription ? subscription->question.groups.size() : 0;
}
fce_str fce_subscription_group(const fce_subscription* subscription, size_t index) {
  if (index >= fce_subscription_group_count(subscription)) return {};
  return c_str(subscription->question.groups[index]);
}

int fce_subscription_allow(fce_subscription* subscription) {
  if (!subscription) return to_c(fail(Status::invalid, "the subscription is NULL"));
  return to_c(HookDesk::give_back(subscription, {}));
}

int fce_subscription_deny(fce_subscription* subscription, uint32_t code, fce_str message) {
  if (!subscription) return to_c(fail(Status::invalid, "the subscription is NULL"));
  HookVerdict verdict;
  const bool good = take_verdict(code, message, &verdict);
  const Status status = HookDesk::give_back(subscription, std::move(verdict));
  if (good) return to_c(status);
  return to_c(fail(Status::invalid, "the code is none of FCE_DENY_*, or the message is not good"));
}

}  // extern "C"
