// SPDX-License-Identifier: Apache-2.0
// include/fcedge/pubsub.h: the public widget protocol.
#include <fcedge/pubsub.h>

#include <memory>
#include <string>

#include "engine/handles.h"
#include "engine/options.h"
#include "pubsub/widget_handler.h"

using namespace fce;

namespace {

// Strings of the options, kept until the handlers are made.
struct Texts {
  explicit Texts(const fce_widget_options& options) : options_(options) {
    keep(&options_.tenant, &tenant_);
    keep(&options_.name_space, &name_space_);
    keep(&options_.ping_text, &ping_text_);
    keep(&options_.pong_text, &pong_text_);
  }
  Texts(const Texts&) = delete;
  Texts& operator=(const Texts&) = delete;
  const fce_widget_options& options() const { return options_; }

 private:
  static void keep(const char** text, std::string* store) {
    if (!*text) return;
    *store = *text;
    *text = store->c_str();
  }
  fce_widget_options options_;
  std::string tenant_, name_space_, ping_text_, pong_text_;
};

template <class H>
Status add(fce_routes& routes, Route route, const std::string& path,
           const std::shared_ptr<const Texts>& texts) {
  route.pattern += path;
  return routes.plan.add(route, [texts](Node& node, std::shared_ptr<const Handler>* out) {
    std::shared_ptr<const WidgetProfile> profile;
    const Status status = WidgetProfile::make(node.pubsub(), texts->options(), &profile);
    if (status == Status::ok) *out = std::make_shared<const H>(node.pubsub(), std::move(profile));
    return status;
  });
}

}  // namespace

extern "C" {

void fce_widget_options_init(fce_widget_options* options) { init_options(options); }

int fce_routes_add_widget(fce_routes* routes, const fce_route_options* options,
                          const fce_widget_options* widget) {
  fce_widget_options known;
  Route route;
  Status status = take_options(widget, &known);
  if (status == Status::ok && !routes) status = fail(Status::invalid, "the table is NULL");
  if (status == Status::ok) status = RoutePlan::read(options, "GET", &route);
  if (status == Status::ok) status = WidgetProfile::check(known);
  if (status == Status::ok && route.pattern.find('{') != std::string::npos)
    status = fail(Status::invalid, "the base path of a widget has no parameters");
  if (status != Status::ok) return to_c(status);
  if (route.pattern.ends_with('/')) route.pattern.pop_back();
  const auto texts = std::make_shared<const Texts>(known);
  status = add<WidgetSubHandler>(*routes, route, "/sub", texts);
  for (const char* path : {"/event-log/{tenantId}", "/event-log/{tenantId}/"})
    if (status == Status::ok) status = add<WidgetLogHandler>(*routes, route, path, texts);
  return to_c(status);
}

}  // extern "C"
