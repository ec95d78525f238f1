// SPDX-License-Identifier: Apache-2.0
#include "db/causal_selection.h"

#include <utility>

namespace fce {
namespace {

// A server that is no member of a set hides where it stands, and waits by itself.
bool has_caught_up(const ServerDescription& server, const OperationTime& after) {
  const bool is_behind_us = server.type == ServerType::secondary;
  return !is_behind_us || server.last_operation >= after;
}

}  // namespace

Status select_causal(const Topology& topology, const ReadPreference& preference,
                     const CausalOptions& causal, const SelectionOptions& options,
                     CausalSelection* out) {
  Selection near;
  const Status status = select_for_read(topology, preference, options, &near);
  if (status != Status::ok) return status;
  *out = CausalSelection();
  for (const ServerDescription* server : near.in_window)
    if (has_caught_up(*server, causal.after)) out->selection.in_window.push_back(server);
  if (!out->selection.empty()) {
    out->step = CausalStep::read;
    out->selection.suitable = std::move(near.suitable);
    return Status::ok;
  }
  if (!near.empty() && causal.wait_ms > 0) {
    out->step = CausalStep::wait;
    out->selection = std::move(near);
    return Status::ok;
  }
  if (!causal.else_primary) return Status::ok;
  select_for_write(topology, options, &out->selection);
  if (!out->selection.empty()) out->step = CausalStep::primary;
  return Status::ok;
}

}  // namespace fce
