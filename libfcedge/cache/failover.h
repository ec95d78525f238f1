// SPDX-License-Identifier: Apache-2.0
// Failover: several origins in order. A fetch goes to the first that is not known to fail, and on
// to the next as long as nothing of an answer was passed on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "http/fetch.h"

namespace fce {

struct FailoverOptions {
  // The next origin is asked when one answers so. Only those from 500 up count as failing: 404 here
  // means that the next origin has what the first does not.
  std::vector<uint16_t> statuses = {500, 502, 503, 504};
  uint32_t failures_max = 3;  // in a row, after which an origin is passed over
  uint32_t pass_over_ms = 10'000;
};

class Failover final : public Fetcher, public std::enable_shared_from_this<Failover> {
 public:
  // FCE_EINVAL without origins, or for a status that is no error. A request with a body goes to one
  // origin only, the first that is not passed over.
  static Status make(const FailoverOptions& options,
                     std::vector<std::shared_ptr<const Fetcher>> origins,
                     std::shared_ptr<const Fetcher>* out);

  // The last origin's answer or failure is passed on as it is.
  std::unique_ptr<Fetch> start(HttpContext& http, FetchRequest&& request,
                               FetchSink& sink) const override;

 private:
  friend class FailoverFetch;
  struct Origin {
    std::shared_ptr<const Fetcher> fetcher;
    std::atomic<uint32_t> failures{0};
    std::atomic<uint64_t> pass_over_until_ms{0};
  };
  Failover(const FailoverOptions& options, std::vector<std::shared_ptr<const Fetcher>> origins);
  bool goes_on(uint16_t status) const;
  // Origins passed over come last, so that they are still asked when all fail.
  std::vector<uint32_t> order(uint64_t now_ms) const;
  // True when that makes it one that is passed over.
  bool count(uint32_t origin, bool failed, uint64_t now_ms) const;

  const FailoverOptions options_;
  const std::unique_ptr<Origin[]> origins_;
  const uint32_t origins_count_;
};

}  // namespace fce
