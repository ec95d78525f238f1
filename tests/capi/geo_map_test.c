/* SPDX-License-Identifier: Apache-2.0 */
/* Where clients are sent: nodes that come and go, fences, and sets that a zone names. */
#include <fcedge/geo.h>

#include "capi.h"
#include "dns_query.h"

#define ZONE_HEAD \
  "@ 60 IN SOA ns1 hostmaster 1 7200 1800 259200 900\n@ 60 IN NS ns1\nns1 A 192.0.2.1\n"

enum { kNodes = 3 };

typedef struct world {
  fce_node* node;
  uint16_t port;
  fce_geo_node nodes[kNodes];
  fce_geo_set sets[2];
  fce_geo_override home;
} world;

static void make_world(world* w) {
  static const char* const kNames[] = {"berlin", "paris", "ohio"};
  static const char* const kRegions[] = {"eu", "eu", "us"};
  static const char* const kAddresses[] = {"192.0.2.1 2001:db8::1", "192.0.2.2", "192.0.2.3"};
  for (int i = 0; i < kNodes; ++i) {
    fce_geo_node_init(&w->nodes[i]);
    w->nodes[i].name = kNames[i];
    w->nodes[i].region = kRegions[i];
    w->nodes[i].addresses = kAddresses[i];
  }
  fce_geo_override_init(&w->home);
  w->home.by = FCE_GEO_BY_PREFIX;
  w->home.value = "127.0.0.0/8";
  w->home.nodes = "paris berlin";
  for (int i = 0; i < 2; ++i) {
    fce_geo_set_init(&w->sets[i]);
    w->sets[i].answers_max = 1;
    w->sets[i].regions = "eu";
  }
  w->sets[0].name = "fenced";
  w->sets[0].all_down = FCE_GEO_NONE;
  w->sets[0].overrides = &w->home;
  w->sets[0].override_count = 1;
  w->sets[1].name = "other";
}

static int set_map(const world* w, size_t sets) {
  return fce_node_set_geo_map(w->node, w->nodes, kNodes, w->sets, sets);
}

static int set_zone(fce_node* node, const char* text) {
  fce_dns_zone zone;
  fce_dns_zone_init(&zone);
  zone.name = "example.com";
  zone.file = "example.zone";
  zone.text = text;
  return fce_node_set_dns_zones(node, &zone, 1);
}

/* A map is worked out off to the side: asks until the answer is that of the new one. 0: none. */
static int becomes(uint16_t port, unsigned char last) {
  for (int i = 0; i < 100000; ++i) {
    const reply got = ask_udp(port);
    CHECK(got.rcode == 0 || got.rcode == 2); /* SERVFAIL before there is a map */
    if (got.rcode == 0 && (got.answers ? got.last : 0) == last) return 1;
  }
  return 0;
}

static void refusals(world* w) {
  CHECK_FAILS(set_map(w, 1), FCE_ESTATE);
  CHECK_OK(fce_node_set_geo(w->node, NULL, 0));
  CHECK_FAILS(fce_node_set_geo(w->node, NULL, 0), FCE_EEXIST);
  CHECK_FAILS(fce_node_set_geo(NULL, NULL, 0), FCE_EINVAL);
  w->nodes[1].addresses = "192.0.2.300";
  CHECK_FAILS(set_map(w, 1), FCE_EINVAL);
  CHECK(strstr(fce_last_error(), "paris"));
  w->nodes[1].addresses = " ";
  CHECK_FAILS(set_map(w, 1), FCE_EINVAL);
  w->nodes[1].addresses = "192.0.2.2";
  w->sets[0].regions = " ";
  CHECK_FAILS(set_map(w, 1), FCE_EINVAL);
  w->sets[0].regions = "us";
  CHECK_FAILS(set_map(w, 1), FCE_EINVAL); /* an override would leave the fence */
  CHECK(strstr(fce_last_error(), "fence"));
  w->sets[0].regions = "eu";
  w->home.value = "127.0.0.1/8";
  CHECK_FAILS(set_map(w, 1), FCE_EINVAL);
  w->home.value = "127.0.0.0/8";
  CHECK_FAILS(set_zone(w->node, ZONE_HEAD "www GEO \"fenced\"\n"), FCE_EINVAL);
  CHECK(strstr(fce_last_error(), "example.zone:4"));
}

typedef struct tally {
  const char* name;
  const char* region;
  uint64_t answers;
  int found;
} tally;

static void take_answers(const char* name, const char* region, uint64_t answers, void* user) {
  tally* wanted = user;
  if (strcmp(name, wanted->name) != 0 || strcmp(region, wanted->region) != 0) return;
  wanted->answers = answers;
  ++wanted->found;
}

static uint64_t answers_of(const fce_node* node, const char* name, const char* region) {
  tally wanted = {name, region, 0, 0};
  CHECK_OK(fce_node_geo_answers(node, take_answers, &wanted));
  CHECK(wanted.found <= 1);
  return wanted.answers;
}

int main(void) {
  world w = {0};
  uint16_t http = 0;
  w.node = make_node(2, NULL, &http);
  make_world(&w);
  fce_dns_options options;
  fce_dns_options_init(&options);
  options.no_rate_limit = 1;
  CHECK_OK(fce_node_set_dns(w.node, &options));
  CHECK_OK(fce_node_listen_dns(w.node, "127.0.0.1:0", 0, &w.port));
  refusals(&w);
  CHECK_OK(set_map(&w, 2));
  CHECK_OK(set_zone(w.node, ZONE_HEAD "www 30 GEO \"fenced\"\n"));
  CHECK_OK(fce_node_start(w.node));
  CHECK(becomes(w.port, 2));
  const uint64_t paris = answers_of(w.node, "paris", "eu");
  CHECK(paris > 0);
  CHECK(answers_of(w.node, "ohio", "us") == 0);
  CHECK(gauge(w.node, "fcedge_geo_nodes_up") == 3);
  CHECK(counter(w.node, "fcedge_geo_map_changes_total") >= 1);
  CHECK_FAILS(fce_node_geo_answers(w.node, NULL, NULL), FCE_EINVAL);

  w.nodes[1].state = FCE_GEO_DOWN;
  CHECK_OK(set_map(&w, 2));
  CHECK(becomes(w.port, 1));
  /* What was counted by maps before is kept. */
  CHECK(answers_of(w.node, "berlin", "eu") > 0);
  CHECK(answers_of(w.node, "paris", "eu") >= paris);
  CHECK(gauge(w.node, "fcedge_geo_nodes_down") == 1);
  /* All within the fence are down: nobody, rather than who is outside. */
  w.nodes[0].state = FCE_GEO_DOWN;
  CHECK_OK(set_map(&w, 2));
  CHECK(becomes(w.port, 0));
  w.nodes[1].state = FCE_GEO_UP;
  CHECK_OK(set_map(&w, 2));
  CHECK(becomes(w.port, 2));

  /* The zone keeps to its set where another one takes that one's place in the list. */
  w.sets[0].name = "third";
  CHECK_OK(set_map(&w, 1));
  CHECK(becomes(w.port, 0));
  CHECK_OK(set_zone(w.node, ZONE_HEAD "www 30 GEO \"third\"\n"));
  CHECK(becomes(w.port, 2));
  CHECK(counter(w.node, "fcedge_dns_geo_answers_total") > 0);

  /* A zone may name a set at once that the map in force does not have yet. */
  w.sets[1].name = "fourth";
  CHECK_OK(set_map(&w, 2));
  CHECK_OK(set_zone(w.node, ZONE_HEAD "www 30 GEO \"fourth\"\n"));
  CHECK(becomes(w.port, 2));

  CHECK_OK(fce_node_stop(w.node));
  fce_node_destroy(w.node);
  return capi_end();
}
