/* SPDX-License-Identifier: Apache-2.0
 *
 * libfcedge: one process that is a whole edge node.
 *
 * The eight rules of this C ABI:
 *  1. Objects are opaque pointers. Only options and plain views are structs that you can see.
 *  2. An options struct begins with `uint32_t size`, is filled by its `_init` function, is
 *     copied by the call that takes it, and grows at its end only. Zero means the default.
 *  3. Functions return `int`: FCE_OK (0) or a negative FCE_E* code; `fce_last_error` says more.
 *  4. Bytes travel as pointer and length. Strings in options are NUL-terminated UTF-8.
 *  5. A callback ends in `void* user`. A long-lived one comes with `release`, which is called with
 *     the same `user` exactly once, after the last call of the callback.
 *  6. Each comment says **Thread** (where it may be called, where callbacks run) and **Lives** (how
 *     long what it takes or gives stays valid).
 *  7. Enumerations travel as fixed-width integers.
 *  8. Destroying is legal in any order; what still needs an object keeps it alive inside.
 *
 * This header: status codes, log, the node's life, listeners, certificates, limits, figures.
 * Companions: http.h (routes and exchanges), origin.h (origins and proxies), cache.h (the edge
 * cache), auth.h (tokens and sessions), pubsub.h (feeds and publishing).
 */
#ifndef FCEDGE_FCEDGE_H_
#define FCEDGE_FCEDGE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FCE_API __attribute__((visibility("default")))
#else
#define FCE_API
#endif

/* ---- Status codes ---- */

/* X(NAME, word, value, sentence): the one list of status codes. */
#define FCE_STATUS_MAP(X)                                                                  \
  X(EINVAL, invalid, -1, "an argument is not valid")                                       \
  X(ENOMEM, no_memory, -2, "memory is exhausted")                                          \
  X(ESTATE, bad_state, -3, "the object is not in a state that allows this call")           \
  X(ENOENT, not_found, -4, "no such file or object")                                       \
  X(EEXIST, exists, -5, "it exists already")                                               \
  X(EACCES, denied, -6, "permission denied")                                               \
  X(EIO, io, -7, "input or output failed")                                                 \
  X(EADDRINUSE, address_in_use, -8, "the address is in use")                               \
  X(EADDRNOTAVAIL, address_unavailable, -9, "the address cannot be bound on this machine") \
  X(ENOBUFS, full, -10, "a bounded queue is full")                                         \
  X(ETIMEDOUT, timed_out, -11, "a time limit has passed")                                  \
  X(ECANCELED, canceled, -12, "the other side has left or the call was cancelled")         \
  X(EPROTO, protocol, -13, "the peer broke the protocol")                                  \
  X(ETLS, tls, -14, "TLS failed")                                                          \
  X(ECERT, certificate, -15, "the certificate or its key cannot be used")                  \
  X(ETOOBIG, too_big, -16, "a size limit is exceeded")                                     \
  X(ELOCKED, locked, -17, "another process owns the state directory")                      \
  X(EVERSION, version, -18, "the format on disk is of another version")                    \
  X(EUTF8, utf8, -19, "the text is not valid UTF-8")                                       \
  X(ECLOSED, closed, -20, "the connection is closed")                                      \
  X(EUNSUPPORTED, unsupported, -21, "not supported by this build")

enum {
  FCE_OK = 0,
#define FCE_STATUS_ENUM_(name, word, value, text) FCE_##name = value,
  FCE_STATUS_MAP(FCE_STATUS_ENUM_)
#undef FCE_STATUS_ENUM_
};

/* The name of a status code ("FCE_EINVAL"), or "FCE_?" for a number that is none.
 * **Thread**: any. **Lives**: static. */
FCE_API const char* fce_status_name(int status);

/* The sentence of a status code from the list above. **Thread**: any. **Lives**: static. */
FCE_API const char* fce_status_text(int status);

/* What went wrong in the last call of this thread that failed: one sentence with the names, paths
 * and numbers concerned; "" if nothing failed yet.
 * **Thread**: any, each has its own. **Lives**: until the next failing call of the same thread. */
FCE_API const char* fce_last_error(void);

/* The library's version, "MAJOR.MINOR.PATCH". **Thread**: any. **Lives**: static. */
FCE_API const char* fce_version(void);

/* Releases what `user` of a long-lived callback points to (rule 5). */
typedef void (*fce_release_fn)(void* user);

/* ---- Log ---- */

enum { FCE_LOG_DEBUG = 1, FCE_LOG_INFO = 2, FCE_LOG_WARN = 3, FCE_LOG_ERROR = 4, FCE_LOG_OFF = 5 };

/* Takes one log line without its newline: `key=value` pairs after a message. Query strings in it
 * are redacted already. **Thread**: called on any thread of the library, one call at a time.
 * **Lives**: `line` is borrowed until return. */
typedef void (*fce_log_fn)(int32_t level, const char* line, size_t len, void* user);

/* Sends the log of the whole process to `sink` (NULL: to stderr, the default) from `level` up.
 * **Thread**: any; takes effect for lines written after it returns. */
FCE_API int fce_log_set(int32_t level, fce_log_fn sink, void* user, fce_release_fn release);

/* ---- Limits ---- */

/* What a client may cost. Zero means the default in brackets. Each limit has a counter in
 * `fce_node_counters` that says how often it cut somebody off. Times are in milliseconds. */
typedef struct fce_limits {
  uint32_t size;
  uint32_t connections_max;         /* open connections of the node [100000] */
  uint32_t request_line_bytes_max;  /* method, target, version [8192] */
  uint32_t header_bytes_max;        /* all header fields of a request [16384] */
  uint32_t header_count_max;        /* header fields of a request [100] */
  uint32_t body_bytes_max;          /* request body, unless the route says else [1048576] */
  uint32_t tls_handshake_ms;        /* accept until the handshake is done [10000] */
  uint32_t header_ms;               /* first byte of a request until its header ends, and of a new
                                     * connection (HTTP/2: its first SETTINGS) until then [10000] */
  uint32_t body_ms;                 /* pause in a body, which needs 1 KiB/s over all [15000] */
  uint32_t write_ms;                /* longest time a client takes nothing that waits [30000];
                                     * over HTTP/2 also gives a stream no window for it */
  uint32_t idle_ms;                 /* HTTP/1.1 keep-alive without a request [75000] */
  uint32_t handler_ms;              /* a handler's time to answer, then 503 [60000] */
  uint32_t pipeline_max;            /* requests of one HTTP/1.1 connection under way [32] */
  uint32_t h2_streams_max;          /* concurrent streams of an HTTP/2 connection [128] */
  uint32_t h2_resets_per_s;         /* RST_STREAM frames a second, burst ten times that [100] */
  uint32_t h2_continuations_max;    /* CONTINUATION frames of one header block [8] */
  uint32_t h2_control_per_s;        /* SETTINGS, PING, PRIORITY... frames a second [200] */
  uint32_t tls_handshakes_per_turn; /* so that a storm does not starve the rest [8] */
  uint32_t tls_key_updates_max;     /* KeyUpdate records a minute [16] */
  uint32_t ws_message_bytes_max;    /* a WebSocket message from a client [65536] */
  uint32_t ws_control_per_s;        /* pings and pongs from a client a second [20] */
  uint32_t h2_idle_ms;              /* an HTTP/2 connection without a stream, be it after its last
                                     * one or before its first (browsers preconnect) [30000] */
  /* Handshakes that have begun and wait for their turn, per shard; new clients wait in the kernel's
   * accept queue meanwhile. A unix socket is held back by those of the one shard that accepts on it
   * and hands connections round: the others take what they are handed [256] */
  uint32_t tls_handshakes_pending_max;
  uint32_t tls_handshakes_us; /* time slice of handshakes per loop turn, microseconds [2000] */
  /* When new clients would wait for longer, feeds turn theirs away: WebSockets are closed with 1013
   * and "retry-after-ms=N", event streams say `retry:` and end, others are answered 503 with
   * Retry-After. It is the wait of a shard's TLS clients, those whose handshake waits and those in
   * the accept queue, by how many the shard was measured to take in a second. So a shard that takes
   * 870 a second or more never gets to 5000 with a `backlog` of 4096. Clients in clear are accepted
   * at once and do not count [5000] */
  uint32_t overload_ms;
  /* What a client's compressed WebSocket messages may come to a second once they are inflated, the
   * burst being as much or one message; beyond it the client is closed with 1008 [1048576] */
  uint32_t ws_inflate_bytes_per_s;
} fce_limits;

/* ---- Node ---- */

typedef struct fce_node fce_node;

typedef struct fce_node_options {
  uint32_t size;
  uint32_t shards;       /* threads, each with its own loop and connections [number of cores] */
  const char* name;      /* the node's name, [a-z0-9-], at most 63 bytes ["node"] */
  const char* state_dir; /* node id, epoch, lock; NULL: nothing on disk, the epoch is the clock */
  const fce_limits* limits;   /* NULL: all defaults */
  uint32_t history_messages;  /* ring of a channel: publications [256] */
  uint32_t history_bytes;     /* ring of a channel: bytes [1048576] */
  uint32_t message_bytes_max; /* one publication [65536] */
  /* Channels of the node that hold publications [1000000]; each shard has an equal part. For one
   * more, a channel goes that nobody reads: of the tenant that has most of those on the shard, the
   * one that rested longest. Who comes back to it and lacks something is told of a gap. Only when
   * all are read, new channels are refused with FCE_ENOBUFS. */
  uint32_t channels_max;
  uint32_t fanout_us;    /* time slice of fan-out per loop turn, microseconds [2000] */
  uint32_t workers;      /* threads for blocking disk work [4] */
  uint32_t io_uring;     /* to write to many sockets at once: 0 where the kernel allows it,
                            1 always (fce_node_create fails with FCE_EUNSUPPORTED where it
                            cannot), 2 never [0] */
  uint32_t h2_websocket; /* 1: clients may open WebSockets on streams of HTTP/2 (RFC 8441) */
  /* Memory of all logs, MiB [1024, or what four messages of each shard take]; each shard has an
   * equal part, which must have room for four messages of `message_bytes_max`. Beyond it channels
   * that nobody reads go, of the tenant whose hold most. When those that are read hold too much, a
   * publication takes the place of its channel's older ones, or is refused with FCE_ENOBUFS. */
  uint32_t log_mib_max;
} fce_node_options;

/* Fills options with `size` and zeros. **Thread**: any. */
FCE_API void fce_node_options_init(fce_node_options* options);
FCE_API void fce_limits_init(fce_limits* limits);

/* Makes a node that does not listen yet. With a `state_dir` it takes the directory's lock
 * (FCE_ELOCKED when another process has it), reads or makes the node id and advances the epoch,
 * which thereby grows with each start, whatever the clock does.
 * Errors: FCE_EINVAL, FCE_EACCES, FCE_EIO, FCE_ELOCKED, FCE_EVERSION, FCE_ENOMEM,
 * FCE_EUNSUPPORTED (io_uring).
 * **Thread**: any. **Lives**: until fce_node_destroy. */
FCE_API int fce_node_create(const fce_node_options* options, fce_node** out);

typedef struct fce_listen_options {
  uint32_t size;
  /* "127.0.0.1:8080", "[::1]:443", ":443" (all addresses, v4 and v6), "unix:/run/edge.sock" */
  const char* address;
  uint32_t tls;       /* 1: TLS with the node's certificates, HTTP/2 and HTTP/1.1 by ALPN */
  uint32_t backlog;   /* of the kernel's accept queue [4096] */
  uint32_t unix_mode; /* file mode of a unix socket [0660] */
  /* 1: every connection begins with a header of the PROXY protocol, version 1 or 2, before TLS; a
   * proxy in front says by it who the client is. One without, or malformed, or not there within
   * `header_ms` is closed. Where anyone can connect, anyone can claim to be anybody: so name the
   * proxies. */
  uint32_t proxy_protocol;
  /* The networks that proxies come from, separated by blanks: "10.0.0.0/8 2001:db8::/32"; others
   * are closed at once. Whoever comes by a unix socket is trusted. NULL: any */
  const char* proxy_protocol_from;
} fce_listen_options;

FCE_API void fce_listen_options_init(fce_listen_options* options);

/* Binds an address, one socket per shard (SO_REUSEPORT; a unix socket is shared out by shard 0).
 * The address is probed first without that flag, so one that another process has taken is
 * FCE_EADDRINUSE and not a silent share. Port 0 takes a free port. Connections are accepted from
 * fce_node_start on. `port` may be NULL; it receives the TCP port.
 * Errors: FCE_EINVAL, FCE_EADDRINUSE, FCE_EADDRNOTAVAIL, FCE_EACCES, FCE_ESTATE after start.
 * **Thread**: the one that created the node. */
FCE_API int fce_node_listen(fce_node* node, const fce_listen_options* options, uint16_t* port);

typedef struct fce_certificate {
  uint32_t size;
  const char* chain_file; /* PEM: the leaf first, then its issuers */
  const char* key_file;   /* PEM: P-256, P-384 or RSA private key, not encrypted */
} fce_certificate;

FCE_API void fce_certificate_init(fce_certificate* certificate);

/* Sets the certificates of all TLS listeners, before or after start. A client's SNI name picks the
 * first certificate whose subject alternative names match it (RFC 6125, one left-most `*`), else
 * the first of the list. A swap touches no open connection, and session tickets stay valid.
 * On error nothing changes. Errors: FCE_ECERT, FCE_ENOENT, FCE_EACCES, FCE_EINVAL (no entry).
 * **Thread**: any. **Lives**: files are read during the call only. */
FCE_API int fce_node_set_certificates(fce_node* node, const fce_certificate* certificates,
                                      size_t count);

/* Starts the shards. Errors: FCE_ESTATE, FCE_ECERT (a TLS listener without certificate), FCE_EIO.
 * **Thread**: the one that created the node; callbacks run on shard threads from now on. */
FCE_API int fce_node_start(fce_node* node);

/* Begins to drain: closes the listeners, lets requests under way end, tells HTTP/2 clients by
 * GOAWAY, WebSocket clients by close code 1012 and event streams by `retry:` to come back
 * elsewhere, spread over `spread_ms`. Returns at once. Twice is harmless.
 * **Thread**: any but a shard's. */
FCE_API int fce_node_drain(fce_node* node, uint32_t spread_ms);

/* Number of open connections, to see when a drain is over. **Thread**: any. */
FCE_API uint64_t fce_node_connections(const fce_node* node);

/* Closes what is still open, joins all threads, runs all releases. Afterwards the node can only be
 * destroyed; a new node may be created in the same process. Returns FCE_OK also when it was never
 * started. **Thread**: any but a shard's; blocks. */
FCE_API int fce_node_stop(fce_node* node);

/* Stops when needed and frees. NULL is allowed. **Thread**: any but a shard's; blocks. */
FCE_API void fce_node_destroy(fce_node* node);

/* The node's id (32 hex digits, from state_dir or random) and epoch. **Thread**: any.
 * **Lives**: as long as the node. */
FCE_API const char* fce_node_id(const fce_node* node);
FCE_API uint64_t fce_node_epoch(const fce_node* node);

/* ---- Counters, gauges, histograms ---- */

/* Takes one figure: its OpenMetrics name ("fcedge_limit_header_bytes_total"), help text and value
 * summed over the shards. **Lives**: strings are static. */
typedef void (*fce_counter_fn)(const char* name, const char* help, uint64_t value, void* user);

/* Calls `each` for every counter of the node. **Thread**: any; calls back before it returns. */
FCE_API int fce_node_counters(const fce_node* node, fce_counter_fn each, void* user);

/* The same for what goes up and down, such as "fcedge_connections" and "fcedge_pubsub_log_bytes".
 * **Lives**: strings are static. */
typedef void (*fce_gauge_fn)(const char* name, const char* help, int64_t value, void* user);

/* Calls `each` for every gauge of the node. **Thread**: any; calls back before it returns. */
FCE_API int fce_node_gauges(const fce_node* node, fce_gauge_fn each, void* user);

/* So many durations were below `below_us` microseconds. */
typedef struct fce_bucket {
  uint64_t below_us;
  uint64_t count;
} fce_bucket;

/* How long something took, over all shards since the node was created. Quantiles are estimates that
 * are off by a sixteenth at most, and 0 when there is none; all else is exact. **Lives**: until the
 * callback returns; strings are static. */
typedef struct fce_histogram {
  uint32_t size;
  const char* name; /* its OpenMetrics name ("fcedge_http_answer_seconds"), although all here is
                       in microseconds */
  const char* help;
  uint64_t count;
  uint64_t sum_us;
  uint64_t p50_us;
  uint64_t p90_us;
  uint64_t p99_us;
  uint64_t p999_us;
  const fce_bucket* buckets; /* with growing bounds, each with all of those before it */
  size_t bucket_count;
} fce_histogram;

typedef void (*fce_histogram_fn)(const fce_histogram* histogram, void* user);

/* Calls `each` for every histogram of the node. **Thread**: any; calls back before it returns. */
FCE_API int fce_node_histograms(const fce_node* node, fce_histogram_fn each, void* user);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_FCEDGE_H_ */
