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
  uint32_t signatures_per_s; /* of DNSSEC that are made, on each shard; all else is remembered, or
                                answered with SERVFAIL [5000] */
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

/* A zone is a master file (RFC 1035 section 5), or its text.
 *
 * With a key it is signed on line for who asks for that (DO), each answer when it is first needed:
 * so also those that depend on the client, and the file has no records of DNSSEC but DS. That names
 * and types do not exist is said one at a time (RFC 9824): nobody can walk through the zone, and
 * NXDOMAIN becomes NOERROR for who does not say that he knows of this. The zone is secure once the
 * zone above it has the record that fce_dns_zone_ds gives.
 *
 * From one key to the next: the new one becomes `dnssec_other_key`, and its DS is put beside the
 * old one's above. When that is known everywhere, and an hour is over, they change places. When the
 * longest TTL of the zone is over, too, the old one and its DS may go. */
typedef struct fce_dns_zone {
  uint32_t size;
  const char* name; /* "example.com" */
  const char* file; /* with `text` it is only what errors call it */
  const char* text; /* NULL: it is read from the file */
  /* "Kexample.com.+013+12345.private", a key of `dnssec-keygen -a ECDSAP256SHA256 -f KSK
   * example.com`; that of the same name with ".key" is read, too, if it is there; NULL: the zone is
   * not signed. */
  const char* dnssec_key;
  const char* dnssec_other_key; /* is shown, but does not sign: the next one, or the last one */
} fce_dns_zone;

FCE_API void fce_dns_zone_init(fce_dns_zone* zone);

/* Answers from these zones from now on, in place of those before; at any time. On an error those
 * stay in force, and `fce_last_error` names the file and the line.
 * Errors: FCE_EINVAL (not a zone), FCE_EEXIST (twice the same name), FCE_ENOENT, FCE_EACCES,
 * FCE_EIO, FCE_ETOOBIG, FCE_EUNSUPPORTED (the key is of another algorithm), FCE_ESTATE (the node
 * has no DNS).
 * **Thread**: any that may block. **Lives**: all is copied. */
FCE_API int fce_node_set_dns_zones(fce_node* node, const fce_dns_zone* zones, size_t count);

/* Writes the record that the zone above is to have of this one, which is "NAME IN DS TAG 13 2
 * DIGEST": as its operators take it, and as a validator does for a trust anchor. The zone's file
 * is not looked at. `out` holds 2 KiB or less, with the zero at its end.
 * Errors: FCE_EINVAL (no key, or none of this zone), FCE_EUNSUPPORTED, FCE_ENOENT, FCE_EACCES,
 * FCE_EIO, FCE_ETOOBIG (there is no room for it). **Thread**: any that may block. */
FCE_API int fce_dns_zone_ds(const fce_dns_zone* zone, char* out, size_t size);

/* ---- Where clients are sent ----
 * A GEO record of a zone (`www 30 IN GEO "eu"`) names a set of nodes; who asks gets the addresses
 * of those that are best for where he is, by the databases of MaxMind's format that the node has.
 * Clients are told apart by their address, or by the client subnet that a resolver sends (RFC
 * 7871). */

#define FCE_GEO_UP 0
#define FCE_GEO_DRAINING 1 /* gets new clients only when nothing is up */
#define FCE_GEO_DOWN 2

typedef struct fce_geo_node {
  uint32_t size;
  const char* name;
  const char* region;    /* what fences go by: "eu"; NULL: none */
  const char* addresses; /* IPv4 and IPv6, separated by blanks: "192.0.2.1 2001:db8::1" */
  double latitude;       /* degrees, north positive */
  double longitude;      /* degrees, east positive */
  uint32_t weight;       /* among nodes near each other [100] */
  uint32_t load_percent; /* of its capacity; from 80 on clients are sent on to others, too */
  uint32_t state;        /* FCE_GEO_UP, FCE_GEO_DRAINING, FCE_GEO_DOWN */
} fce_geo_node;

FCE_API void fce_geo_node_init(fce_geo_node* node);

#define FCE_GEO_BY_PREFIX 0    /* "192.0.2.0/24", "2001:db8::/32" */
#define FCE_GEO_BY_COUNTRY 1   /* "DE" (ISO 3166-1) */
#define FCE_GEO_BY_CONTINENT 2 /* "EU" */

/* Clients who are sent to certain nodes, in this order, wherever those are. A longer prefix goes
 * before a shorter one, that before a country, that before a continent. When none of them is up,
 * the next one holds, and at last the distance. */
typedef struct fce_geo_override {
  uint32_t size;
  uint32_t by; /* FCE_GEO_BY_... */
  const char* value;
  const char* nodes; /* their names, separated by blanks */
} fce_geo_override;

FCE_API void fce_geo_override_init(fce_geo_override* one);

#define FCE_GEO_NEAREST 0 /* as if all were up: the map may be wrong, and clients try several */
#define FCE_GEO_ALL 1     /* the same, and as many as there are */
#define FCE_GEO_NONE 2    /* no answer */

typedef struct fce_geo_set {
  uint32_t size;
  const char* name;     /* as GEO records say it */
  const char* regions;  /* the fence, separated by blanks: no node of another region is given to
                           anybody, whatever happens; NULL: all nodes */
  uint32_t answers_max; /* nodes in an answer, 1 to 8 [2] */
  uint32_t all_down;    /* FCE_GEO_NEAREST, ...: what is said when no node of it is up */
  const fce_geo_override* overrides;
  size_t override_count;
} fce_geo_set;

FCE_API void fce_geo_set_init(fce_geo_set* set);

/* Gives the node its databases, once, before start. They are read off to the side, and read again
 * when they change; one that is broken leaves what was known, and the log says so. Several are
 * those of the families: what one says of IPv4 or IPv6, later ones do not say again. None: no place
 * is known, which is enough for overrides. Errors: FCE_EINVAL, FCE_EEXIST, FCE_ESTATE. */
FCE_API int fce_node_set_geo(fce_node* node, const char* const* files, size_t count);

/* The map of nodes, and the sets of them, in place of those before; at any time, and before the
 * zones that name them. It is worked out on a thread of its own, within some 100 ms, and holds as a
 * whole from then on. On an error the map before stays in force, and `fce_last_error` names the
 * node or the set. Zones go on answering for a set that is no longer there: with no node. Errors:
 * FCE_EINVAL, FCE_ESTATE (without fce_node_set_geo).
 * **Thread**: any. **Lives**: all is copied. */
FCE_API int fce_node_set_geo_map(fce_node* node, const fce_geo_node* nodes, size_t node_count,
                                 const fce_geo_set* sets, size_t set_count);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_GEO_H_ */
