// SPDX-License-Identifier: Apache-2.0
#include "engine/origin_plan.h"

namespace fce {

Status OriginPlan::get(Node& node, std::shared_ptr<const Fetcher>* out) {
  const std::lock_guard lock(mutex_);
  std::erase_if(made_, [](const auto& entry) { return entry.second.expired(); });
  if ((*out = made_[&node].lock())) return Status::ok;
  const Status status = make(node, out);
  if (status == Status::ok)
    made_[&node] = *out;
  else
    made_.erase(&node);
  return status;
}

}  // namespace fce
