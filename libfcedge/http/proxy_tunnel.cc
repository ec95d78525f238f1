// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_tunnel.h"

#include <utility>

#include "http/proxy_call.h"

namespace fce {

ProxyTunnel* ProxyTunnel::open(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                               std::unique_ptr<ProxyCall> call, uint32_t idle_ms) {
  const std::vector<uint8_t> rest = std::move(upgraded.rest);
  auto* tunnel = new ProxyTunnel(http, std::move(upgraded), fetch, std::move(call), idle_ms);
  fetch.send(std::move(tunnel->to_upstream_.take().source));
  if (!rest.empty()) tunnel->on_data(rest);
  tunnel->channel_.want_flush(Lane::answer);
  if (http.draining) tunnel->drain();
  return tunnel;
}

ProxyTunnel::ProxyTunnel(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                         std::unique_ptr<ProxyCall> call, uint32_t idle_ms)
    : http_(http),
      channel_(upgraded.channel),
      fetch_(fetch),
      call_(std::move(call)),
      to_upstream_(*this, http.net.loop, std::nullopt, ~uint64_t{0}, false),
      head_(std::move(upgraded.head)),
      timer_([](void* self) { static_cast<ProxyTunnel*>(self)->on_time(); }, this),
      idle_ms_(idle_ms) {
  http.connections.push_back(this);
  http.net.counters.add(Gauge::tunnels, 1);
  channel_.set_owner(this);
  set_timer();
}

ProxyTunnel::~ProxyTunnel() { http_.net.counters.add(Gauge::tunnels, -1); }

void ProxyTunnel::set_timer() { timer_.arm(http_.net.loop.timers(), idle_ms_); }

void ProxyTunnel::on_time() {
  http_.net.counters.add(Counter::limit_tunnel_idle);
  channel_.abort(Status::timed_out);
}

// --- From the client ---------------------------------------------------------------------------

void ProxyTunnel::on_data(Bytes data) {
  set_timer();
  to_upstream_.push(data);
  if (to_upstream_.full() && !std::exchange(held_, true)) channel_.stop_reading();
}

void ProxyTunnel::on_upload_taken(size_t) {
  if (!held_ || to_upstream_.waiting_bytes() >= Upload::kWindowBytes / 2) return;
  held_ = false;
  channel_.start_reading();
}

// What was sent before still goes to the upstream; then that connection is closed, and this one
// with it.
void ProxyTunnel::on_eof() { to_upstream_.end(); }

// --- From the upstream -------------------------------------------------------------------------

void ProxyTunnel::on_upstream_data(Bytes data) {
  if (channel_.closing()) return;
  set_timer();
  to_client_.push(data);
  if (to_client_.size() >= kWindowBytes && !std::exchange(paused_, true)) fetch_.pause();
  channel_.want_flush(Lane::answer);
}

void ProxyTunnel::on_upstream_end() {
  upstream_ended_ = true;
  channel_.close();
}

bool ProxyTunnel::on_flush(Gather& out) {
  if (!head_.bytes.empty()) out.add(std::exchange(head_, {}));
  to_client_.pull(out, out.room());
  if (paused_ && !upstream_ended_ && to_client_.size() < kWindowBytes / 2) {
    paused_ = false;
    fetch_.resume();
  }
  return !to_client_.empty();
}

// --- End ---------------------------------------------------------------------------------------

void ProxyTunnel::on_closed(Status) { delete this; }

// A tunnel has no words of its own to say goodbye with.
void ProxyTunnel::drain() {
  to_upstream_.end();
  channel_.close();
}

}  // namespace fce
