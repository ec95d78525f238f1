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
 * NXDOMAIN becomes NOERROR for who asks with DO and does not say that he knows of this. The zone is
 * secure once the zone above it has the record that fce_dns_zone_ds gives.
 *
 * Its serial is told as it stands, and a zone is taken whatever its serial is: nobody transfers
 * zones from here.
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
 * 7871). Places within 0.2 degrees of latitude and longitude and of one country are one cell: none
 * is further than 16 km from its middle, and they are not told apart. Clients of unknown places are
 * spread over the set's nodes by weight, by IPv4 /16 or IPv6 /32. A node without an address of
 * the family that is asked for leaves its place in that answer empty. */

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
  uint32_t weight;       /* among nodes near each other, from 1 on; 0: [100] */
  uint32_t load_percent; /* of its capacity, from 0 on; from 80 on a growing part of the clients
                            goes elsewhere first, at 100 all do */
  uint32_t state;        /* FCE_GEO_UP, FCE_GEO_DRAINING, FCE_GEO_DOWN */
  uint32_t worse_after;  /* observations in a row that make it worse than it was taken to be [3] */
  uint32_t better_after; /* and better [3] */
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

/* Gives the node its databases, once, before start. They are read off to the side, which takes some
 * seconds, in which sets of nodes are answered with SERVFAIL (others are asked then); and read
 * again when they change; one that is broken leaves what was known, and the log says so. Several
 * are those of the families: what one says of IPv4 or IPv6, later ones do not say again. None: no
 * place is known, which is enough for overrides. Errors: FCE_EINVAL, FCE_EEXIST, FCE_ESTATE. */
FCE_API int fce_node_set_geo(fce_node* node, const char* const* files, size_t count);

/* The map of nodes, and the sets of them, in place of those before; at any time, and before the
 * zones that name them. It is worked out on a thread of its own, within some 100 ms, and holds as a
 * whole from then on. On an error the map before stays in force, and `fce_last_error` names the
 * node or the set. Zones go on answering for a set that is no longer there: with no node. Errors:
 * FCE_EINVAL, FCE_ESTATE (without fce_node_set_geo).
 * **Thread**: any. **Lives**: all is copied. */
FCE_API int fce_node_set_geo_map(fce_node* node, const fce_geo_node* nodes, size_t node_count,
                                 const fce_geo_set* sets, size_t set_count);

/* What somebody who watches the nodes (a health check, a monitor) has just seen of one: its state,
 * and its load in percent of its capacity or -1. One observation moves nobody: it takes as many in
 * a row as the node's `worse_after` and `better_after` say. Of this state and the map's the worse
 * one holds, so a node that an operator takes out stays out; a load takes the place of the map's.
 * What was seen is kept for nodes that the next map has, too. Who stops watching leaves the node as
 * it was seen last. Errors: FCE_EINVAL, FCE_ENOENT (the map has no such node), FCE_ESTATE (without
 * fce_node_set_geo). **Thread**: any. */
FCE_API int fce_node_observe_geo(fce_node* node, const char* name, uint32_t state,
                                 int32_t load_percent);

/* Takes how often the addresses of one node were given to somebody. **Lives**: until it returns. */
typedef void (*fce_geo_answers_fn)(const char* name, const char* region, uint64_t answers,
                                   void* user);

/* Calls `each` for every node of the map, and for those of maps before that were given to anybody:
 * what /metrics says as fcedge_dns_node_answers_total. What is known of the index and of the map as
 * a whole is among the node's gauges and counters, from "fcedge_geo_index_age_seconds" to
 * "fcedge_geo_map_changes_total". Errors: FCE_EINVAL, FCE_ESTATE (the node has no DNS).
 * **Thread**: any; calls back before it returns. */
FCE_API int fce_node_geo_answers(const fce_node* node, fce_geo_answers_fn each, void* user);

/* ---- Looking at it ----
 * Whoever is to trust the routing wants to look at it first: an index by itself, what a map would
 * do with it, and what a node does. All strings of this part that come from the library live as
 * long as the object that they were got from, unless a function says otherwise. */

/* What the databases say of an address. The library fills what both sides know of. */
typedef struct fce_geo_place {
  uint32_t size;
  uint32_t known;     /* 0: they do not know the address, and all but `prefix` is zero */
  char country[4];    /* "DE" (ISO 3166-1) */
  char continent[4];  /* AF AN AS EU NA OC SA */
  uint32_t eu;        /* 1: in the European Union */
  uint32_t radius_km; /* how far off the position may be */
  double latitude;    /* of the middle of its cell */
  double longitude;
  uint32_t cell;   /* places of one cell are not told apart */
  char prefix[52]; /* "192.0.2.0/24": the widest around the address that is in the cell as a whole;
                      "" of a place that was not asked for by an address */
} fce_geo_place;

FCE_API void fce_geo_place_init(fce_geo_place* place);

typedef struct fce_geo_index fce_geo_index;

/* Reads databases as fce_node_set_geo does, but here and now, which takes seconds.
 * Errors: FCE_EINVAL (none of the format), FCE_ENOENT, FCE_EACCES, FCE_EIO, FCE_ETOOBIG.
 * **Lives**: until fce_geo_index_close; rankings of it may live on. Any number of threads may look
 * things up at the same time. */
FCE_API int fce_geo_index_open(const char* const* files, size_t count, fce_geo_index** index);
FCE_API void fce_geo_index_close(fce_geo_index* index);

/* Where an address is, "192.0.2.1" or "2001:db8::1". On an error `place` is left as it was. Errors:
 * FCE_EINVAL. */
FCE_API int fce_geo_index_lookup(const fce_geo_index* index, const char* address,
                                 fce_geo_place* place);

typedef struct fce_geo_index_info {
  uint32_t size;
  uint32_t cells;
  const char* type; /* of the first file, as its makers call it: "GeoLite2-City" */
  uint64_t built_s; /* when the newest file was made, in seconds since 1970 */
  uint64_t ranges;  /* of addresses that are in one cell */
  uint64_t bytes;   /* of memory */
} fce_geo_index_info;

FCE_API void fce_geo_index_info_init(fce_geo_index_info* info);
FCE_API int fce_geo_index_get_info(const fce_geo_index* index, fce_geo_index_info* info);

#define FCE_GEO_BY_DISTANCE 3 /* beside FCE_GEO_BY_PREFIX and the others: no override holds */

/* A node as the clients of one place see it. */
typedef struct fce_geo_candidate {
  uint32_t size;
  uint32_t state; /* FCE_GEO_UP, ... */
  const char* name;
  const char* region;    /* "": none */
  const char* addresses; /* separated by blanks */
  double distance_km;    /* 0 when the place is not known */
  double score;          /* of nodes alike in all else the lowest goes first */
  double load_percent;
  uint32_t spilled; /* 1: it is so full that clients of this place go to others first */
} fce_geo_candidate;

/* Why a client gets what he gets. Later versions of the library add to the ends of these structs.
 */
typedef struct fce_geo_explanation {
  uint32_t size;
  uint32_t rule;       /* FCE_GEO_BY_...: what decides */
  const char* set;     /* its name */
  const char* client;  /* the prefix that was looked up: that of the subnet, if there is one */
  const char* matched; /* all of this prefix gets the same answer */
  const fce_geo_place* place;
  const fce_geo_candidate* const* candidates; /* all within the fence, the best by distance first */
  size_t candidate_count;
  const fce_geo_candidate* const* answer; /* who is answered, in this order */
  size_t answer_count;
} fce_geo_explanation;

FCE_API void fce_geo_explanation_free(fce_geo_explanation* explanation);

/* What a running node does now with a query for a name of `set`. `address` is whose query it is;
 * `subnet` ("198.51.100.0/24") is that of the client whom a resolver asks for, or NULL.
 * Errors: FCE_EINVAL, FCE_ENOENT (no such set), FCE_ESTATE (no map, or it is being worked out).
 * **Thread**: any; it takes longer than an answer, but does not block. **Lives**: until it is
 * freed. */
FCE_API int fce_node_geo_explain(const fce_node* node, const char* set, const char* address,
                                 const char* subnet, fce_geo_explanation** explanation);

/* The same without a node: a map, by an index or, with NULL, by none. What is worked out when it is
 * made answers any number of threads. Errors as of fce_node_set_geo_map. */
typedef struct fce_geo_ranking fce_geo_ranking;

FCE_API int fce_geo_ranking_create(const fce_geo_index* index, const fce_geo_node* nodes,
                                   size_t node_count, const fce_geo_set* sets, size_t set_count,
                                   fce_geo_ranking** ranking);
FCE_API void fce_geo_ranking_destroy(fce_geo_ranking* ranking);

FCE_API int fce_geo_ranking_explain(const fce_geo_ranking* ranking, const char* set,
                                    const char* address, const char* subnet,
                                    fce_geo_explanation** explanation);

/* Called for each place that the index has, with the place in the map's list of the node that its
 * clients get first; UINT32_MAX: none. **Thread**: the caller's. **Lives**: until it returns. */
typedef void (*fce_geo_cell_fn)(const fce_geo_place* place, uint32_t node, void* user);

/* To draw a picture of. What overrides by prefix say is not a matter of places, and not in it. */
FCE_API int fce_geo_ranking_each_cell(const fce_geo_ranking* ranking, const char* set,
                                      fce_geo_cell_fn each, void* user);

#ifdef __cplusplus
}
#endif

#endif /* FCEDGE_GEO_H_ */
