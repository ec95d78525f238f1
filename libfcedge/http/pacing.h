// SPDX-License-Identifier: Apache-2.0
// When clients that lose their connection, or are turned away, are told to come back: so spread
// that those who take them have time for others beside, by how fast this shard takes new ones.
#pragma once

#include <cstdint>
#include <string>

#include "net/net_context.h"

namespace fce {

class Exchange;

class Pacing {
 public:
  explicit Pacing(NetContext& net);

  // A time to come back after, at random, when `clients` come back.
  uint32_t delay_ms(uint32_t clients);
  // The same when all of this shard's clients do.
  uint32_t delay_ms();
  // For a client that is told to; counted.
  uint32_t retry_ms();
  // "retry-after-ms=N", as close reasons say it.
  std::string retry_text() { return "retry-after-ms=" + std::to_string(retry_ms()); }

  // The value of Retry-After, in whole seconds (RFC 9110 section 10.2.3).
  static std::string retry_after(uint32_t ms) { return std::to_string((ms + 999) / 1000); }

  // The shard's clients leave from now on, one after the other: the first is to know of the last.
  void begin_drain() { drained_ = net_.stream_count; }

  // Those who wait to be let in wait for too long (`overload_ms`), so that who can come later
  // should.
  bool overloaded() const { return net_.admission.backlog_ms() > net_.limits.overload_ms; }

 private:
  uint64_t random();

  NetContext& net_;
  uint64_t seed_;
  uint32_t drained_ = 0;
};

// Turns a request for something that lasts away while the shard is overloaded. Its connection is
// there already, so that takes nothing off those who wait: it spares the shard what would follow,
// until they are in. What a request is refused for whenever it comes is better looked at before.
// A WebSocket is closed with 1013 and "retry-after-ms=N", others are answered 503 with Retry-After.
// True when it did. A browser that offered a subprotocol takes no answer without one: so
// `subprotocol` is told to those who offered it.
bool refuse_overload(Exchange& exchange, const char* subprotocol = nullptr);

}  // namespace fce
