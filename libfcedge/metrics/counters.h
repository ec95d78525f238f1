// SPDX-License-Identifier: Apache-2.0
// What one shard counts, measures and times. One thread writes, any thread may read: so an
// increment is a plain load and store of a relaxed atomic, without a locked instruction.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "metrics/gauges.h"
#include "metrics/histograms.h"

namespace fce {

// X(word, OpenMetrics name, help): what is counted.
#define FCE_COUNTER_MAP(X)                                                                         \
  X(accepted, "fcedge_connections_accepted_total", "Connections accepted")                         \
  X(closed, "fcedge_connections_closed_total", "Connections closed")                               \
  X(bytes_in, "fcedge_net_receive_bytes_total", "Bytes read from sockets")                         \
  X(bytes_out, "fcedge_net_transmit_bytes_total", "Bytes written to sockets")                      \
  X(sendfile_bytes, "fcedge_net_sendfile_bytes_total", "Bytes of them that were never copied")     \
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
  X(informational, "fcedge_http_informational_total", "Answers of class 1xx before the answer")    \
  X(uploads, "fcedge_http_uploads_total",                                                          \
    "Request bodies that went to their handler as they came")                                      \
  X(proxy_requests, "fcedge_proxy_requests_total", "Requests forwarded to an upstream")            \
  X(proxy_canceled, "fcedge_proxy_canceled_total", "Forwarded requests whose client left")         \
  X(proxy_upgrades, "fcedge_proxy_upgrades_total", "Forwarded requests that became a tunnel")      \
  X(proxy_failed_connect, "fcedge_proxy_failed_connect_total",                                     \
    "Forwarded requests that failed: no address, no connection, or no trust in it")                \
  X(proxy_failed_time, "fcedge_proxy_failed_time_total",                                           \
    "Forwarded requests that failed: the upstream took too long")                                  \
  X(proxy_failed_answer, "fcedge_proxy_failed_answer_total",                                       \
    "Forwarded requests that failed: the answer was malformed, or broke off")                      \
  X(proxy_failed_busy, "fcedge_proxy_failed_busy_total",                                           \
    "Forwarded requests that failed: all servers are down, or too many wait")                      \
  X(proxy_failed_other, "fcedge_proxy_failed_other_total",                                         \
    "Forwarded requests that failed: the origin refused, or could not read")                       \
  X(proxy_loops, "fcedge_proxy_loops_total", "Refused: the request has come around too often")     \
  X(limit_proxy_informational, "fcedge_limit_proxy_informational_total",                           \
    "Answers of class 1xx of an upstream that were too many to be passed on")                      \
  X(limit_tunnel_idle, "fcedge_limit_tunnel_idle_total", "Closed: tunnel idle for too long")       \
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
  X(proxy_headers, "fcedge_proxy_protocol_total", "Clients that a proxy in front has named")       \
  X(proxy_malformed, "fcedge_proxy_protocol_malformed_total",                                      \
    "Closed: no header of the PROXY protocol, or a malformed one")                                 \
  X(proxy_untrusted, "fcedge_proxy_protocol_untrusted_total",                                      \
    "Closed: the PROXY protocol from a network that is not trusted")                               \
  X(limit_proxy_time, "fcedge_limit_proxy_protocol_time_total",                                    \
    "Closed: header of the PROXY protocol too slow")                                               \
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
  X(limit_open_files, "fcedge_limit_open_files_total",                                             \
    "Files that had to be closed for another one to be held open")                                 \
  X(limit_ranges, "fcedge_limit_ranges_total", "Answered as a whole: too many byte ranges")        \
  X(compressed, "fcedge_http_compressed_total", "Answers that were compressed on the fly")         \
  X(limit_compressors, "fcedge_limit_compressors_total",                                           \
    "Answered as it is: too many answers are being compressed")                                    \
  X(compress_bytes_in, "fcedge_http_compress_input_bytes_total",                                   \
    "Bytes of answers that were compressed on the fly")                                            \
  X(compress_bytes_out, "fcedge_http_compress_output_bytes_total",                                 \
    "Bytes that those answers had afterwards")                                                     \
  X(limit_channels, "fcedge_limit_channels_total", "Refused: publication to one channel too many") \
  X(channels_evicted, "fcedge_pubsub_channels_evicted_total",                                      \
    "Channels that nobody read and whose log had to go for another's")                             \
  X(limit_logs, "fcedge_limit_log_bytes_total",                                                    \
    "Refused: publication that the logs had no room for")                                          \
  X(limit_deflated, "fcedge_limit_websocket_deflate_forms_total",                                  \
    "Sent as it is: a message that was compressed in too many ways")                               \
  X(logs_cramped, "fcedge_pubsub_logs_cramped_total",                                              \
    "Publications that had to take the place of their own channel's older ones")                   \
  X(limit_message, "fcedge_limit_message_bytes_total", "Refused: publication too large")           \
  X(stream_opened, "fcedge_stream_opened_total", "NDJSON streams opened")                          \
  X(stream_closed, "fcedge_stream_closed_total", "NDJSON streams closed")                          \
  X(polls, "fcedge_poll_requests_total", "Long polls answered")                                    \
  X(ws_h2_opened, "fcedge_websocket_http2_opened_total", "WebSockets opened over HTTP/2")          \
  X(ws_deflated, "fcedge_websocket_deflate_total", "WebSockets opened with permessage-deflate")    \
  X(deflate_bytes_in, "fcedge_websocket_deflate_input_bytes_total",                                \
    "Bytes of messages that were compressed")                                                      \
  X(deflate_bytes_out, "fcedge_websocket_deflate_output_bytes_total",                              \
    "Bytes that those messages had afterwards")                                                    \
  X(deflate_futile, "fcedge_websocket_deflate_futile_total",                                       \
    "Messages that were tried to compress and did not shrink")                                     \
  X(limit_inflate, "fcedge_limit_websocket_inflate_total",                                         \
    "Closed: compressed WebSocket message too large")                                              \
  X(limit_inflate_rate, "fcedge_limit_websocket_inflate_rate_total",                               \
    "Closed: too many bytes of compressed WebSocket messages")                                     \
  X(limit_h2_idle, "fcedge_limit_http2_idle_total", "Closed: HTTP/2 connection without streams")   \
  X(handshakes_deferred, "fcedge_tls_handshakes_deferred_total",                                   \
    "Times that a handshake had to wait for another turn")                                         \
  X(limit_handshakes_pending, "fcedge_limit_tls_handshakes_pending_total",                         \
    "Held back: times that new clients had to wait in the kernel")                                 \
  X(limit_overload, "fcedge_limit_overload_total", "Turned away: new clients wait for too long")   \
  X(limit_ws_close, "fcedge_limit_websocket_close_time_total",                                     \
    "Closed: WebSocket peer did not finish its goodbye")                                           \
  X(reconnects_paced, "fcedge_reconnects_paced_total", "Clients that were told when to come back") \
  X(uring_sends, "fcedge_uring_sends_total", "Sends that left in a batch through io_uring")        \
  X(uring_batches, "fcedge_uring_batches_total", "Batches submitted to io_uring")                  \
  X(uring_short, "fcedge_uring_short_total", "Sends in a batch that the socket took in part")      \
  X(short_passes, "fcedge_net_short_passes_total", "Small passes to clients that read slowly")     \
  X(recoveries, "fcedge_pubsub_recoveries_total", "Subscribers that resumed without a gap")        \
  X(gaps_expired, "fcedge_pubsub_gaps_expired_total", "Gaps: the log no longer reached back")      \
  X(gaps_epoch, "fcedge_pubsub_gaps_epoch_total", "Gaps: the position was of another epoch")       \
  X(gaps_invalid, "fcedge_pubsub_gaps_invalid_total", "Gaps: the position was not one of ours")    \
  X(gaps_overflow, "fcedge_pubsub_gaps_overflow_total", "Gaps: the client read too slowly")        \
  X(conflated, "fcedge_pubsub_conflated_total", "Messages that a later one of their key replaced") \
  X(skipped_latest, "fcedge_pubsub_skipped_latest_total",                                          \
    "Messages that slow subscribers of latest-only channels passed over")                          \
  X(closed_overflow, "fcedge_pubsub_closed_overflow_total",                                        \
    "Subscriptions closed: the client read too slowly")                                            \
  X(filtered, "fcedge_pubsub_filtered_total", "Messages withheld from those not in the audience")  \
  X(positions_told, "fcedge_pubsub_positions_total", "Positions told without a message")           \
  X(expired_messages, "fcedge_pubsub_expired_total", "Messages that left a log by their age")      \
  X(namespace_unknown, "fcedge_pubsub_namespace_unknown_total", "Refused: unknown namespace")      \
  X(publish_forbidden, "fcedge_pubsub_publish_forbidden_total", "Refused: no right to publish")    \
  X(subscribe_forbidden, "fcedge_pubsub_subscribe_forbidden_total",                                \
    "Refused: no right to subscribe")                                                              \
  X(subscribed, "fcedge_pubsub_subscribed_total", "Subscriptions begun")                           \
  X(unsubscribed, "fcedge_pubsub_unsubscribed_total", "Subscriptions ended")                       \
  X(revoked, "fcedge_pubsub_revoked_total", "Live subscriptions that were revoked")                \
  X(sessions_opened, "fcedge_live_opened_total", "Connections with many channels opened")          \
  X(sessions_closed, "fcedge_live_closed_total", "Connections with many channels closed")          \
  X(commands, "fcedge_live_commands_total", "Commands of clients")                                 \
  X(command_errors, "fcedge_live_command_errors_total", "Commands of clients that were refused")   \
  X(limit_commands, "fcedge_limit_live_commands_total", "Closed: too many commands")               \
  X(limit_subscriptions, "fcedge_limit_live_subscriptions_total",                                  \
    "Refused: too many channels on one connection")                                                \
  X(presence_joins, "fcedge_presence_joins_total", "Members that joined a channel")                \
  X(presence_leaves, "fcedge_presence_leaves_total", "Members that left a channel")                \
  X(limit_presence, "fcedge_limit_presence_members_total",                                         \
    "Members that a channel's list had no room for")                                               \
  X(tokens_accepted, "fcedge_auth_tokens_accepted_total", "Tokens accepted")                       \
  X(tokens_refused, "fcedge_auth_tokens_refused_total", "Tokens refused")                          \
  X(tokens_expired, "fcedge_auth_tokens_expired_total", "Connections closed: their token expired") \
  X(sessions_issued, "fcedge_auth_sessions_issued_total", "Anonymous sessions issued")             \
  X(hook_calls, "fcedge_auth_hook_calls_total", "Subscribe hooks called")                          \
  X(hook_refusals, "fcedge_auth_hook_refusals_total", "Subscriptions that the hook refused")       \
  X(limit_hook_time, "fcedge_limit_hook_time_total", "Refused: the subscribe hook was too slow")   \
  X(limit_hooks, "fcedge_limit_hooks_total", "Refused: the subscribe hook has too many questions") \
  X(widget_opened, "fcedge_widget_opened_total", "Connections of the public widget protocol")      \
  X(widget_logs, "fcedge_widget_logs_total", "Event logs read by the public widget protocol")      \
  X(origin_failovers, "fcedge_origin_failovers_total", "Fetches that went on to the next origin")  \
  X(origins_passed_over, "fcedge_origins_passed_over_total",                                       \
    "Times that an origin failed so often that others are asked first")                            \
  X(s3_refusals, "fcedge_s3_refusals_total",                                                       \
    "Answers of S3 origins that are about them or us, and not about an object")                    \
  X(s3_clock_learned, "fcedge_s3_clock_learned_total",                                             \
    "Requests to S3 origins that were made again by their clock")                                  \
  X(cache_requests, "fcedge_cache_requests_total", "Requests to routes through the cache")         \
  X(cache_hits, "fcedge_cache_hits_total", "Answered from the cache")                              \
  X(cache_stale_hits, "fcedge_cache_stale_hits_total", "Answered stale while it was fetched anew") \
  X(cache_stale_errors, "fcedge_cache_stale_errors_total",                                         \
    "Answered stale since the origin failed")                                                      \
  X(cache_misses, "fcedge_cache_misses_total", "Not in the cache, or not good enough")             \
  X(cache_bypassed, "fcedge_cache_bypassed_total", "Not for the cache")                            \
  X(cache_collapsed, "fcedge_cache_collapsed_total", "Waited for the answer to another request")   \
  X(cache_collapse_timeouts, "fcedge_cache_collapse_timeouts_total",                               \
    "Waited for too long for that")                                                                \
  X(cache_fetches, "fcedge_cache_fetches_total", "Requests to origins")                            \
  X(cache_fetch_failed, "fcedge_cache_fetch_failures_total", "Requests to origins that failed")    \
  X(cache_fills_cancelled, "fcedge_cache_fills_cancelled_total",                                   \
    "Fetches given up: nobody waited")                                                             \
  X(cache_refreshes, "fcedge_cache_refreshes_total", "Fetches in the background")                  \
  X(cache_revalidated, "fcedge_cache_revalidated_total", "Found unchanged at the origin")          \
  X(cache_uncacheable, "fcedge_cache_uncacheable_total", "Answers of origins that were not kept")  \
  X(limit_tags, "fcedge_limit_tags_total", "Answers not kept: too many or too long tags")          \
  X(cache_stored, "fcedge_cache_stored_total", "Answers of origins that were kept")                \
  X(cache_store_failed, "fcedge_cache_store_failures_total",                                       \
    "Not kept: no room, or the disk failed")                                                       \
  X(cache_purged, "fcedge_cache_purged_total", "Objects found that were purged or of no use")      \
  X(cache_invalidated, "fcedge_cache_invalidated_total", "Objects changed by their clients")       \
  X(cache_purges, "fcedge_cache_purges_total", "Purges asked for")                                 \
  X(cache_purge_refused, "fcedge_cache_purges_refused_total", "Purges without the right token")    \
  X(upstream_requests, "fcedge_upstream_requests_total", "Requests made to upstreams")             \
  X(upstream_failures, "fcedge_upstream_failures_total",                                           \
    "Requests to upstreams without a whole answer")                                                \
  X(upstream_connects, "fcedge_upstream_connects_total", "Connections opened to upstreams")        \
  X(upstream_connect_failures, "fcedge_upstream_connect_failures_total",                           \
    "Connections to upstreams that failed")                                                        \
  X(upstream_reused, "fcedge_upstream_reused_total",                                               \
    "Requests on connections that had served one")                                                 \
  X(upstream_retries, "fcedge_upstream_retries_total", "Requests to upstreams made again")         \
  X(upstream_malformed, "fcedge_upstream_malformed_total",                                         \
    "Answers of upstreams refused as malformed")                                                   \
  X(upstream_tls_handshakes, "fcedge_upstream_tls_handshakes_total",                               \
    "TLS handshakes with upstreams finished")                                                      \
  X(upstream_tls_resumed, "fcedge_upstream_tls_resumed_total", "Of those: that resumed a session") \
  X(upstream_tls_failures, "fcedge_upstream_tls_failures_total",                                   \
    "TLS handshakes with upstreams that failed")                                                   \
  X(upstream_queued, "fcedge_upstream_queued_total", "Requests that had to wait for a connection") \
  X(upstream_no_peer, "fcedge_upstream_no_peer_total",                                             \
    "Refused: all servers of the upstream are down")                                               \
  X(upstream_peer_down, "fcedge_upstream_peer_down_total", "Times that a server was taken out")    \
  X(upstream_peer_up, "fcedge_upstream_peer_up_total", "Times that a server was taken back")       \
  X(upstream_checks, "fcedge_upstream_checks_total", "Health checks made")                         \
  X(upstream_check_failures, "fcedge_upstream_check_failures_total", "Health checks that failed")  \
  X(limit_upstream_connect, "fcedge_limit_upstream_connect_time_total",                            \
    "Given up: no connection in time")                                                             \
  X(limit_upstream_first_byte, "fcedge_limit_upstream_first_byte_time_total",                      \
    "Given up: the upstream's answer did not begin in time")                                       \
  X(limit_upstream_idle, "fcedge_limit_upstream_idle_time_total",                                  \
    "Given up: the upstream's answer stood still")                                                 \
  X(limit_upstream_write, "fcedge_limit_upstream_write_time_total",                                \
    "Given up: the upstream did not take the request")                                             \
  X(limit_upstream_head, "fcedge_limit_upstream_head_total",                                       \
    "Refused: head of an upstream's answer too large")                                             \
  X(limit_upstream_queue, "fcedge_limit_upstream_queue_total",                                     \
    "Refused: too many wait for a connection")                                                     \
  X(limit_upstream_queue_time, "fcedge_limit_upstream_queue_time_total",                           \
    "Refused: waited too long for a connection")                                                   \
  X(limit_upstream_retries, "fcedge_limit_upstream_retries_total",                                 \
    "Not made again: too many retries already")                                                    \
  X(limit_upstream_pool, "fcedge_limit_upstream_pool_total",                                       \
    "Closed: more idle connections than are kept")                                                 \
  X(resolver_lookups, "fcedge_resolver_lookups_total", "Names looked up")                          \
  X(resolver_failures, "fcedge_resolver_failures_total", "Names for which no address was found")   \
  X(resolver_stale, "fcedge_resolver_stale_total",                                                 \
    "Times that addresses were used after their time")                                             \
  X(limit_resolver, "fcedge_limit_resolver_total", "Refused: too many names to look up")           \
  X(cache_written, "fcedge_cache_written_total", "Objects written to the cache's disk")            \
  X(cache_evicted, "fcedge_cache_evicted_total", "Objects that had to leave the cache's disk")     \
  X(cache_survived, "fcedge_cache_survived_total", "Objects kept when their segment was evicted")  \
  X(cache_recovered, "fcedge_cache_recovered_total", "Objects found on the cache's disk at start") \
  X(cache_corrupt, "fcedge_cache_corrupt_total", "Stored objects with a wrong checksum: misses")   \
  X(cache_read_errors, "fcedge_cache_read_errors_total", "Errors of the cache's disk on reading")  \
  X(cache_write_errors, "fcedge_cache_write_errors_total",                                         \
    "Errors of the cache's disk on writing: nothing is stored for a while")                        \
  X(cache_resting, "fcedge_cache_resting_total", "Not stored: the disk rests after an error")      \
  X(limit_cache_queue, "fcedge_limit_cache_queue_total", "Not stored: too much waits for disk")    \
  X(limit_cache_object, "fcedge_limit_cache_object_total", "Not stored: object too large")         \
  X(limit_cache_bytes, "fcedge_limit_cache_bytes_total", "Not stored: no room could be made")      \
  X(limit_cache_share, "fcedge_limit_cache_share_total", "Not stored: the tenant's share is full")

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

  void set(Gauge gauge, int64_t value) { gauges_.set(gauge, value); }
  void add(Gauge gauge, int64_t change) { gauges_.add(gauge, change); }
  int64_t get(Gauge gauge) const { return gauges_.get(gauge); }

  void record(Histogram histogram, uint64_t us) { histograms_.at(histogram).record(us); }
  LogHistogram& at(Histogram histogram) { return histograms_.at(histogram); }
  const LogHistogram& get(Histogram histogram) const { return histograms_.get(histogram); }

 private:
  // A cache line of its own on both sides, so that shards do not write to a shared one.
  alignas(64) std::array<std::atomic<uint64_t>, static_cast<size_t>(Counter::count_)> values_{};
  Gauges gauges_;
  Histograms histograms_;
};

struct CounterInfo {
  const char* name;
  const char* help;
};

CounterInfo counter_info(Counter counter);

}  // namespace fce
