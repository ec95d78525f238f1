// SPDX-License-Identifier: Apache-2.0
// Other origins' pages: which fields an answer to them needs (Fetch standard, "CORS protocol") and
// whose WebSocket may be opened.
//
// An origin that a policy names is trusted with the user's credentials; "*" is not.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "http/message.h"
#include "http/route_table.h"

namespace fce {

// Whether `origin` is the page's own: scheme, host and port of the request. A request in clear may
// have come through a proxy that ends TLS, so there the origin's scheme may be either.
bool is_same_origin(const Request& request, std::string_view origin);

// Whether a page of the request's Origin may open a WebSocket. Without the field it is no page.
bool websocket_origin_allowed(const Request& request, const OriginPolicy& policy);

// Appends the fields that an answer of a route with this policy has.
void add_cors_fields(const Request& request, const OriginPolicy& policy,
                     std::vector<Header>* fields);

bool is_preflight(const Request& request);

// The fields of the answer to a preflight. `policy` is that of the route for the method asked for,
// or null when there is none; `allow` lists the methods that the path has. Returns whether the
// request that the browser asks for is allowed.
bool add_preflight_fields(const Request& request, const OriginPolicy* policy,
                          std::string_view allow, std::vector<Header>* fields);

}  // namespace fce
