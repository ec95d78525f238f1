// SPDX-License-Identifier: Apache-2.0
// What the routes of the C ABI say of authentication.
#pragma once

#include <fcedge/auth.h>

#include <memory>

#include "base/status.h"
#include "engine/node.h"
#include "pubsub/doorkeeper.h"

namespace fce {

inline Status check_auth(uint32_t auth, uint32_t anonymous) {
  if (auth > FCE_AUTH_REQUIRED) return fail(Status::invalid, "auth is none of FCE_AUTH_*");
  if (auth == FCE_AUTH_NONE && anonymous != 0)
    return fail(Status::invalid, "anonymous sessions need auth to be optional or required");
  return Status::ok;
}

// Null where nobody is asked. FCE_ESTATE when the node does not know how to know its clients.
inline Status make_doorkeeper(Node& node, uint32_t auth, uint32_t anonymous,
                              std::shared_ptr<const Doorkeeper>* out) {
  out->reset();
  if (auth == FCE_AUTH_NONE) return Status::ok;
  if (!node.auth())
    return fail(Status::bad_state, "a route asks for tokens, and fce_node_set_auth was not called");
  const auto mode =
      auth == FCE_AUTH_REQUIRED ? AuthPolicy::Mode::required : AuthPolicy::Mode::optional;
  *out = std::make_shared<AuthDoorkeeper>(node.auth(), mode, anonymous != 0);
  return Status::ok;
}

}  // namespace fce
