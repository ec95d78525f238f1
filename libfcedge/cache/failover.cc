// SPDX-License-Identifier: Apache-2.0
#include "cache/failover.h"

#include <algorithm>
#include <utility>

#include "cache/failover_fetch.h"

namespace fce {
namespace {

constexpr size_t kOriginsMax = 16;

}  // namespace

Status Failover::make(const FailoverOptions& options,
                      std::vector<std::shared_ptr<const Fetcher>> origins,
                      std::shared_ptr<const Fetcher>* out) {
  if (origins.empty() || origins.size() > kOriginsMax)
    return fail(Status::invalid, "there have to be 1 to 16 origins");
  for (const uint16_t status : options.statuses)
    if (status < 400 || status > 599)
      return fail(Status::invalid, std::to_string(status) + " is no status of an error");
  if (options.failures_max == 0)
    return fail(Status::invalid, "an origin has to fail once at least before it is passed over");
  out->reset(new Failover(options, std::move(origins)));
  return Status::ok;
}

Failover::Failover(const FailoverOptions& options,
                   std::vector<std::shared_ptr<const Fetcher>> origins)
    : options_(options),
      origins_(std::make_unique<Origin[]>(origins.size())),
      origins_count_(static_cast<uint32_t>(origins.size())) {
  for (size_t i = 0; i < origins.size(); ++i) origins_[i].fetcher = std::move(origins[i]);
}

std::unique_ptr<Fetch> Failover::start(HttpContext& http, FetchRequest&& request,
                                       FetchSink& sink) const {
  return std::make_unique<FailoverFetch>(shared_from_this(), http, std::move(request), sink);
}

bool Failover::goes_on(uint16_t status) const {
  return std::find(options_.statuses.begin(), options_.statuses.end(), status) !=
         options_.statuses.end();
}

std::vector<uint32_t> Failover::order(uint64_t now_ms) const {
  std::vector<uint32_t> order(origins_count_);
  for (uint32_t i = 0; i < origins_count_; ++i) order[i] = i;
  std::stable_partition(order.begin(), order.end(), [&](uint32_t i) {
    return origins_[i].pass_over_until_ms.load(std::memory_order_relaxed) <= now_ms;
  });
  return order;
}

bool Failover::count(uint32_t origin, bool failed, uint64_t now_ms) const {
  Origin& each = origins_[origin];
  if (!failed) {
    each.failures.store(0, std::memory_order_relaxed);
    each.pass_over_until_ms.store(0, std::memory_order_relaxed);
    return false;
  }
  if (each.failures.fetch_add(1, std::memory_order_relaxed) + 1 < options_.failures_max)
    return false;
  each.pass_over_until_ms.store(now_ms + options_.pass_over_ms, std::memory_order_relaxed);
  return true;
}

}  // namespace fce
