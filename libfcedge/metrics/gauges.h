// SPDX-License-Identifier: Apache-2.0
// Gauges of one shard: figures that go up and down. One thread writes, any thread may read. The
// node measures connections and mailboxes where they are, so no shard writes those two.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fce {

// X(word, OpenMetrics name, unit, help): what is measured. A unit is the end of the name.
#define FCE_GAUGE_MAP(X)                                                                      \
  X(connections, "fcedge_connections", "", "Open connections")                                \
  X(mailbox_depth, "fcedge_mailbox_depth", "", "Messages between threads that wait")          \
  X(fanout_queue, "fcedge_fanout_queue", "",                                                  \
    "About how much waits for its part of the fan-out, at the end of the last turn")          \
  X(handshakes_waiting, "fcedge_tls_handshakes_waiting", "",                                  \
    "TLS clients who have sent something that was not looked at yet")                         \
  X(accept_queue, "fcedge_accept_queue", "",                                                  \
    "TLS clients who wait in the kernel for a listener that is held back")                    \
  X(clients_taken_per_s, "fcedge_tls_clients_taken_per_second", "",                           \
    "TLS clients who leave the queue in a second of its being full, as last measured")        \
  X(clients_per_s_max, "fcedge_clients_per_second_max", "",                                   \
    "New clients in a second if shards did nothing else, by what one was measured to cost")   \
  X(subscribers, "fcedge_pubsub_subscribers", "", "Subscriptions that are open")              \
  X(channels, "fcedge_pubsub_channels", "", "Channels, each counted at its home shard")       \
  X(log_bytes, "fcedge_pubsub_log_bytes", "bytes", "Bytes of messages in the channels' logs") \
  X(presence_members, "fcedge_presence_members", "", "Members present, over all channels")    \
  X(tunnels, "fcedge_proxy_tunnels", "", "Open tunnels through the proxy")                    \
  X(live_sessions, "fcedge_live_sessions", "", "Open connections with many channels")         \
  X(upstream_connections, "fcedge_upstream_connections", "", "Connections to upstreams")      \
  X(upstream_idle, "fcedge_upstream_idle_connections", "", "Of those: that wait for work")    \
  X(upstream_queue, "fcedge_upstream_queue", "", "Requests that wait for a connection")

enum class Gauge : uint32_t {
#define FCE_GAUGE_ENUM_(word, name, unit, help) word,
  FCE_GAUGE_MAP(FCE_GAUGE_ENUM_)
#undef FCE_GAUGE_ENUM_
      count_
};

class Gauges {
 public:
  void set(Gauge gauge, int64_t value) { at(gauge).store(value, std::memory_order_relaxed); }
  void add(Gauge gauge, int64_t change) {
    auto& value = at(gauge);
    value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  int64_t get(Gauge gauge) const {
    return values_[static_cast<size_t>(gauge)].load(std::memory_order_relaxed);
  }

 private:
  std::atomic<int64_t>& at(Gauge gauge) { return values_[static_cast<size_t>(gauge)]; }

  std::array<std::atomic<int64_t>, static_cast<size_t>(Gauge::count_)> values_{};
};

struct GaugeInfo {
  const char* name;
  const char* unit;  // "" if there is none
  const char* help;
};

GaugeInfo gauge_info(Gauge gauge);

}  // namespace fce
