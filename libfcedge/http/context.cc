// SPDX-License-Identifier: Apache-2.0
#include "http/context.h"

#include "http/upstream_pool.h"

namespace fce {

HttpContext::HttpContext(NetContext& net_context) : net(net_context), pacing(net_context) {}

HttpContext::~HttpContext() = default;

UpstreamPools& HttpContext::upstreams() {
  if (!upstreams_) upstreams_ = std::make_unique<UpstreamPools>(*this);
  return *upstreams_;
}

void HttpContext::stop_upstreams() { upstreams().stop(); }

std::string_view HttpContext::date() {
  // The wall clock is read once a second; in between the loop's own clock, which costs nothing,
  // tells whether that second has ended.
  const uint64_t now = net.loop.now_ms();
  if (now >= date_until_ms_) {
    const uint64_t wall = wall_ms();
    format_http_date(static_cast<int64_t>(wall / 1000), date_);
    date_until_ms_ = now + (1000 - wall % 1000);
  }
  return {date_, kHttpDateBytes};
}

}  // namespace fce
