// SPDX-License-Identifier: Apache-2.0
// Which server an operation goes to: the algorithm of the drivers' specification "Server
// Selection", and what it cannot do, a staleness of few seconds. Pure code over a snapshot of the
// topology: no waiting, no clock, no chance but what is given.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "db/read_preference.h"
#include "db/topology.h"

namespace fce {

struct SelectionOptions {
  // How much slower than the nearest suitable server another one may be and still be chosen.
  int64_t local_threshold_ms = 15;
  // Addresses of servers that failed this operation: chosen only when there is nobody else.
  std::span<const std::string_view> deprioritized = {};
};

// Pointers are into the topology.
struct Selection {
  using Servers = std::vector<const ServerDescription*>;
  Servers suitable;   // in the order of the topology
  Servers in_window;  // those of them that are near enough

  bool empty() const { return in_window.empty(); }
};

// No suitable server is no error: the topology may change, and who waits for that is the caller.
// An error is a maximum staleness that this topology cannot keep to.
Status select_for_read(const Topology& topology, const ReadPreference& preference,
                       const SelectionOptions& options, Selection* out);

void select_for_write(const Topology& topology, const SelectionOptions& options, Selection* out);

// Of two servers of the window, taken by chance, the one that has less to do. Null when there is
// none. `random` is to be 64 bits that nobody can foresee.
const ServerDescription* choose(const Selection& selection, uint64_t random);

// How far a secondary may be behind until it is asked again, as the specification "Max Staleness"
// estimates it: from what the members say that they have written last, in the clock of the primary,
// and from how long after each other we asked them. May be negative for a moment. Others have none.
constexpr int64_t kUnknownStalenessMs = INT64_MAX;  // when a member does not tell
int64_t staleness_ms(const Topology& topology, const ServerDescription& server);

// "nearest within 2 s, else primary". The drivers' own staleness ends at 90 s, because a set that
// has nothing to write seems to be 10 s behind once in a while; here that read goes to the primary,
// until the next heartbeat. A bound below the heartbeat is an error: nobody but the primary could
// ever keep it.
//
// A bound is proven against a primary only: without one nobody knows what the others miss, and
// nothing is selected. Mongos and load balancers hide the members, so through them it is the
// primary that has to be asked.
struct BoundedSelection {
  Selection selection;
  // Nobody else can be proven to keep the bound: the read is to be sent with mode primary, so that
  // a server that is none any more refuses it.
  bool by_primary = false;
};
Status select_within(const Topology& topology, const ReadPreference& preference, int64_t within_ms,
                     const SelectionOptions& options, BoundedSelection* out);

}  // namespace fce
