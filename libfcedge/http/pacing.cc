// SPDX-License-Identifier: Apache-2.0
#include "http/pacing.h"

#include <algorithm>

#include "base/crypto.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/websocket.h"

namespace fce {
namespace {

// Those who come back are to take so much of a shard's time, the rest is for open connections.
constexpr uint64_t kSharePercent = 70;
// Nobody comes back at once, and even a few do not come together.
constexpr uint64_t kFloorMs = 100;
constexpr uint64_t kWindowMsMin = 900;
constexpr uint64_t kWindowMsMax = 300'000;

// Ends a WebSocket as soon as it is there.
struct Farewell final : WebSocketOwner {
  void on_message(WebSocket&, std::string_view, bool) override {}
  bool on_flush(WebSocket&, Gather&) override { return false; }
  void on_drain(WebSocket&) override {}
  void on_closed(WebSocket&, uint16_t) override {}
};

}  // namespace

Pacing::Pacing(NetContext& net) : net_(net), seed_(random_u64()) {}

// splitmix64: it only has to spread.
uint64_t Pacing::random() {
  uint64_t z = seed_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint32_t Pacing::delay_ms(uint32_t clients) {
  const uint64_t busy_ms = uint64_t{clients} * net_.admission.cost_us() / 1000;
  const uint64_t window_ms = std::clamp(busy_ms * 100 / kSharePercent, kWindowMsMin, kWindowMsMax);
  return static_cast<uint32_t>(kFloorMs + random() % (window_ms + 1));
}

uint32_t Pacing::delay_ms() {
  const uint32_t waiting = net_.admission.handshakes_waiting + net_.admission.accept_queue;
  return delay_ms(std::max(net_.stream_count, drained_) + waiting);
}

uint32_t Pacing::retry_ms() {
  net_.counters.add(Counter::reconnects_paced);
  return delay_ms();
}

bool refuse_overload(Exchange& exchange, const char* subprotocol) {
  Pacing& pacing = exchange.http.pacing;
  if (!pacing.overloaded()) return false;
  exchange.http.net.counters.add(Counter::limit_overload);
  if (is_websocket_request(exchange.request)) {
    static Farewell farewell;
    WebSocketOptions options;
    if (subprotocol) options.subprotocol = subprotocol;
    if (WebSocket* socket = WebSocket::accept(exchange, options, farewell))
      socket->close(WsClose::try_again_later, pacing.retry_text());
    return true;
  }
  const std::string seconds = Pacing::retry_after(pacing.retry_ms());
  const Header fields[] = {{"retry-after", seconds}};
  exchange.respond_text(503, "too many clients come at once\n", fields);
  return true;
}

}  // namespace fce
