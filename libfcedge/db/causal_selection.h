// SPDX-License-Identifier: Apache-2.0
// Where a read goes that has to see a certain write. Pure code.
//
// What makes it see the write is the server: the read carries `afterClusterTime`, and a member that
// has not got there yet waits before it answers. Selection only avoids waiting, by what members
// said at their last heartbeat; so a member that is believed to be behind is waited for rather than
// left for another one far away, since it has most likely caught up meanwhile.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "db/read_preference.h"
#include "db/server_selection.h"
#include "db/topology.h"

namespace fce {

struct CausalOptions {
  OperationTime after;       // of the token
  int64_t wait_ms = 0;       // how long a member may take to catch up
  bool else_primary = true;  // then, or at once if `wait_ms` is 0
};

enum class CausalStep : uint8_t {
  none,     // nobody may answer it just now
  read,     // these have caught up
  wait,     // these have not been heard to: give them `wait_ms`; then `primary`, if it may be asked
  primary,  // the primary has every write that counts: to be sent with mode primary
};

struct CausalSelection {
  CausalStep step = CausalStep::none;
  Selection selection;
};

Status select_causal(const Topology& topology, const ReadPreference& preference,
                     const CausalOptions& causal, const SelectionOptions& options,
                     CausalSelection* out);

}  // namespace fce
