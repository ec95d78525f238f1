/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS of a node: it answers for its zones with authority, over UDP, TCP and TLS.
 * The eight rules are at the top of fcedge.h.
 */
#ifndef FCEDGE_GEO_H_
#define FCEDGE_GEO_H_

#include <fcedge/fcedge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The DNS server of a node ---- */

/* Rates bound what one network of clients (IPv4 /24, IPv6 /56) gets over UDP on each shard, where
 * who asks may not be who is answered. Who has a good cookie (RFC 7873) is not bound. */
typedef struct fce_dns_options {
  uint32_t size;
  const char* nsid;          /* this server's name, for those who ask (RFC 5001); NULL: none */
  const char* cookie_secret; /* 32 hexadecimal digits, the same at all servers of a zone; NULL:
                                one of this node's own, until it ends */
  uint32_t require_cookies;  /* 1: who knows of cookies gets an answer with a good one only */
  uint32_t udp_bytes_max;    /* of an answer over UDP, 512 to 4096 [1232] */
  uint32_t connections_max;  /* over TCP, and over TLS, on each shard [1000] */
  uint32_t idle_ms;          /* from one query of a connection to the next [10000] */
  uint32_t answers_per_s;    /* of a name [20] */
  uint32_t errors_per_s;     /* of errors and names that there are not [5] */
  uint32_t all_per_s;        /* of everything [200] */
  uint32_t slip;             /* each so many-th answer that is too many is cut short, so that who
                                really asks comes by TCP [2] */
  uint32_t no_rate_limit;    /* 1: none of these bounds */
} fce_dns_options;

FCE_API void fce_dns_options_init(fce_dns_options* options);

/* Gives the node a DNS server, once, before start. It refuses all names until it has zones.
 * Errors: FCE_EINVAL, FCE_ESTATE (it was started), FCE_EEXIST. */
FCE_API int fce_node_set_dns(fce_node* node, const fce_dns_options* options);

/* Binds an address for it ("HOST:PORT", "[V6]:PORT", ":PORT"), before start: UDP and TCP, or with
 * `tls` DNS over TLS with the node's certificates. `port`, if not NULL, gets what port 0 became.
 * Errors: FCE_EINVAL, FCE_EADDRINUSE, FCE_EADDRNOTAVAIL, FCE_EACCES, FCE_ESTATE. */
FCE_API int fce_node_listen_dns(fce_node* node, const char* address, uint32_t tls, uint16_t* port);

/* ---- Zones ---- */

/* A zone is a master file (RFC 1035 section 5), or its text. */
typedef struct fce_dns_zone {
  uint32_t size;
  const char* name; /* "example.com" */
  const char* file; /* with `text` it is only what errors call it */
  const char* text; /* NULL: it is read from the file */
} fce_dns_zone;

FCE_API void fce_dns_zone_init(fce_dns_zone* zone);

/* Answers from these zones from now on, in place of those before; at any time. On an error those
 * stay in force, and `fce_last_error` names the file and the line.
 * Errors: FCE_EINVAL (not a zone), FCE_EEXIST (twice the same name), FCE_ENOENT, FCE_EACCES,
 * FCE_EIO, FCE_ETOOBIG, FCE_ESTATE (the node has no DNS).
 * **Thread**: any that may block. **Lives**: all is copied. */
FCE_API int fce_node_set_dns_zones(fce_node* node, const fce_dns_zone* zones, size_t count);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_GEO_H_ */
