/* SPDX-License-Identifier: Apache-2.0
 *
 * Publish and subscribe. A channel is a log, keyed by tenant and name; a subscriber is a cursor in
 * it. Each publication gets an id "EPOCH-N": N is dense within a channel and epoch, EPOCH grows
 * with every start of the node, so a hole is visible, and so is a restart.
 *
 * The eight rules are at the top of fcedge.h.
 *
 * A feed route serves both of:
 *  - WebSocket (RFC 6455). Without subprotocol each publication is one text message, the payload
 *    alone, and a gap closes with code 4410. With subprotocol `fcedge.v1.json` messages are
 *      {"id":"7-42","data":"PAYLOAD AS A JSON STRING"}
 *      {"gap":{"reason":"expired|epoch|invalid|overflow","id":"7-90"}}
 *      {"ready":{"id":"7-90"}}                         once, after the replay, before live messages
 *    Messages from the client are ignored; they count against its limits.
 *  - Server-sent events (WHATWG HTML 9.2): `id:` and `data:` lines. A gap is `event: gap`,
 *    readiness `event: ready`; their data is what stands in "gap" and "ready" above, their `id:`
 *    the position reached. Comment lines keep idle streams alive.
 *
 * "ready" comes once, after the replay or after the gap that took its place. "id" in both is the
 * position that the subscriber has reached, "EPOCH-0" before the first publication. A later gap
 * (overflow: the client read too slowly for the ring) is followed by live messages at once.
 *
 * Resume: `Last-Event-ID` field or `?after=ID`. What followed ID in the ring is replayed, once and
 * in order, then live messages follow without a seam. If that is not wholly possible there is a
 * gap, nothing is replayed, and the client fetches the state anew. `?after=0` asks for the whole
 * ring; without a position only what comes after the subscription is sent.
 */
#ifndef FCEDGE_PUBSUB_H_
#define FCEDGE_PUBSUB_H_

#include <fcedge/http.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fce_feed_options {
  uint32_t size;
  const char* tenant;    /* a literal ("acme") or a parameter of the pattern ("{tenant}") */
  const char* channel;   /* the same: "{channel}", "news" */
  uint32_t no_websocket; /* 1: event streams only */
  uint32_t no_sse;       /* 1: WebSocket only */
  uint32_t ping_ms;      /* WebSocket pings and event-stream keep-alives [25000] */
  uint32_t dead_ms;      /* no pong for so long: the peer is dead [60000] */
  uint32_t retry_ms;     /* reconnection time told to event streams [2000] */
} fce_feed_options;

FCE_API void fce_feed_options_init(fce_feed_options* options);

/* Adds a feed: GET on the route subscribes. Tenant and channel names are 1 to 255 bytes of UTF-8
 * without control characters; others are answered 400. */
FCE_API int fce_routes_add_feed(fce_routes* routes, const fce_route_options* options,
                                const fce_feed_options* feed);

typedef struct fce_publish_route_options {
  uint32_t size;
  const char* tenant; /* as in fce_feed_options */
  const char* channel;
  const char* secret;  /* bearer secret, at least 16 bytes; required */
  uint32_t rate_per_s; /* publications a second per shard, burst the same; then 429 [0: no limit] */
} fce_publish_route_options;

FCE_API void fce_publish_route_options_init(fce_publish_route_options* options);

/* Adds a publish endpoint: POST with `Authorization: Bearer SECRET`; the body is the payload.
 * Answers 200 and {"id":"7-42"}; 400 not UTF-8 or a bad name, 401 no secret given, 403 a wrong one,
 * 413 too large, 429 over the rate, 503 a queue is full. */
FCE_API int fce_routes_add_publish(fce_routes* routes, const fce_route_options* options,
                                   const fce_publish_route_options* publish);

/* Tells the outcome of a publication: FCE_OK and its id "EPOCH-N" (NUL-terminated), or an error:
 * FCE_ENOBUFS (the node has all the channels it may have), FCE_ESTATE or FCE_ECANCELED (the node
 * stops).
 * **Thread**: a shard's. **Lives**: `id` until return. */
typedef void (*fce_published_fn)(int status, const char* id, void* user);

/* Appends a message to a channel and sends it to all its subscribers. UTF-8 text only. With `done`
 * NULL nobody is told. Messages from one thread to one channel keep their order.
 * Errors: FCE_EINVAL (names), FCE_EUTF8, FCE_ETOOBIG, FCE_ENOBUFS (the shard's mailbox is full: try
 * again later), FCE_ESTATE (not started or stopped); `done` is not called then.
 * **Thread**: any. **Lives**: everything is copied before it returns; `done` is called exactly
 * once. */
FCE_API int fce_publish(fce_node* node, fce_str tenant, fce_str channel, const void* data,
                        size_t len, fce_published_fn done, void* user);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_PUBSUB_H_ */
