// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "http/h1_connection.h"
#include "http/h2_connection.h"

namespace fce {

HttpServer::HttpServer(HttpContext& http)
    : http_(http), timer_([](void* self) { static_cast<HttpServer*>(self)->drain_some(); }, this) {}

void HttpServer::on_stream(Stream& stream) {
  if (stream.alpn() == Alpn::h2) {
    H2Connection::start(http_, stream);
  } else {
    H1Connection::start(http_, stream);
  }
}

void HttpServer::drain(uint32_t spread_ms) {
  if (http_.draining) return;
  http_.draining = true;
  http_.pacing.begin_drain();
  size_t count = 0;
  http_.connections.for_each([&count](Drainable*) { ++count; });
  waiting_.splice_back(http_.connections);
  const size_t ticks = spread_ms / TimerWheel::kTickMs + 1;
  per_tick_ = (count + ticks - 1) / ticks;
  drain_some();
}

void HttpServer::drain_some() {
  for (size_t i = 0; i < per_tick_; ++i) {
    Drainable* connection = waiting_.pop_front();
    if (!connection) return;
    http_.connections.push_back(connection);
    connection->drain();
  }
  timer_.arm(http_.net.loop.timers(), 0);
}

}  // namespace fce
