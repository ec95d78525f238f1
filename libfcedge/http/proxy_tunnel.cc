// SPDX-License-Identifier: Apache-2.0
#include "http/proxy_tunnel.h"

#include <utility>

#include "http/proxy_call.h"
#include "http/ws_frame.h"

namespace fce {

ProxyTunnel* ProxyTunnel::open(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                               std::unique_ptr<ProxyCall> call, const Options& options) {
  const std::vector<uint8_t> rest = std::move(upgraded.rest);
  auto* tunnel = new ProxyTunnel(http, std::move(upgraded), fetch, std::move(call), options);
  fetch.send(std::move(tunnel->to_upstream_.take().source));
  if (!rest.empty()) tunnel->on_data(rest);
  tunnel->channel_.want_flush(Lane::answer);
  if (http.draining) tunnel->drain();
  return tunnel;
}

ProxyTunnel::ProxyTunnel(HttpContext& http, Upgraded&& upgraded, Fetch& fetch,
                         std::unique_ptr<ProxyCall> call, const Options& options)
    : http_(http),
      channel_(upgraded.channel),
      fetch_(fetch),
      call_(std::move(call)),
      to_upstream_(*this, http.net.loop, std::nullopt, ~uint64_t{0}, false),
      head_(std::move(upgraded.head)),
      timer_([](void* self) { static_cast<ProxyTunnel*>(self)->on_time(); }, this),
      options_(options) {
  http.connections.push_back(this);
  http.net.counters.add(Gauge::tunnels, 1);
  channel_.set_owner(this);
  set_timer();
}

ProxyTunnel::~ProxyTunnel() { http_.net.counters.add(Gauge::tunnels, -1); }

void ProxyTunnel::set_timer() {
  if (eof_ || leaving_ != Leaving::no) return;
  timer_.arm(http_.net.loop.timers(), options_.idle_ms);
}

void ProxyTunnel::on_time() {
  if (eof_) return to_upstream_.end();
  if (leaving_ != Leaving::no) return channel_.close();
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

void ProxyTunnel::on_eof() {
  eof_ = true;
  timer_.arm(http_.net.loop.timers(), kLastWordMs);
}

// --- From the upstream -------------------------------------------------------------------------

void ProxyTunnel::on_upstream_data(Bytes data) {
  if (channel_.closing() || leaving_ == Leaving::told) return;
  set_timer();
  pass_on(data);
  if (to_client_.size() >= kWindowBytes && !std::exchange(paused_, true)) fetch_.pause();
  channel_.want_flush(Lane::answer);
}

void ProxyTunnel::pass_on(Bytes data) {
  if (!options_.websocket) return to_client_.push(data);
  for (Bytes left = data; !left.empty() && leaving_ != Leaving::told;) {
    const size_t taken = boundary_.take(left);
    to_client_.push(left.first(taken));
    left = left.subspan(taken);
    if (leaving_ == Leaving::draining && boundary_.between()) say_goodbye();
  }
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

// A WebSocket is told when to come back; other protocols have no words for that which we know.
void ProxyTunnel::drain() {
  if (leaving_ != Leaving::no || channel_.closing()) return;
  leaving_ = Leaving::draining;
  if (!options_.websocket) {
    to_upstream_.end();
    return channel_.close();
  }
  if (!eof_) timer_.arm(http_.net.loop.timers(), kCloseMs);
  if (boundary_.between()) say_goodbye();
}

// The client answers with its own goodbye, which goes to the upstream: so both sides end in order.
void ProxyTunnel::say_goodbye() {
  leaving_ = Leaving::told;
  uint8_t payload[kWsControlBytesMax], head[10];
  const size_t size =
      ws_close_payload(WsClose::service_restart, http_.pacing.retry_text(), payload);
  to_client_.push({head, ws_frame_header(WsOpcode::close, size, head)});
  to_client_.push({payload, size});
  channel_.want_flush(Lane::answer);
}

}  // namespace fce
