// SPDX-License-Identifier: Apache-2.0
// CacheHandler: a route whose answers come out of the cache, or from its origin through it.
#pragma once

#include <memory>
#include <utility>

#include "cache/cached_route.h"
#include "cache/visit.h"
#include "http/handler.h"

namespace fce {

class CacheHandler final : public Handler {
 public:
  explicit CacheHandler(std::shared_ptr<const CachedRoute> route) : route_(std::move(route)) {}
  void handle(Exchange& exchange) const override { CacheVisit::start(exchange, route_); }
  // What is not for the cache is handed through as it comes.
  bool streams_body() const override { return true; }

 private:
  const std::shared_ptr<const CachedRoute> route_;
};

}  // namespace fce
