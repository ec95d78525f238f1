// SPDX-License-Identifier: Apache-2.0
#include "http/health_checks.h"

#include <utility>

#include "http/upstream_fetch.h"
#include "http/upstream_pool.h"
#include "loop/timer.h"

namespace fce {

// Of one server. Between two checks the timer runs, and during one that limits it.
class HealthChecks::Check final : public FetchSink {
 public:
  Check(UpstreamPool& pool, size_t peer)
      : pool_(pool),
        options_(pool.shared()->options),
        peer_(peer),
        timer_([](void* self) { static_cast<Check*>(self)->on_timer(); }, this) {
    begin();
  }

  void on_head(uint16_t status, std::span<const Header>, std::optional<uint64_t>) override {
    const bool good = options_.check_status != 0 ? status == options_.check_status
                                                 : status >= 200 && status < 400;
    end(good);
  }
  void on_body(Bytes) override {}
  void on_end(std::span<const Header>) override {}
  void on_fail(FetchError why) override {
    if (why != FetchError::stopped) end(false);
  }

 private:
  void begin() {
    pool_.counters().add(Counter::upstream_checks);
    timer_.arm(pool_.loop().timers(), options_.check_ms);
    fetch_ = std::make_unique<UpstreamFetch>(pool_, *this);
    fetch_->pin(peer_);
    FetchRequest request;
    request.target = options_.check_path;
    const std::string& authority = pool_.shared()->peers[peer_]->url.authority;
    if (fetch_->take(std::move(request), authority)) {
      pool_.start(*fetch_);
    } else {
      fetch_->fail_later(FetchError::refused);
    }
  }
  void end(bool good) {
    timer_.arm(pool_.loop().timers(), options_.check_interval_ms);
    fetch_.reset();
    pool_.report_check(peer_, good);
  }
  void on_timer() {
    if (fetch_) return end(false);
    if (!pool_.shared()->retired.load(std::memory_order_relaxed)) begin();
  }

  UpstreamPool& pool_;
  const UpstreamOptions& options_;
  const size_t peer_;
  Timer timer_;
  std::unique_ptr<UpstreamFetch> fetch_;
};

HealthChecks::HealthChecks(UpstreamPool& pool) {
  for (size_t i = 0; i < pool.shared()->peers.size(); ++i)
    checks_.push_back(std::make_unique<Check>(pool, i));
}

HealthChecks::~HealthChecks() = default;

}  // namespace fce
