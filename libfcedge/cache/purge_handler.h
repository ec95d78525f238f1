// SPDX-License-Identifier: Apache-2.0
// PurgeHandler: purges over HTTP, for who knows the secret.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "cache/edge_cache.h"
#include "http/handler.h"

namespace fce {

class PurgeHandler final : public Handler {
 public:
  static constexpr size_t kPurgesMax = 256;  // of one request

  PurgeHandler(EdgeCache& cache, std::string tenant, std::string secret)
      : cache_(cache), tenant_(std::move(tenant)), secret_(std::move(secret)) {}
  void handle(Exchange& exchange) const override;

 private:
  EdgeCache& cache_;
  const std::string tenant_;
  const std::string secret_;
};

}  // namespace fce
