/* SPDX-License-Identifier: Apache-2.0
 *
 * Routes and exchanges: what a node answers over HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113). One
 * exchange is one request and its answer; handlers do not know which version carries it.
 * The eight rules are at the top of fcedge.h.
 */
#ifndef FCEDGE_HTTP_H_
#define FCEDGE_HTTP_H_

#include <fcedge/fcedge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view of bytes, not NUL-terminated. */
typedef struct fce_str {
  const char* data;
  size_t len;
} fce_str;

typedef struct fce_header {
  fce_str name;
  fce_str value;
} fce_header;

/* ---- Route tables ---- */

/* A table under construction. It becomes an immutable snapshot in fce_node_set_routes; connections
 * that were accepted under an older snapshot keep that one until they end. */
typedef struct fce_routes fce_routes;

typedef struct fce_route_options {
  uint32_t size;
  const char* pattern; /* "/", "/a/{id}", "/files/{path...}" (the rest, may be empty) */
  const char* methods; /* "GET,POST"; NULL: GET. GET answers HEAD too. */
  const char* host;    /* "example.com", "*.example.com"; NULL: any */
  const char* origins; /* CORS and WebSocket Origin check: "https://a.example https://b.example",
                          "*"; NULL: same origin only */
  uint32_t body_bytes_max; /* request body; 0: the node's limit */
  /* 1: answers of the types below are compressed by zstd, br or gzip for clients that accept it.
   * They get Vary: Accept-Encoding, a weak ETag and no Accept-Ranges. What has a Content-Encoding
   * or a Content-Range, or says Cache-Control: no-transform, goes out as it is; so do answers to
   * one client too many at once. Not for answers that hold a secret beside what a client has sent:
   * from their length it can be guessed (BREACH). */
  uint32_t compress;
  uint32_t compress_level;     /* 1 (fast) to 9 (small) [5 for gzip, 4 for br, 3 for zstd] */
  uint32_t compress_bytes_min; /* smaller ones go out as they are [1024] */
  /* Media types, separated by blanks, "text/" and a star among them. NULL: text, but event streams,
   * and the usual ones of JSON, JavaScript, XML, SVG, WebAssembly and uncompressed fonts and images
   */
  const char* compress_types;
} fce_route_options;

FCE_API void fce_route_options_init(fce_route_options* options);

/* An empty table. **Thread**: a table is used by one thread at a time. */
FCE_API int fce_routes_create(fce_routes** out);

/* Frees the table; a snapshot taken of it lives on by itself. NULL is allowed. */
FCE_API void fce_routes_destroy(fce_routes* routes);

/* Makes a snapshot of the table the one that new requests are routed by, before or after start.
 * A more exact host wins, then segment by segment a static one over a parameter over a wildcard.
 * The same pattern and method twice is FCE_EEXIST at the add. **Thread**: any. */
FCE_API int fce_node_set_routes(fce_node* node, const fce_routes* routes);

/* ---- Handlers ---- */

typedef struct fce_exchange fce_exchange;

/* Called once per request, when its whole body has arrived. The handler owns the exchange and gives
 * it back by exactly one call of fce_exchange_respond or fce_exchange_abort, now or later, here or
 * on any other thread. **Thread**: the shard's; it must not block.
 * **Lives**: the exchange and all views from it until it is given back, also if the client left. */
typedef void (*fce_handler_fn)(fce_exchange* exchange, void* user);

/* Adds a handler. On error `release` is not called: `user` was never taken.
 * Errors: FCE_EINVAL (pattern, methods, host, origins), FCE_EEXIST. */
FCE_API int fce_routes_add_handler(fce_routes* routes, const fce_route_options* options,
                                   fce_handler_fn handler, void* user, fce_release_fn release);

/* Views of the request. Header names compare without case; an absent field is {NULL, 0}; a field
 * that came several times is joined by ", ". A parameter is percent-decoded (RFC 3986).
 * **Thread**: the one that owns the exchange. **Lives**: until it is given back. */
FCE_API fce_str fce_exchange_method(const fce_exchange* exchange);
FCE_API fce_str fce_exchange_path(const fce_exchange* exchange);
FCE_API fce_str fce_exchange_query(const fce_exchange* exchange);
FCE_API fce_str fce_exchange_host(const fce_exchange* exchange);
FCE_API fce_str fce_exchange_header(const fce_exchange* exchange, const char* name);
FCE_API fce_str fce_exchange_param(const fce_exchange* exchange, const char* name);
FCE_API fce_str fce_exchange_body(const fce_exchange* exchange);
FCE_API fce_str fce_exchange_peer(const fce_exchange* exchange);     /* "192.0.2.1", "unix" */
FCE_API uint32_t fce_exchange_version(const fce_exchange* exchange); /* 10, 11 or 20 */
FCE_API uint32_t fce_exchange_is_tls(const fce_exchange* exchange);

/* Answers and gives the exchange back. Content-Length, Date and CORS fields are added; connection
 * fields (Connection, Transfer-Encoding...) are refused. For HEAD, 204 and 304 the body is left
 * out. Errors: FCE_EINVAL (status not 200-599, a name or value that RFC 9110 forbids: answered 500
 * and given back all the same), FCE_ECANCELED when the client or the node has gone; given back then
 * too.
 * On a thread that is not the shard's FCE_OK means that the answer is on its way; whether the
 * client is still there is found out later.
 * **Thread**: any, also after fce_node_stop and fce_node_destroy.
 * **Lives**: headers and body are copied before it returns. */
FCE_API int fce_exchange_respond(fce_exchange* exchange, uint32_t status, const fce_header* headers,
                                 size_t header_count, const void* body, size_t body_len);

/* Gives the exchange back without an answer: the stream is reset or the connection closed.
 * **Thread**: any. */
FCE_API void fce_exchange_abort(fce_exchange* exchange);

/* ---- Directories ---- */

typedef struct fce_directory_options {
  uint32_t size;
  const char* root;  /* directory; files are opened below it only, symlinks never leave it */
  const char* index; /* file for a path that ends in "/" ["index.html"] */
  const char* cache_control; /* value of that field; NULL: none is sent */
  uint32_t precompressed;    /* 1: FILE.br and FILE.gz beside FILE are used where accepted */
  uint32_t memory_bytes_max; /* small files kept in memory, per shard [33554432] */
  uint32_t revalidate_ms;    /* how long a file in memory is trusted before a new stat [1000] */
} fce_directory_options;

FCE_API void fce_directory_options_init(fce_directory_options* options);

/* Serves files: ETag, Last-Modified, conditional requests and ranges (RFC 9110 sections 13, 14).
 * The route's pattern must end in a wildcard ("/{path...}"), which names the file. Dot files are
 * 404. Errors: FCE_ENOENT, FCE_EACCES when the root is not a readable directory. */
FCE_API int fce_routes_add_directory(fce_routes* routes, const fce_route_options* options,
                                     const fce_directory_options* directory);

/* Answers GET with all counters, gauges and histograms as OpenMetrics text; in the older format of
 * Prometheus if the request accepts text/plain and does not name OpenMetrics. */
FCE_API int fce_routes_add_metrics(fce_routes* routes, const fce_route_options* options);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_HTTP_H_ */
