/* SPDX-License-Identifier: Apache-2.0
 *
 * Publish and subscribe. A channel is a log, keyed by tenant and name; a subscriber is a cursor in
 * it. Each publication gets an id "ORIGIN.EPOCH-N", such as 5ca1ab1e.7-42: ORIGIN names the node,
 * EPOCH grows with every start of it, N is dense within a channel and epoch, so a hole is visible,
 * and so is a restart. A position is a text of at most 512 bytes that says how far a subscriber has
 * come. Clients take neither apart. examples/edge/PROTOCOL.md says the same at length, with
 * examples.
 *
 * The eight rules are at the top of fcedge.h.
 *
 * The part of a channel's name before the first ':' is its namespace ("chat:room-7"), whose
 * policies it has; a name without ':' is in the default namespace, "".
 *
 * Objects of protocol `fcedge.v1.json`, from the node:
 *   {"channel":"C","id":"5ca1ab1e.7-42","data":"PAYLOAD AS A JSON STRING"}  and "key" if it has one
 *   {"channel":"C","ready":{"id":"5ca1ab1e.7-90"}}   once, after the replay or the gap in its place
 *   {"channel":"C","gap":{"reason":"expired|epoch|invalid|overflow","id":"5ca1ab1e.7-90"}}
 *   {"channel":"C","at":{"id":"5ca1ab1e.7-95"}}      moved without a message for this client
 *   {"channel":"C","end":{"code":4403,"reason":"revoked"}}            the node ended it
 *   {"channel":"C","presence":{"count":12,"join":["u1"],"leave":["u2"]}}
 * Each "id" is the position that the subscriber has reached. A gap that comes later (overflow: the
 * client read too slowly for the ring) is followed by live messages at once. "at" comes when a
 * quarter of `history_messages` have passed that were for others, or when the log is about to leave
 * behind the position that the client knows; streams also tell it with their keep-alives, and long
 * polls at their end.
 *
 * A feed route serves one channel by
 *  - WebSocket (RFC 6455): with subprotocol `fcedge.v1.json` these objects, one a text message.
 *    Without subprotocol each publication is one text message, the payload alone, and a gap closes
 *    with code 4410. Messages from the client are ignored; they count against its limits.
 *  - Server-sent events (WHATWG HTML 9.2): `id:` and `data:` lines for a message, whose key is not
 *    told (the format has no place for it); `event: ready`, `gap` and `end` with the inner object
 *    as data, an `id:` without data for a moved position.
 *    Comment lines keep idle streams alive, `retry:` says when to come back.
 *  - NDJSON (`Accept: application/x-ndjson`): the objects, one a line; an empty line keeps idle
 *    streams alive. With `?poll=SECONDS` it is a long poll.
 *
 * Resume: `Last-Event-ID` field or `?after=POSITION`. What followed it in the ring is replayed,
 * once and in order, then live messages follow without a seam. If that is not wholly possible there
 * is a gap, nothing is replayed, and the client fetches the state anew. `?after=0` asks for the
 * whole ring; without a position only what comes after the subscription is sent.
 *
 * A live route serves many channels on one WebSocket of the same subprotocol. First it says
 *   {"hello":{"user":"u1","session":"anonymous|token|none","ping_ms":25000,"expires_ms":123456}}
 * with expires_ms from now on, absent when never. The client sends commands, one a text message:
 *   {"ref":1,"subscribe":{"channel":"C","after":"POSITION","presence":true}}
 *   {"ref":2,"unsubscribe":{"channel":"C"}}
 *   {"ref":3,"publish":{"channel":"C","data":"TEXT","key":"K","groups":[],"users":[],"exclude":[]}}
 *   {"ref":4,"presence":{"channel":"C"}}
 *   {"ref":5,"auth":{"token":"JWT"}}          a new token, without a new connection
 *   {"ref":6,"block":{"users":["u9"]}}        the client's own block list, in place of the last one
 *   {"ref":7,"ping":{}}
 * All but channel, data, token and users may be left out. Each is answered, that of subscribe
 * before the first object of its channel:
 *   {"ref":1,"ok":{}}     publish: {"id":"5ca1ab1e.7-43"}; presence: {"count":2,"members":["u1"]}
 *   {"ref":1,"error":{"code":"unknown_namespace|forbidden|invalid|already|not_subscribed|limit|
 *                             too_big|rate|busy|unauthorized|unsupported","message":"..."}}
 *
 * Close codes: 1012 restart and 1013 overload, reason `retry-after-ms=N`; 4401 token missing, bad
 * or expired; 4403 forbidden or revoked; 4408 read too slowly; 4410 gap; 4429 too many commands.
 */
#ifndef FCEDGE_PUBSUB_H_
#define FCEDGE_PUBSUB_H_

#include <fcedge/auth.h>
#include <fcedge/http.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fce_feed_options {
  uint32_t size;
  const char* tenant;    /* a literal ("acme") or a parameter of the pattern ("{tenant}") */
  const char* channel;   /* the same: "{channel}", "news" */
  uint32_t no_websocket; /* 1: without WebSocket */
  uint32_t no_sse;       /* 1: without event streams */
  uint32_t ping_ms;      /* WebSocket pings and keep-alives of streams [25000] */
  uint32_t dead_ms;      /* no pong for so long: the peer is dead [60000] */
  uint32_t retry_ms;     /* reconnection time told to event streams [a second, and a random part of
                            the time in which the shard could take all of its clients again] */
  uint32_t no_stream;    /* 1: without NDJSON streams */
  uint32_t no_poll;      /* 1: without long polls */
  uint32_t auth;         /* FCE_AUTH_*: what clients have to show, see auth.h */
  uint32_t anonymous;    /* 1: who has no token gets an anonymous session */
  uint32_t deflate;      /* 1: WebSocket messages are compressed for clients that offer it [0] */
} fce_feed_options;

FCE_API void fce_feed_options_init(fce_feed_options* options);

/* Adds a feed: GET on the route subscribes. Tenant and channel names are 1 to 255 bytes of UTF-8
 * without control characters; others are answered 400.
 *
 * A GET that opens no WebSocket gets what its Accept fields weigh highest, an event stream where
 * they weigh equally or are missing; `?format=sse` and `?format=ndjson` decide without them. 406:
 * the client takes nothing of what the route has.
 *
 * NDJSON (`Accept: application/x-ndjson`): the objects of `fcedge.v1.json`, one a line; an empty
 * line keeps the stream alive. When the node drains the last line is
 *   {"channel":"C","end":{"code":1012,"reason":"retry-after-ms=N"}}
 *
 * While the shard is overloaded (`overload_ms` of fce_limits) a WebSocket is closed with 1013, an
 * event stream says `retry:` and ends, others are answered 503 with Retry-After. Who has no right
 * to the channel, or asks for what the route does not have, is refused as at any other time.
 *
 * Long poll: `?poll=SECONDS`, 1 to 60, with the position (`?after=` or `Last-Event-ID`) that the
 * latest answer told. The answer is NDJSON. It ends after all messages that are there, or with a
 * gap or an end; after SECONDS without one it ends with {"channel":"C","at":{"id":"POSITION"}}. The
 * position of the last line is the next one's `after`. A poll without position is answered at once
 * by {"channel":"C","ready":{...}}, whose position is now (in a namespace with a cache by the
 * latest message).
 * A position ahead of what the shard holds is one of two things. Another shard has given it, and
 * this one lags: it asks the channel's home and waits until it is as far; a poll that ends before
 * has no line at all, and its client asks again with the position that it has. Or nobody has given
 * it, as the home then shows: gap `invalid`, at once.
 *
 * With `deflate` WebSockets agree to permessage-deflate (RFC 7692), without contexts in either
 * direction and with the window of 2^9 to 2^15 bytes that the client asks for. A publication is
 * compressed when it is first sent to such a client, once per shard, form (payload or JSON object)
 * and window size, and all others are sent the same bytes. So the CPU it costs does not grow with
 * the subscribers: some tens of microseconds a KiB, a few milliseconds for 64 KiB, during which all
 * else on that shard waits; seven times that if clients ask for all window sizes. What is shorter
 * than 64 bytes or does not shrink is sent as it is, as are ready, gap, at and answers. The frames
 * count in `history_bytes`, so a log that is full by bytes becomes shorter; a shard takes up to
 * 256 KiB for each window size in use, a connection nothing. Where a publication has both a secret
 * and what a stranger wrote, its length on the wire may give the secret away: leave it off there.
 *
 * 503 (the node stops, or the channel is full) comes with Retry-After, spread over the clients. */
FCE_API int fce_routes_add_feed(fce_routes* routes, const fce_route_options* options,
                                const fce_feed_options* feed);

/* ---- Many channels on one connection ---- */

/* A live route speaks WebSocket with the subprotocol `fcedge.v1.json`, which the client has to
 * offer. The server says first
 *   {"hello":{"user":"u1","session":"anonymous|token|none","ping_ms":25000,"expires_ms":123456}}
 * "user" is "" for nobody in particular; "expires_ms", counted from now, is left out when the
 * identity does not expire. Then the client sends commands, one JSON object in a text message.
 * "ref" is an integer of its choice, from 0 to 2^53 - 1, which the answer repeats:
 *   {"ref":1,"subscribe":{"channel":"C","after":"POSITION","presence":true}}
 *   {"ref":2,"unsubscribe":{"channel":"C"}}
 *   {"ref":3,"publish":{"channel":"C","data":"TEXT","key":"K","groups":[],"users":[],"exclude":[]}}
 *   {"ref":4,"presence":{"channel":"C"}}
 *   {"ref":5,"auth":{"token":"JWT"}}             another token, without a reconnect
 *   {"ref":6,"block":{"users":["u9"]}}           whose messages it does not want; replaces the list
 *   {"ref":7,"ping":{}}
 * Only "channel", "data", "token" and "users" of "block" must be there; members that are not known
 * are ignored. The answer is {"ref":1,"ok":{}} or
 *   {"ref":1,"error":{"code":"CODE","message":"A sentence for people."}}
 * without "ref" when it could not be read. "ok" of publish has "id"; of presence "count" and, where
 * the namespace tells them, "members"; of auth what stands in "hello". CODE is one of
 *   invalid            no such command, a member is missing or wrong
 *   unknown_namespace  the channel's namespace is not configured
 *   forbidden          no right, or the hook said so
 *   already            the channel is subscribed to
 *   not_subscribed     it is not; or was unsubscribed from before the hook had decided
 *   limit              too many channels on the connection, or subscribers on the channel
 *   too_big            the publication has more bytes than the namespace admits
 *   rate               more publications a second than the namespace admits to one client
 *   busy               a queue is full or a time limit has passed: try again later
 *   unauthorized       the token is bad, or there has to be one first
 *   unsupported        the namespace or the route does not have that
 * An answer may come after those to later commands. That to "subscribe" comes before the first
 * object of its channel, and behind that to "unsubscribe" there is none. Objects of a channel are
 * those of feeds, and where presence was asked for
 *   {"channel":"C","presence":{"count":2,"members":["u1","u2"]}}        first, and after a resync
 *   {"channel":"C","presence":{"count":3,"join":["u3"],"leave":[]}}     then changes, in ticks
 *   {"channel":"C","end":{"code":4403,"reason":"revoked|locked|banned|overflow"}}
 * "end" is the last of a subscription that the server ended; the connection stays, and the client
 * may subscribe again. The author of a publication is the client's user.
 *
 * Close codes: 1012 the node restarts, its reason is `retry-after-ms=N`; 4401 the token is missing,
 * bad or expired; 4403 the user was banned; 4429 too many commands. */
typedef struct fce_live_options {
  uint32_t size;
  const char* tenant;      /* a literal or a parameter of the pattern, as in fce_feed_options */
  uint32_t ping_ms;        /* WebSocket pings [25000] */
  uint32_t dead_ms;        /* no pong for so long: the peer is dead [60000] */
  uint32_t channels_max;   /* subscriptions of one connection [100] */
  uint32_t commands_per_s; /* of one connection, burst twice that; then 4429 [50] */
  uint32_t auth;           /* FCE_AUTH_*: what clients have to show, see auth.h */
  uint32_t anonymous;      /* 1: who has no token gets an anonymous session */
  uint32_t deflate;        /* 1: messages are compressed for clients that offer it, as described at
                              fce_routes_add_feed; commands may come compressed then too [0] */
} fce_live_options;

FCE_API void fce_live_options_init(fce_live_options* options);

/* Adds a live route: GET with a WebSocket handshake; 400 without the subprotocol.
 * Errors: FCE_EINVAL (tenant, pattern), FCE_EEXIST. */
FCE_API int fce_routes_add_live(fce_routes* routes, const fce_route_options* options,
                                const fce_live_options* live);

/* ---- The subscribe hook ---- */

/* A subscription that the hook has to decide about. */
typedef struct fce_subscription fce_subscription;

/* Who wants what. `user` is empty for nobody in particular; `after` is the position that the client
 * wants to resume from, empty for none; `group` past the last one is empty.
 * **Thread**: the one that owns the subscription. **Lives**: until it is decided. */
FCE_API fce_str fce_subscription_tenant(const fce_subscription* subscription);
FCE_API fce_str fce_subscription_channel(const fce_subscription* subscription);
FCE_API fce_str fce_subscription_user(const fce_subscription* subscription);
FCE_API fce_str fce_subscription_peer(const fce_subscription* subscription);
FCE_API fce_str fce_subscription_after(const fce_subscription* subscription);
FCE_API size_t fce_subscription_group_count(const fce_subscription* subscription);
FCE_API fce_str fce_subscription_group(const fce_subscription* subscription, size_t index);

/* Why a subscription is refused. */
enum {
  FCE_DENY_FORBIDDEN = 0,    /* error `forbidden`; 403 of a feed */
  FCE_DENY_UNAUTHORIZED = 1, /* error `unauthorized`; 401 */
  FCE_DENY_BUSY = 2          /* error `busy`; 503 */
};

/* Decide. Exactly one of them is called, once: the subscription is gone then. `message` is a
 * sentence for the client's people, UTF-8 of at most 255 bytes, or empty.
 * Errors: FCE_EINVAL (NULL; or a bad code or message: then the subscription is refused as
 * forbidden), FCE_ECANCELED (the node has stopped).
 * **Thread**: any; within the hook, or later, also after the client has left. */
FCE_API int fce_subscription_allow(fce_subscription* subscription);
FCE_API int fce_subscription_deny(fce_subscription* subscription, uint32_t code, fce_str message);

/* Called for each subscription, after the token and the limits have let it pass; it then owns the
 * subscription until it has decided. Whoever waits for longer than `hook_ms` is refused as busy,
 * and so is, without a call, who comes while 10,000 subscriptions of the shard are undecided; those
 * whose client has left or unsubscribed count until they are decided, too.
 * With a hook, asking for a channel's presence and publishing where FCE_PUBLISH_ANY lets all who
 * may subscribe are for clients that are subscribed; rights that a token names hold without.
 * **Thread**: a shard's, which waits meanwhile. */
typedef void (*fce_subscribe_fn)(fce_subscription* subscription, void* user);

/* Sets the node's hook, before start. `hook_ms` 0 is 5000. On error `release` is not called.
 * Errors: FCE_EINVAL (the node or the hook is NULL), FCE_EEXIST, FCE_ESTATE (started).
 * **Thread**: the one that created the node. **Lives**: `release` comes when the node is
 * destroyed. */
FCE_API int fce_node_set_subscribe_hook(fce_node* node, fce_subscribe_fn hook, uint32_t hook_ms,
                                        void* user, fce_release_fn release);

/* ---- The publish endpoint ---- */

typedef struct fce_publish_route_options {
  uint32_t size;
  const char* tenant; /* as in fce_feed_options */
  const char* channel;
  const char* secret;  /* bearer secret, at least 16 bytes; required */
  uint32_t rate_per_s; /* publications a second per shard, burst the same; then 429 [0: no limit] */
} fce_publish_route_options;

FCE_API void fce_publish_route_options_init(fce_publish_route_options* options);

/* Adds a publish endpoint: POST with `Authorization: Bearer SECRET`; the body is the payload. The
 * query may name a key, an author and an audience, as in fce_publication:
 * `?key=K&author=U&group=G&group=H&user=U&exclude=U`, percent-encoded; an empty name is refused.
 * Answers 200 and {"id":"5ca1ab1e.7-42"}; 400 not UTF-8 or a bad name, 401 no secret given, 403 a
 * wrong one, 404 no such namespace, 413 too large, 429 over the rate, 503 a queue is full; the text
 * of a refusal is the sentence that a live route's error has as its message. */
FCE_API int fce_routes_add_publish(fce_routes* routes, const fce_route_options* options,
                                   const fce_publish_route_options* publish);

/* ---- The public widget protocol ---- */

typedef struct fce_widget_options {
  uint32_t size;
  const char* tenant;     /* the only one that is served [NULL: any] */
  const char* name_space; /* in which the channels are [NULL: the default namespace] */
  const char* ping_text;  /* what clients send as a text to stay alive ["ping"] */
  const char* pong_text;  /* what they are answered ["pong"] */
  uint32_t ping_ms;       /* WebSocket pings [25000] */
  uint32_t dead_ms;       /* nothing heard for so long: the peer is dead [60000] */
} fce_widget_options;

FCE_API void fce_widget_options_init(fce_widget_options* options);

/* Adds what the public clients of comment widgets speak. The pattern of `options` is the base path,
 * "/" for none; there must be no parameter in it. Nobody is asked for a token, but the subscribe
 * hook is asked about both routes.
 *
 *  - GET BASE/sub?urlId=U&userIdWS=W&tenantIdWS=T is a WebSocket. Each publication is one text, a
 *    JSON event: where the payload is a JSON object (nested at most 64 deep, no name twice) without
 *    a member "id", the publication's id is added as its first member: {"id":"5ca1ab1e.7-42",...}.
 *    Other payloads are sent as they are. Presence is told, where the namespace has it, as
 *      {"type":"p-u","uj":[USERS THAT JOINED],"ul":[USERS THAT LEFT],"sc":SUBSCRIBERS}
 *    (users only where it tells members), in ticks. `ping_text` is answered, at most four times a
 *    second. A gap closes with 4410; a client that comes back reads the log.
 *  - GET BASE/event-log/T/?urlId=U&userIdWS=W&startTime=MS&endTime=MS (the last slash may be left
 *    out) tells what the channel's log holds, oldest first:
 *      {"status":"success","events":[{"_id":"5ca1ab1e.7-42","createdAt":"2026-01-02T03:04:05.678Z",
 *       "broadcastId":"B","data":"EVENT AS TEXT","tenantId":"T","urlId":"U"}]}
 *    "data" is the very text of the WebSocket, and "broadcastId" that member of it or "". Times are
 *    in milliseconds since 1970 and may be by a clock that is minutes off: the difference of
 *    endTime to its arrival corrects startTime, the earlier reading counts, and the window reaches
 *    2 seconds further back and up to the present. So an event may come again, with the same id,
 *    and none is lost. "gap":true stands before "events" when the log may have held more in that
 *    window (also after a restart): the client has to fetch the state anew.
 *
 * The channel is "NAMESPACE:U", U percent-decoded, without "T:" in front of it if it begins so. In
 * the default namespace it is U with "%" as "%25" and ":" as "%3A". Where that name has more than
 * 255 bytes, U is replaced by "sha256-" and the 64 hex digits of its SHA-256. In audiences,
 * presence and revocations a client is the user "widget:W": that name is not checked. 400: bad
 * parameters; 404: another tenant; 503 with Retry-After: see feeds. Errors: FCE_EINVAL (pattern,
 * tenant, texts), FCE_EEXIST; a namespace that the node has not is told by fce_node_set_routes
 * (FCE_EINVAL). */
FCE_API int fce_routes_add_widget(fce_routes* routes, const fce_route_options* options,
                                  const fce_widget_options* widget);

/* ---- Namespaces ---- */

/* What happens to a subscriber that reads more slowly than its channel's log moves on. */
enum {
  FCE_OVERFLOW_GAP = 0,      /* it is told of the gap, and goes on at the log's end */
  FCE_OVERFLOW_CLOSE = 1,    /* its subscription ends (close code 4408) */
  FCE_OVERFLOW_CONFLATE = 2, /* a message replaces an earlier one with the same key. Replaced ones
                                still count, so the log goes back over 8 x history_messages numbers
                                at most: who is behind that gets a GAP, and what has not changed for
                                so long is not in it any more, though the latest of its key */
  FCE_OVERFLOW_LATEST = 3    /* it gets what is still there, and is not told of what was before */
};
/* Which clients may publish. The C ABI and publish routes always may. */
enum {
  FCE_PUBLISH_TOKEN = 0, /* those whose token gives them the right */
  FCE_PUBLISH_NONE = 1,  /* none */
  FCE_PUBLISH_ANY = 2    /* all that may subscribe, and those whose token gives them the right, be
                            it without that to subscribe */
};
enum {
  FCE_PRESENCE_COUNTS = 0, /* how many subscribers there are */
  FCE_PRESENCE_NONE = 1,
  FCE_PRESENCE_MEMBERS = 2 /* and who they are, with joins and leaves in ticks */
};

/* Policies of all channels whose names begin with "NAME:". A channel whose name has no colon is in
 * the default namespace. Numbers that are zero take the value of the default namespace as it is
 * then, whose own defaults are those of fce_node_options. */
typedef struct fce_namespace_options {
  uint32_t size;
  const char* name;          /* 1 to 63 of a-z, 0-9, _ and -; NULL: the default namespace */
  uint32_t history_messages; /* ring of a channel: publications */
  uint32_t history_bytes;    /* ring of a channel: bytes */
  uint32_t history_ms;       /* how long a publication is kept [0: no limit] */
  uint32_t cache;            /* 1: who subscribes gets the latest publication at once; no gaps are
                                told for what came before it */
  uint32_t overflow;         /* FCE_OVERFLOW_* */
  uint32_t publish;          /* FCE_PUBLISH_* */
  uint32_t presence;         /* FCE_PRESENCE_* */
  uint32_t no_audience;      /* 1: a publication that is not for everybody is refused */
  uint32_t message_bytes_max;
  uint32_t publish_per_s;        /* by one connection [0: no limit] */
  uint32_t subscribers_max;      /* of a channel and shard [0: no limit] */
  uint32_t presence_members_max; /* in the list of a channel [1000] */
  uint32_t presence_leave_ms;    /* a leave is told so late, to swallow reconnects [15000] */
} fce_namespace_options;

FCE_API void fce_namespace_options_init(fce_namespace_options* options);

/* Adds a namespace, or with the name NULL sets the policies of the default one, before start. A
 * channel of a namespace that was not added is refused everywhere: 404, or the error
 * `unknown_namespace` of a live route.
 * Errors: FCE_EINVAL (name, a number that is none of the list), FCE_EEXIST, FCE_ESTATE (started).
 * **Thread**: the one that created the node. */
FCE_API int fce_node_add_namespace(fce_node* node, const fce_namespace_options* options);

/* ---- Publishing ---- */

/* Tells the outcome of a publication: FCE_OK and its id (NUL-terminated), or an error:
 * FCE_ENOBUFS (channels_max, log_mib_max), FCE_ESTATE or FCE_ECANCELED (the node
 * stops).
 * **Thread**: a shard's. **Lives**: `id` until return. */
typedef void (*fce_published_fn)(int status, const char* id, void* user);

/* Appends a message to a channel and sends it to all its subscribers. UTF-8 text only. With `done`
 * NULL nobody is told. Messages from one thread to one channel keep their order.
 * Errors: FCE_EINVAL (names), FCE_ENOENT (no such namespace), FCE_EUTF8, FCE_ETOOBIG, FCE_ENOBUFS
 * (the shard's mailbox is full: try again later), FCE_ESTATE (not started or stopped); `done` is
 * not called then.
 * **Thread**: any. **Lives**: everything is copied before it returns; `done` is called exactly
 * once. */
FCE_API int fce_publish(fce_node* node, fce_str tenant, fce_str channel, const void* data,
                        size_t len, fce_published_fn done, void* user);

/* A publication with all that it may have. An audience of groups or users is who gets it: members
 * of any of the groups, and the users; `exclude` are users who do not get it in any case, and
 * subscribers who have blocked its author do not either. To subscribers without a token only
 * publications without groups and users go. Withheld ones leave no trace in what a client sees, and
 * its position moves on all the same. */
typedef struct fce_publication {
  uint32_t size;
  fce_str tenant;
  fce_str channel;
  fce_str data;   /* UTF-8 */
  fce_str key;    /* of what this is the latest state ("votes-17"), at most 255 bytes */
  fce_str author; /* the user who wrote it */
  const fce_str* groups;
  size_t group_count;
  const fce_str* users;
  size_t user_count;
  const fce_str* exclude;
  size_t exclude_count; /* all three lists together: at most 256 names */
} fce_publication;

FCE_API void fce_publication_init(fce_publication* publication);

/* As fce_publish. Errors besides: FCE_ENOENT (no such namespace), FCE_EINVAL (key, names, or an
 * audience where the namespace has none). */
FCE_API int fce_publish_message(fce_node* node, const fce_publication* publication,
                                fce_published_fn done, void* user);

/* ---- Presence ---- */

/* Tells who is on a channel: the number of its subscribers, and up to presence_members_max of their
 * users in order. `members` is NULL where the namespace tells counts only. Both are at most two
 * ticks (a second each) old. `status` is FCE_OK, or FCE_ECANCELED when the node ended first.
 * **Thread**: a shard's. **Lives**: `members` until return. */
typedef void (*fce_presence_fn)(int status, uint32_t count, const fce_str* members,
                                size_t member_count, void* user);

/* Asks for a channel's presence. Errors: FCE_EINVAL (names), FCE_ENOENT (no such namespace),
 * FCE_EUNSUPPORTED (it has no presence), FCE_ENOBUFS (a queue is full), FCE_ESTATE; `done` is not
 * called then. **Thread**: any. **Lives**: `done` is called exactly once, later. */
FCE_API int fce_presence(fce_node* node, fce_str tenant, fce_str channel, fce_presence_fn done,
                         void* user);

/* ---- Revocation ---- */

enum { FCE_END_REVOKED = 0, FCE_END_LOCKED = 1, FCE_END_BANNED = 2 };

/* Which live subscriptions end: those of one channel (a thread is locked), of one user in a tenant
 * (banned), or of one user in one channel. */
typedef struct fce_revocation {
  uint32_t size;
  fce_str tenant;
  fce_str channel; /* empty: all channels of the tenant */
  fce_str user;    /* empty: all users */
  uint32_t reason; /* FCE_END_*, told to the client with code 4403 */
} fce_revocation;

FCE_API void fce_revocation_init(fce_revocation* revocation);

/* Ends live subscriptions on all shards, soon after it returns. It does not keep anybody from
 * subscribing again: that is for tokens and the subscribe hook to say.
 * Errors: FCE_EINVAL (tenant, or neither channel nor user). **Thread**: any. */
FCE_API int fce_revoke(fce_node* node, const fce_revocation* revocation);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_PUBSUB_H_ */
