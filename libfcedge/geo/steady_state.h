// SPDX-License-Identifier: Apache-2.0
// SteadyState: what a node's state is taken to be, of observations that may be wrong. It changes
// when as many in a row say so; what an operator decides needs no such thing.
#pragma once

#include <cstdint>

#include "geo/node_map.h"

namespace fce {

class SteadyState {
 public:
  // How many observations in a row make a node worse than it was, and better.
  SteadyState(uint32_t worse_after, uint32_t better_after, NodeState state = NodeState::up)
      : worse_after_(worse_after), better_after_(better_after), state_(state), seen_(state) {}

  // Returns whether the state has changed.
  bool observe(NodeState seen) {
    if (seen == state_ || seen != seen_) count_ = 0;
    seen_ = seen;
    if (seen == state_) return false;
    if (++count_ < (seen > state_ ? worse_after_ : better_after_)) return false;
    state_ = seen;
    count_ = 0;
    return true;
  }
  NodeState state() const { return state_; }

 private:
  const uint32_t worse_after_, better_after_;
  NodeState state_, seen_;
  uint32_t count_ = 0;
};

}  // namespace fce
