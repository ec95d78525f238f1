/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a client is: signed tokens that the embedding service gives to its users, and anonymous
 * sessions that the node gives to everybody else. The eight rules are at the top of fcedge.h.
 *
 * Tokens are JSON Web Tokens (RFC 7519) signed with HS256, ES256 or EdDSA. A client sends one as
 * `Authorization: Bearer TOKEN`, or as `?token=TOKEN` where a browser cannot set fields (WebSocket,
 * EventSource); on a live route it renews it by the command "auth", without a new connection.
 * Queries never reach the log. Claims:
 *   exp       required; seconds since 1970. Connections end when it has passed (close code 4401).
 *   nbf, iat  optional, seconds; a token is refused before nbf
 *   aud, iss  have to match the options below if those are set; aud may be an array
 *   tenant    whose user it is; a token of one tenant is refused (403) on the routes of another
 *   sub       the user; jti the token's id
 *   groups    array of at most 64 strings
 *   channels  array of at most 64 rules: a pattern, or {"name":PATTERN,"rights":[...]} with rights
 *             "subscribe", "publish", "presence", "history". Without rights: all but "publish".
 *             A token without `channels` may do all but "publish" on every channel of its tenant.
 *             Without "history" a client that asks for a position gets a gap in its place.
 * Names are strings of 1 to 255 bytes without control characters (C0, DEL and C1), as those of
 * channels are. In a pattern `*` stands for any characters between the separators `:` and `/`, at
 * the end for any rest: "chat:*", "user:*:inbox"; at most one in each segment. There are no other
 * wildcards.
 * A claim of a wrong type is a refusal. `alg` "none", an algorithm that does not fit the key,
 * `crit` and keys that the token itself brings are never accepted. Refusals are answered 401 with
 * `WWW-Authenticate: Bearer`.
 *
 * Keys are a JWK Set (RFC 7517), {"keys":[...]}: "oct" of at least 32 bytes for HS256, "EC" on
 * P-256 for ES256, "OKP" Ed25519 for EdDSA. `kid` in a token picks the key; without it the only key
 * that fits does. Keys of other kinds are left out with a warning. To rotate, write a file that has
 * both keys, later one without the old: it is looked at once a second while tokens come, and read
 * anew when it has changed. A file that cannot be used is logged and changes nothing.
 *
 * Anonymous sessions are cookies: over TLS `__Host-fcedge_session_MARK` with `HttpOnly; Secure;
 * SameSite=None; Partitioned`, in clear `fcedge_session_MARK` with `HttpOnly; SameSite=Lax`. Where
 * cookies are blocked the same token is taken from the field `X-Fcedge-Session` or from
 * `?session=`. A session is of one tenant only: MARK stands for it, so tenants may share a host.
 */
#ifndef FCEDGE_AUTH_H_
#define FCEDGE_AUTH_H_

#include <fcedge/fcedge.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fce_auth_options {
  uint32_t size;
  const char* key_file;     /* JWK Set; NULL: no token is accepted */
  const char* audience;     /* must be in `aud`; NULL: `aud` is not looked at */
  const char* issuer;       /* must be `iss`; NULL: any */
  const char* tenant;       /* of tokens that name none; NULL: such tokens are refused */
  uint32_t leeway_s;        /* how far clocks may be apart, at exp and nbf [30] */
  uint32_t token_bytes_max; /* larger tokens are refused unread, in band too [8192] */
  uint32_t anonymous;       /* 1: anonymous sessions, on the routes that want them */
  /* What sessions are signed with: one secret of 32 to 1024 bytes a line, at most four; the first
   * signs, all verify, so a new one goes on top of the old. All nodes of a service share it. Looked
   * at and reloaded like the keys. NULL: a random one, so sessions end with the process. */
  const char* session_secret_file;
  uint32_t session_ttl_s; /* a session unused for so long ends [2592000, 30 days] */
} fce_auth_options;

FCE_API void fce_auth_options_init(fce_auth_options* options);

/* Tells a node how to know its clients. Without this call tokens and sessions are not accepted.
 * Calling it again replaces the former options, as long as fce_node_set_routes was not given a
 * route that asks for tokens or sessions; on error nothing changes.
 * Errors: FCE_EINVAL (neither keys nor sessions, or a file with a bad entry, which is named),
 * FCE_ENOENT, FCE_EACCES, FCE_EIO, FCE_ETOOBIG, FCE_ESTATE after start or with such a route.
 * **Thread**: the one that created the node. **Lives**: strings are copied; the files are read now,
 * and again when they change. */
FCE_API int fce_node_set_auth(fce_node* node, const fce_auth_options* options);

/* What a route wants to know of its clients: `auth` in fce_feed_options and fce_live_options. With
 * `anonymous` there, clients without a token get a session, which counts as an identity. */
enum {
  FCE_AUTH_NONE = 0,     /* nobody is asked */
  FCE_AUTH_OPTIONAL = 1, /* a token that is there must be good */
  FCE_AUTH_REQUIRED = 2  /* who has no identity is refused: 401, close code 4401 */
};

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_AUTH_H_ */
