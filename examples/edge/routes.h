// SPDX-License-Identifier: Apache-2.0
//
// The configuration's routes as entries of a route table.
#ifndef FCEDGE_EXAMPLES_EDGE_ROUTES_H_
#define FCEDGE_EXAMPLES_EDGE_ROUTES_H_

#include <fcedge/http.h>

#include "comments.h"
#include "config.h"

namespace edge {

// Each throws ConfigError with the line of the route that the library refuses.
void add_directory(fce_routes* routes, const Config& config, const DirectorySettings& directory);
void add_feed(fce_routes* routes, const Config& config, const FeedSettings& feed);
void add_live(fce_routes* routes, const Config& config, const LiveSettings& live);
void add_publish(fce_routes* routes, const Config& config, const PublishSettings& publish);
void add_widget(fce_routes* routes, const Config& config, const WidgetSettings& widget);
void add_metrics(fce_routes* routes, const Config& config, const RouteSettings& route);

// `comments` is null when a table is only built to see whether it can be.
void add_comments(fce_routes* routes, const Config& config, const CommentsSettings& settings,
                  Comments* comments);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_ROUTES_H_
