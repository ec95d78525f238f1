/* SPDX-License-Identifier: Apache-2.0
 *
 * The edge cache of a node: answers of origins (origin.h), kept on disk and handed out by the rules
 * of RFC 9111. One per node, for all routes and tenants; no tenant gets what another one's routes
 * have brought in.
 * The eight rules are at the top of fcedge.h.
 */
#ifndef FCEDGE_CACHE_H_
#define FCEDGE_CACHE_H_

#include <fcedge/origin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What happens when something fails ----
 * An origin that cannot be reached, answers nonsense, is late, or answers 500 or more: what is
 *   stored is answered with while it may be (stale-if-error). Else the client gets 502, when it is
 *   late 504, when all its servers are out of service or too much waits for them 503 with
 *   Retry-After, and its own 5xx as it is. Cache-Status says why in `detail`; nothing is stored.
 * An origin that ends before the length that it has told: the client's answer is cut off, so that
 *   nobody takes it for a whole one, and nothing is stored. One that sends more: the answer ends at
 *   that length, and the connection is not used again.
 * S3: 404 is the answer (`negative_ttl_s`), and 403, when the object is what is denied. What is
 *   about our key, region or clock is a failure of the origin, and so are 5xx and 429; the log says
 *   S3's own words.
 * The disk is full, or fails to write: clients are answered from the origin and from memory,
 *   nothing is stored for 5 s, then it is tried again (fcedge_cache_write_errors_total,
 *   fcedge_cache_is_resting). What cannot be read (fcedge_cache_read_errors_total), or is not what
 *   was written (fcedge_cache_corrupt_total), is as if it were not there.
 * The process is killed: all that was stored up to a moment before is found again. Purges that were
 *   answered are not undone. */

/* ---- The cache of a node ---- */

typedef struct fce_cache_options {
  uint32_t size;
  const char* directory;     /* made if it is not there; one process owns it */
  uint64_t disk_bytes_max;   /* of all its files [10737418240]; at least 16 MiB */
  uint64_t memory_bytes_max; /* of small hot objects in memory [67108864] */
  uint32_t no_memory;        /* 1: none of them */
  uint32_t small_bytes_max;  /* larger objects have a file of their own [1048576]; no more than
                                1/512 of the disk's bytes, but 256 KiB in any case. An object of
                                more than a quarter of them is handed through (`detail=no-room`) */
  uint32_t tenant_percent;   /* of the bytes that one tenant may have [100] */
  const char* key_file;      /* 16 or 32 bytes: what is stored is encrypted; NULL: it is not */
} fce_cache_options;

FCE_API void fce_cache_options_init(fce_cache_options* options);

/* Opens the node's cache, once, before start. What was stored before is found again within seconds,
 * while the node serves; what cannot be read is as if it were not there.
 * Errors: FCE_ELOCKED (another process has it), FCE_EVERSION (of another format), FCE_EACCES
 * (encrypted with another key, or no right to the directory), FCE_EIO, FCE_EINVAL. */
FCE_API int fce_node_set_cache(fce_node* node, const fce_cache_options* options);

/* ---- Routes through it ---- */

/* Whatever is stored, the client that asked the origin gets its cookie. */
#define FCE_SET_COOKIE_STRIP 0  /* stored without it, if the origin says that it is for all */
#define FCE_SET_COOKIE_REFUSE 1 /* never stored */
#define FCE_SET_COOKIE_KEEP 2   /* stored and handed to everybody, as RFC 9111 allows */

/* The policy of a route. Times in seconds; what an answer says itself goes before all of it. */
typedef struct fce_cached_options {
  uint32_t size;
  const char* tenant;
  const char* name;           /* in Cache-Status (RFC 9211), and in Via if it is a token [fcedge] */
  uint32_t default_ttl_s;     /* of answers that say nothing; 0: they are not stored */
  uint32_t negative_ttl_s;    /* the same of 404, 405, 410, 414 and 501 */
  uint32_t heuristic_percent; /* of the time since Last-Modified, a day at most, for answers that
                                 say nothing else [10]; goes before default_ttl_s */
  uint32_t no_heuristic;      /* 1: not that either */
  uint32_t stale_while_revalidate_s;    /* RFC 5861, for answers that say nothing of it */
  uint32_t stale_if_error_s;            /* the same [3600]; not of what says max-age=0 */
  uint32_t no_stale_if_error;           /* 1: errors are passed on, unless answers say otherwise */
  uint32_t set_cookie;                  /* FCE_SET_COOKIE_... */
  uint32_t ignore_client_cache_control; /* 1: clients cannot have it fetched anew */
  uint32_t show_tags;                   /* 1: clients get to see Surrogate-Key and Cache-Tag */
  uint32_t collapse_ms;     /* how long a request waits for the answer to another [10000] */
  const char* strip_prefix; /* taken off the path, in whole segments, for the origin; keys and what
                               clients see stay as they are. NULL: nothing */
} fce_cached_options;

FCE_API void fce_cached_options_init(fce_cached_options* options);

/* Answers GET and HEAD from the node's cache, and from the origin through it; other methods of the
 * route are handed to the origin, and take what they change out of the cache. Requests that want
 * the same cold object wait for one answer. When nobody waits for it any more it is given up,
 * except that after a part of it, or a 304, up to 32 MiB of the rest are fetched to be stored. The
 * answer says in Cache-Status what happened. Errors: FCE_EINVAL, FCE_EEXIST; FCE_ESTATE from
 * fce_node_set_routes if the node has no cache. */
FCE_API int fce_routes_add_cached(fce_routes* routes, const fce_route_options* options,
                                  const fce_cached_options* cached, fce_origin* origin);

/* A route that purges a tenant's objects by POST or PURGE, for who sends "Authorization: Bearer
 * SECRET". The query says what: key=HOST/PATH?QUERY, prefix=HOST/PATH, tag=TAG, any number of each;
 * soft=1: stale from now on, instead of gone. Answers 200 with {"purged":N}, how many such items
 * were taken (not how many objects there were); 401 for a wrong secret; 400 for a query without
 * any, or with a URL in place of a key. */
FCE_API int fce_routes_add_purge(fce_routes* routes, const fce_route_options* options,
                                 const char* tenant, const char* secret);

/* ---- From your code ---- */

/* Keys have the host in lower case and no port; one that is given is not looked at. */
#define FCE_PURGE_KEY 0    /* one object with its variants: "example.com/a.png?x=1" */
#define FCE_PURGE_PREFIX 1 /* all whose key begins so: "example.com/img/"; "": the tenant's all */
#define FCE_PURGE_TAG 2    /* all that bear the tag: Surrogate-Key, Cache-Tag */

/* Purges what a tenant has in the cache. In force when it returns, also for what is on its way;
 * written down for the next start, for which it waits for the disk. `soft`: stale instead of gone.
 * Errors: FCE_EINVAL, FCE_ESTATE (no cache), FCE_EIO (in force, but not written down).
 * **Thread**: any that may block. */
FCE_API int fce_cache_purge(fce_node* node, const char* tenant, uint32_t kind, const char* text,
                            uint32_t soft);

/* Stores an answer as if an origin had given it: `key` as above. It has to be one that may be
 * stored (RFC 9111 section 3): a Cache-Control with a lifetime, for instance.
 * Errors: FCE_EINVAL (not to be stored: the sentence says why), FCE_ETOOBIG (body larger than
 * `small_bytes_max`), FCE_ENOBUFS (the disk does not keep up), FCE_ESTATE.
 * **Thread**: any. **Lives**: all is copied. */
FCE_API int fce_cache_put(fce_node* node, const char* tenant, const char* key, uint32_t status,
                          const fce_header* headers, size_t header_count, const void* body,
                          size_t body_len);

/* The answer of fce_cache_fetch: `status` 0 when there is none, see `error`. **Lives**: all views
 * until the callback returns. */
typedef struct fce_cache_answer {
  uint32_t status;
  int32_t error; /* FCE_ETOOBIG, FCE_EIO (the body broke off), FCE_ECANCELED (the node stops) */
  const fce_header* headers;
  size_t header_count;
  fce_str body;
} fce_cache_answer;

typedef void (*fce_cache_fetch_fn)(const fce_cache_answer* answer, void* user);

/* Gets what a client would get that sends GET `target` to `host`: through the routes in force, so
 * from the cache if a route leads there. `body_bytes_max`: 0 for 16 MiB. `done` is called exactly
 * once unless this fails. Errors: FCE_EINVAL, FCE_ESTATE (the node does not run).
 * **Thread**: any; `done` on a shard's, where it must not block. */
FCE_API int fce_cache_fetch(fce_node* node, const char* host, const char* target,
                            const fce_header* headers, size_t header_count, uint64_t body_bytes_max,
                            fce_cache_fetch_fn done, void* user);

/* How full it is. **Thread**: any. */
typedef struct fce_cache_stats {
  uint32_t size;
  uint64_t objects;
  uint64_t disk_bytes;
  uint64_t disk_bytes_max;
  uint64_t memory_bytes;
  uint64_t index_bytes;
  uint64_t queue_bytes; /* that wait for the disk */
  uint64_t purges;      /* in force */
  uint32_t recovering;  /* 1: what was stored before is still being found again */
  uint32_t resting;     /* 1: nothing is written for a while, after an error of the disk */
} fce_cache_stats;

/* Fills as much as `stats->size` says. FCE_ESTATE: the node has no cache. */
FCE_API int fce_cache_get_stats(fce_node* node, fce_cache_stats* stats);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_CACHE_H_ */
