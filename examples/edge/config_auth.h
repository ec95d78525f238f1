// SPDX-License-Identifier: Apache-2.0
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_AUTH_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_AUTH_H_

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads [auth].
AuthSettings read_auth(Section section);

// Reads what a route says of it: `auth` and `anonymous`.
void read_route_auth(Section& section, uint32_t* auth, bool* anonymous);

// Tells a node that has not started.
void set_auth(fce_node* node, const Config& config);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_AUTH_H_
