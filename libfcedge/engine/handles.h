// SPDX-License-Identifier: Apache-2.0
// The opaque types of the C ABI: each wraps one object, and the capi files only unwrap.
#pragma once

#include <fcedge/http.h>

#include "engine/node.h"
#include "engine/route_plan.h"

struct fce_node {
  fce::Node node;
};

struct fce_routes {
  fce::RoutePlan plan;
};

namespace fce {

inline int to_c(Status status) { return static_cast<int>(status); }

}  // namespace fce
