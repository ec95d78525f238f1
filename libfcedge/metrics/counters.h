// SPDX-License-Identifier: Apache-2.0
// Counters of one shard. One thread writes, any thread may read: so an increment is a plain load
// and store of a relaxed atomic, without a locked instruction.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fce {

// X(word, OpenMetrics name, help): what is counted.
#define FCE_COUNTER_MAP(X)                                                                         \
  X(accepted, "fcedge_connections_accepted_total", "Connections accepted")                         \
  X(closed, "fcedge_connections_closed_total", "Connections closed")                               \
  X(bytes_in, "fcedge_net_receive_bytes_total", "Bytes read from sockets")                         \
  X(bytes_out, "fcedge_net_transmit_bytes_total", "Bytes written to sockets")                      \
  X(tls_handshakes, "fcedge_tls_handshakes_total", "TLS handshakes finished")                      \
  X(tls_resumed, "fcedge_tls_handshakes_resumed_total", "TLS handshakes that resumed a session")   \
  X(tls_failures, "fcedge_tls_handshake_failures_total", "TLS handshakes that failed")             \
  X(h1_requests, "fcedge_http1_requests_total", "HTTP/1.1 requests")                               \
  X(h2_requests, "fcedge_http2_requests_total", "HTTP/2 requests")                                 \
  X(status_2xx, "fcedge_http_answers_2xx_total", "Answers of class 2xx")                           \
  X(status_3xx, "fcedge_http_answers_3xx_total", "Answers of class 3xx")                           \
  X(status_4xx, "fcedge_http_answers_4xx_total", "Answers of class 4xx")                           \
  X(status_5xx, "fcedge_http_answers_5xx_total", "Answers of class 5xx")                           \
  X(bad_requests, "fcedge_http_malformed_total", "Requests refused as malformed or ambiguous")     \
  X(ws_opened, "fcedge_websocket_opened_total", "WebSocket connections opened")                    \
  X(ws_closed, "fcedge_websocket_closed_total", "WebSocket connections closed")                    \
  X(ws_protocol_errors, "fcedge_websocket_protocol_errors_total", "WebSocket protocol errors")     \
  X(ws_dead, "fcedge_websocket_dead_total", "WebSocket peers that stopped answering pings")        \
  X(sse_opened, "fcedge_sse_opened_total", "Event streams opened")                                 \
  X(sse_closed, "fcedge_sse_closed_total", "Event streams closed")                                 \
  X(published, "fcedge_pubsub_published_total", "Publications appended at their home shard")       \
  X(publish_refused, "fcedge_pubsub_publish_refused_total", "Publications refused")                \
  X(delivered, "fcedge_pubsub_delivered_total", "Messages handed to subscribers' sockets")         \
  X(replayed, "fcedge_pubsub_replayed_total", "Messages replayed to resuming subscribers")         \
  X(gaps, "fcedge_pubsub_gaps_total", "Gaps told to subscribers")                                  \
  X(holes_pulled, "fcedge_pubsub_holes_pulled_total", "Holes in a replica that were pulled")       \
  X(mailbox_full, "fcedge_mailbox_full_total", "Messages between threads that found no room")      \
  X(limit_connections, "fcedge_limit_connections_total", "Closed: too many connections")           \
  X(limit_request_line, "fcedge_limit_request_line_total", "Refused: request line too long")       \
  X(limit_header_bytes, "fcedge_limit_header_bytes_total", "Refused: header too large")            \
  X(limit_header_count, "fcedge_limit_header_count_total", "Refused: too many header fields")      \
  X(limit_body_bytes, "fcedge_limit_body_bytes_total", "Refused: body too large")                  \
  X(limit_tls_handshake, "fcedge_limit_tls_handshake_time_total", "Closed: handshake too slow")    \
  X(limit_header_time, "fcedge_limit_header_time_total", "Closed: header too slow")                \
  X(limit_body_time, "fcedge_limit_body_time_total", "Closed: body too slow")                      \
  X(limit_write_time, "fcedge_limit_write_time_total", "Closed: client reads too slowly")          \
  X(limit_idle_time, "fcedge_limit_idle_time_total", "Closed: idle for too long")                  \
  X(limit_handler_time, "fcedge_limit_handler_time_total", "Answered 503: handler too slow")       \
  X(limit_pipeline, "fcedge_limit_pipeline_total", "Held back: too many pipelined requests")       \
  X(limit_h2_streams, "fcedge_limit_http2_streams_total", "Refused: too many HTTP/2 streams")      \
  X(limit_h2_resets, "fcedge_limit_http2_resets_total", "Closed: HTTP/2 reset flood")              \
  X(limit_h2_continuations, "fcedge_limit_http2_continuations_total",                              \
    "Closed: CONTINUATION flood")                                                                  \
  X(limit_h2_control, "fcedge_limit_http2_control_total", "Closed: HTTP/2 control frame flood")    \
  X(limit_key_updates, "fcedge_limit_tls_key_updates_total", "Closed: TLS KeyUpdate flood")        \
  X(limit_ws_message, "fcedge_limit_websocket_message_total",                                      \
    "Closed: WebSocket message too large")                                                         \
  X(limit_ws_control, "fcedge_limit_websocket_control_total", "Closed: WebSocket control flood")   \
  X(limit_rate, "fcedge_limit_publish_rate_total", "Refused: publish rate")                        \
  X(origin_refused, "fcedge_http_origin_refused_total", "Refused: Origin not allowed")             \
  X(limit_ws_queue, "fcedge_limit_websocket_queue_total", "Closed: WebSocket queue is full")       \
  X(limit_disk_queue, "fcedge_limit_disk_queue_total", "Held back: disk queue full")               \
  X(file_cache_evicted, "fcedge_file_cache_evicted_total", "Files that had to leave memory")       \
  X(limit_channels, "fcedge_limit_channels_total", "Refused: publication to one channel too many") \
  X(limit_message, "fcedge_limit_message_bytes_total", "Refused: publication too large")

enum class Counter : uint32_t {
#define FCE_COUNTER_ENUM_(word, name, help) word,
  FCE_COUNTER_MAP(FCE_COUNTER_ENUM_)
#undef FCE_COUNTER_ENUM_
      count_
};

class Counters {
 public:
  void add(Counter counter, uint64_t amount = 1) {
    auto& value = values_[static_cast<size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  uint64_t get(Counter counter) const {
    return values_[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  }

 private:
  // A cache line of its own on both sides, so that shards do not write to a shared one.
  alignas(64) std::array<std::atomic<uint64_t>, static_cast<size_t>(Counter::count_)> values_{};
};

struct CounterInfo {
  const char* name;
  const char* help;
};

CounterInfo counter_info(Counter counter);

}  // namespace fce
