// SPDX-License-Identifier: Apache-2.0
//
// fcedge-geo explain: where a client is, whom it is sent to, and why.
#ifndef FCEDGE_EXAMPLES_GEO_EXPLAIN_H_
#define FCEDGE_EXAMPLES_GEO_EXPLAIN_H_

#include "options.h"

namespace geo {

// Writes to standard output. Throws edge::ConfigError.
void explain(const Options& options);

}  // namespace geo

#endif  // FCEDGE_EXAMPLES_GEO_EXPLAIN_H_
