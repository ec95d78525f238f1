/* SPDX-License-Identifier: Apache-2.0
 *
 * Origins: where a node gets what it does not have itself. Other servers, S3, a directory, your own
 * code, or several of these in order. A route leads to an origin directly (a reverse proxy, here)
 * or through the cache (cache.h).
 * The eight rules are at the top of fcedge.h.
 */
#ifndef FCEDGE_ORIGIN_H_
#define FCEDGE_ORIGIN_H_

#include <fcedge/http.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An origin: immutable, and good for any number of routes and nodes. Its connections and what is
 * known of its servers' health are kept per node for as long as a route in force leads to it: so
 * routes that change go on with the same connections if the origin is the same.
 * **Thread**: any. */
typedef struct fce_origin fce_origin;

/* Routes that lead to it keep it. NULL is allowed. **Thread**: any. */
FCE_API void fce_origin_destroy(fce_origin* origin);

/* ---- Servers ---- */

typedef struct fce_server {
  uint32_t size;
  const char* url; /* "http://HOST[:PORT]", "https://HOST[:PORT]", "unix:/PATH" */
  uint32_t weight; /* its share of the requests; up to 1000 [1] */
  uint32_t backup; /* 1: is asked only while all that are none are down */
} fce_server;

FCE_API void fce_server_init(fce_server* server);

#define FCE_BALANCE_LEAST_CONNECTIONS 0
#define FCE_BALANCE_ROUND_ROBIN 1

/* How one or more servers that have the same are treated. Times in milliseconds. */
typedef struct fce_upstream_options {
  uint32_t size;
  const char* name;          /* for the log; NULL: the first server's URL */
  const fce_server* servers; /* at least one; `server_count` of them */
  size_t server_count;
  uint32_t balance;    /* FCE_BALANCE_... */
  uint32_t clear_text; /* 1: http: may lead to another machine. Else only to this one: a
                          unix socket or the loopback interface */
  /* Connections, each limit per server and shard. */
  uint32_t connections_max; /* [256] */
  uint32_t idle_max;        /* kept without work [64] */
  uint32_t keepalive_ms;    /* for so long, less if the server says so [60000] */
  uint32_t queue_max;       /* requests that wait for a connection, per shard [1024] */
  uint32_t queue_ms;        /* for so long [10000] */
  uint32_t connect_ms;      /* for each address, and for the handshake of TLS [5000] */
  uint32_t first_byte_ms;   /* from the end of the request to the answer's head [60000] */
  uint32_t idle_ms;         /* the longest pause in an answer [60000] */
  uint32_t head_bytes_max;  /* of an answer [65536] */
  /* Trying again: what was not sent, or is idempotent and not yet answered. */
  uint32_t tries_max;     /* [3] */
  uint32_t retry_percent; /* of all requests, at most [20] */
  /* Servers that fail are left out for a time, then one request tries. */
  uint32_t fails_max;      /* within the window [3] */
  uint32_t fail_window_ms; /* [10000] */
  uint32_t down_ms;        /* [10000] */
  /* Health checks; NULL: none. */
  const char* check_path;
  uint32_t check_interval_ms; /* [5000] */
  uint32_t check_ms;          /* [2000] */
  uint32_t check_status;      /* that is expected; 0: any of 200 to 399 */
  uint32_t check_rise;        /* so many good ones in a row take a server back [2] */
  uint32_t check_fall;        /* so many bad ones take it out [3] */
  /* https: certificates are verified. */
  const char* tls_ca_file; /* PEM; NULL: those of the system */
  const char* tls_name;    /* that they are for; NULL: the host of each URL */
  uint32_t tls_insecure;   /* 1: they are not verified */
} fce_upstream_options;

FCE_API void fce_upstream_options_init(fce_upstream_options* options);

/* An origin of HTTP/1.1 servers (RFC 9112).
 * `host` is sent as Host: NULL: each server's own, "*": what the client has sent. `prefix` goes
 * before the path ("/v1"); NULL: none. `headers` are set in each request.
 * Errors: FCE_EINVAL (a URL, a name or value, clear text to another machine). Files are read when a
 * route with it is put in force. **Lives**: all is copied. */
FCE_API int fce_origin_create_servers(const fce_upstream_options* options, const char* host,
                                      const char* prefix, const fce_header* headers,
                                      size_t header_count, fce_origin** out);

/* ---- S3 ---- */

#define FCE_S3_CREDENTIALS_AUTOMATIC 0   /* the environment, else the shared file */
#define FCE_S3_CREDENTIALS_GIVEN 1       /* `key_id` and `secret_file` */
#define FCE_S3_CREDENTIALS_ENVIRONMENT 2 /* AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ... */
#define FCE_S3_CREDENTIALS_FILE 3        /* `shared_file`, by `profile` */
#define FCE_S3_CREDENTIALS_NONE 4        /* a public bucket */

typedef struct fce_s3_options {
  uint32_t size;
  const char* bucket;
  const char* region;           /* [us-east-1] */
  const char* endpoint;         /* NULL: https://s3.REGION.amazonaws.com */
  uint32_t path_style;          /* 1: ENDPOINT/BUCKET/KEY instead of BUCKET.ENDPOINT/KEY */
  const char* prefix;           /* of all keys: "public/"; NULL: none */
  const char* index;            /* added to a key that ends in "/"; NULL: there is no such object */
  uint32_t forbidden_is_absent; /* 1: 403 becomes 404, as S3 answers for absent objects when the
                                   credentials have no right to list the bucket */
  uint32_t credentials;         /* FCE_S3_CREDENTIALS_... */
  const char* key_id;
  const char* secret_file; /* the secret alone, on one line; read anew when it changes */
  const char* shared_file; /* NULL: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials */
  const char* profile;     /* NULL: AWS_PROFILE, else "default" */
  /* How the endpoint is reached; `servers`, `name` and `balance` of it are not looked at. NULL: the
   * defaults. */
  const fce_upstream_options* upstream;
} fce_s3_options;

FCE_API void fce_s3_options_init(fce_s3_options* options);

/* The objects of a bucket, read with signed requests (AWS Signature Version 4). GET and HEAD only.
 * Errors: FCE_EINVAL. Credentials are read when a route with it is put in force. */
FCE_API int fce_origin_create_s3(const fce_s3_options* options, fce_origin** out);

/* ---- A directory ---- */

/* The files below `root`; symlinks never leave it. `index` stands for paths that end in "/" [NULL:
 * index.html]; `cache_control` is sent with each file, NULL: none.
 * Errors: FCE_EINVAL; FCE_ENOENT and FCE_EACCES when a route with it is put in force. */
FCE_API int fce_origin_create_directory(const char* root, const char* index,
                                        const char* cache_control, fce_origin** out);

/* ---- Several in order ---- */

/* The first that does not fail answers. One fails by not answering, or by one of `statuses` (NULL:
 * 500, 502, 503, 504; with 404 among them the next one is asked for what the first does not have).
 * After 3 failures in a row one is passed over for 10 s. **Lives**: the origins are kept. */
FCE_API int fce_origin_create_failover(fce_origin* const* origins, size_t origin_count,
                                       const uint16_t* statuses, size_t status_count,
                                       fce_origin** out);

/* ---- Your own code ---- */

/* One request to your origin, yours until fce_fetch_end or fce_fetch_fail. */
typedef struct fce_fetch fce_fetch;

/* Called for each request. Answer by fce_fetch_head, any number of fce_fetch_write and
 * fce_fetch_end; or by fce_fetch_fail, at any time. **Thread**: a shard's; it must not block. */
typedef void (*fce_origin_fn)(fce_fetch* fetch, void* user);

/* An origin that is your code: GET and HEAD. On error `release` is not called. */
FCE_API int fce_origin_create_callback(fce_origin_fn origin, void* user, fce_release_fn release,
                                       fce_origin** out);

/* Views of the request. **Thread**: the one that owns the fetch. **Lives**: until it is given
 * back. */
FCE_API fce_str fce_fetch_method(const fce_fetch* fetch);
FCE_API fce_str fce_fetch_target(const fce_fetch* fetch); /* path and query */
FCE_API fce_str fce_fetch_host(const fce_fetch* fetch);
FCE_API fce_str fce_fetch_header(const fce_fetch* fetch, const char* name);

/* Status and fields, once; `length` of the body, -1 if it is not known. Errors: FCE_EINVAL,
 * FCE_ESTATE (twice), FCE_ECANCELED (nobody waits any more: give the fetch back).
 * **Thread**: any, one at a time. **Lives**: all is copied. */
FCE_API int fce_fetch_head(fce_fetch* fetch, uint32_t status, const fce_header* headers,
                           size_t header_count, int64_t length);
/* A piece of the body. FCE_ENOBUFS: more than 4 MiB wait, nothing was taken; go on when
 * fce_fetch_pending is smaller. FCE_EINVAL: more than `length`. **Thread**: as above. */
FCE_API int fce_fetch_write(fce_fetch* fetch, const void* data, size_t len);
/* Bytes that were written and are not yet on their way. **Thread**: any. */
FCE_API size_t fce_fetch_pending(const fce_fetch* fetch);
/* The answer is complete, and the fetch given back. FCE_EPROTO when `length` was more: then it has
 * failed. **Thread**: any. */
FCE_API int fce_fetch_end(fce_fetch* fetch);
/* There is no answer, or not all of it; the fetch is given back. **Thread**: any. */
FCE_API void fce_fetch_fail(fce_fetch* fetch);

/* ---- Reverse proxy ---- */

typedef struct fce_proxy_options {
  uint32_t size;
  const char* strip_prefix;  /* taken off the path, in whole segments; NULL: nothing */
  const char* add_prefix;    /* goes before what is left; NULL: nothing */
  const char* host;          /* sent as Host; NULL: what the origin's `host` says */
  uint32_t forwarded;        /* 1: Forwarded (RFC 7239) */
  uint32_t no_x_forwarded;   /* 1: no X-Forwarded-For, -Proto, -Host */
  const char* trusted;       /* whose own such fields are kept and added to: "10.0.0.0/8 ::1 unix",
                                separated by blanks; NULL: nobody's */
  const char* via;           /* this proxy's name in Via; NULL: fcedge, "": no Via */
  uint32_t trace;            /* 1: forward TRACE */
  uint32_t no_informational; /* 1: 103 and its like are not passed on */
  uint32_t no_websocket;     /* 1: upgrades to WebSocket are not forwarded */
  uint32_t answer_ms;        /* from the whole request to the answer's head [60000] */
  uint32_t tunnel_idle_ms;   /* nothing in either direction of a WebSocket [300000] */
} fce_proxy_options;

FCE_API void fce_proxy_options_init(fce_proxy_options* options);

/* Forwards requests to an origin, and its answers to the client, both as they come (RFC 9110
 * section 7): any method that the route names, bodies up to its `body_bytes_max`, WebSockets as
 * tunnels. Clients are told 502 when the origin cannot be reached or answers nonsense, 504 when it
 * is late, 503 when all its servers are down or too much waits for them. */
FCE_API int fce_routes_add_proxy(fce_routes* routes, const fce_route_options* options,
                                 const fce_proxy_options* proxy, fce_origin* origin);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_ORIGIN_H_ */
