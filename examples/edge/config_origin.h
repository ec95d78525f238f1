// SPDX-License-Identifier: Apache-2.0
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_ORIGIN_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_ORIGIN_H_

#include "config.h"
#include "toml_section.h"

namespace edge {

// Reads one [[origin]].
OriginSettings read_origin(Section& section);

// Throws ConfigError for names of origins that are not there, or there twice.
void check_origins(const Config& config);

// Whether both say the same, wherever in the file they stand.
bool same_origin(const OriginSettings& a, const OriginSettings& b);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_ORIGIN_H_
