// SPDX-License-Identifier: Apache-2.0
// Health checks of the servers of an upstream: one request each, again and again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http/upstream.h"

namespace fce {

class UpstreamPool;

class HealthChecks {
 public:
  explicit HealthChecks(UpstreamPool& pool);
  ~HealthChecks();

 private:
  class Check;
  std::vector<std::unique_ptr<Check>> checks_;
};

}  // namespace fce
