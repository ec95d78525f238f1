// SPDX-License-Identifier: Apache-2.0
// A request that outlives its exchange: who asked may leave while others wait for the answer.
#pragma once

#include <vector>

#include "base/arena.h"
#include "cache/cache_request.h"
#include "http/message.h"

namespace fce {

class RequestCopy {
 public:
  // Copies all but the body. `options` outlive it.
  RequestCopy(const Request& request, const PolicyOptions& options);
  RequestCopy(const RequestCopy&) = delete;
  RequestCopy& operator=(const RequestCopy&) = delete;

  const CacheRequest& cache_request() const { return cache_request_; }
  const Request& request() const { return request_; }
  Arena& arena() { return arena_; }
  // Path and query.
  std::string_view target() const { return target_; }

 private:
  Arena arena_;
  std::vector<Header> headers_;
  Request request_;
  std::string_view target_;
  CacheRequest cache_request_;
};

// Path and query of a request as they came.
std::string_view request_target(const Request& request, Arena& arena);

}  // namespace fce
