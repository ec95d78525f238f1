// SPDX-License-Identifier: Apache-2.0
#include "cache/failover_fetch.h"

#include <utility>

namespace fce {
namespace {

bool has_body(const FetchRequest& request) {
  return request.body.source != nullptr || !request.body.bytes.bytes.empty();
}

// What says nothing about the origin.
bool is_our_own(FetchError why) { return why == FetchError::stopped || why == FetchError::refused; }

}  // namespace

FailoverFetch::FailoverFetch(std::shared_ptr<const Failover> origins, HttpContext& http,
                             FetchRequest&& request, FetchSink& sink)
    : origins_(std::move(origins)),
      http_(http),
      saved_(request),
      sink_(sink),
      order_(origins_->order(http.net.loop.now_ms())),
      once_(has_body(request) || request.upgrade ||
            (request.method != "GET" && request.method != "HEAD")) {
  ask(std::move(request));
}

void FailoverFetch::pause() {
  paused_ = true;
  inner_->pause();
}

void FailoverFetch::resume() {
  paused_ = false;
  inner_->resume();
}

void FailoverFetch::ask(FetchRequest&& request) {
  const Failover::Origin& next = origins_->origins_[origin()];
  inner_ = next.fetcher->start(http_, std::move(request), *this);
  if (paused_) inner_->pause();
}

bool FailoverFetch::ask_next() {
  if (once_ || at_ + 1 == order_.size()) return false;
  ++at_;
  http_.net.counters.add(Counter::origin_failovers);
  inner_.reset();
  ask(saved_.request());
  return true;
}

void FailoverFetch::count(bool failed) {
  if (origins_->count(origin(), failed, http_.net.loop.now_ms()))
    http_.net.counters.add(Counter::origins_passed_over);
}

void FailoverFetch::on_informational(uint16_t status, std::span<const Header> headers) {
  sink_.on_informational(status, headers);
}

void FailoverFetch::on_head(uint16_t status, std::span<const Header> headers,
                            std::optional<uint64_t> length) {
  const bool goes_on = origins_->goes_on(status);
  count(goes_on && status >= 500);
  if (goes_on && ask_next()) return;
  answered_ = true;
  sink_.on_head(status, headers, length);
}

void FailoverFetch::on_upgraded(std::span<const Header> headers) {
  count(false);
  answered_ = true;
  sink_.on_upgraded(headers);
}

void FailoverFetch::on_fail(FetchError why) {
  if (!is_our_own(why)) count(true);
  if (!answered_ && why != FetchError::stopped && ask_next()) return;
  sink_.on_fail(why);
}

}  // namespace fce
