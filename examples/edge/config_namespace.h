// SPDX-License-Identifier: Apache-2.0
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_NAMESPACE_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_NAMESPACE_H_

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads one [[namespace]].
NamespaceSettings read_namespace(Section& section);

// Gives it to a node that has not started.
void add_namespace(fce_node* node, const Config& config, const NamespaceSettings& settings);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_NAMESPACE_H_
