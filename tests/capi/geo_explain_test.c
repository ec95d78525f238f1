/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the routing: an index by itself, what a map does with it, and what a node does.
 *
 * Usage: geo_explain_test DATABASE, a small one in which 192.0.0.0/7 is in Germany and 10.0.0.0/9
 * in the United States of America. */
#include <fcedge/geo.h>

#include "capi.h"

enum { kNodes = 3 };

typedef struct world {
  fce_geo_node nodes[kNodes];
  fce_geo_set sets[2];
  fce_geo_override home;
} world;

static void make_world(world* w) {
  static const char* const kNames[] = {"fra", "nyc", "par"};
  static const char* const kRegions[] = {"eu", NULL, "eu"};
  static const char* const kAddresses[] = {"192.0.2.1 2001:db8::1", "192.0.2.2", "192.0.2.3"};
  static const double kPositions[][2] = {{50.1, 8.7}, {40.7, -74}, {48.9, 2.4}};
  for (int i = 0; i < kNodes; ++i) {
    fce_geo_node_init(&w->nodes[i]);
    w->nodes[i].name = kNames[i];
    w->nodes[i].region = kRegions[i];
    w->nodes[i].addresses = kAddresses[i];
    w->nodes[i].latitude = kPositions[i][0];
    w->nodes[i].longitude = kPositions[i][1];
  }
  w->nodes[0].load_percent = 40;
  fce_geo_override_init(&w->home);
  w->home.by = FCE_GEO_BY_PREFIX;
  w->home.value = "192.0.2.0/24";
  w->home.nodes = "par";
  for (int i = 0; i < 2; ++i) fce_geo_set_init(&w->sets[i]);
  w->sets[0].name = "all";
  w->sets[1].name = "fenced";
  w->sets[1].regions = "eu";
  w->sets[1].overrides = &w->home;
  w->sets[1].override_count = 1;
}

static void look_ups(const fce_geo_index* index) {
  fce_geo_place place;
  fce_geo_place_init(&place);
  CHECK_OK(fce_geo_index_lookup(index, "192.0.2.7", &place));
  CHECK(place.known && strcmp(place.country, "DE") == 0 && strcmp(place.continent, "EU") == 0);
  CHECK(place.eu == 1 && strcmp(place.prefix, "192.0.0.0/7") == 0);
  CHECK(place.latitude > 49 && place.latitude < 51 && place.longitude > 8 && place.longitude < 9);
  CHECK_OK(fce_geo_index_lookup(index, "10.1.2.3", &place));
  CHECK(strcmp(place.country, "US") == 0 && place.eu == 0);
  CHECK_OK(fce_geo_index_lookup(index, "2001:db8::1", &place));
  CHECK(place.known == 0 && place.country[0] == '\0' && strcmp(place.prefix, "::/0") == 0);
  CHECK_FAILS(fce_geo_index_lookup(index, "192.0.2", &place), FCE_EINVAL);

  /* A program that knows less of the struct keeps what lies behind it. */
  fce_geo_place_init(&place);
  place.size = offsetof(fce_geo_place, latitude);
  place.latitude = 7;
  CHECK_OK(fce_geo_index_lookup(index, "192.0.2.7", &place));
  CHECK(place.known && place.latitude == 7 && place.size == offsetof(fce_geo_place, latitude));
  place.size = 0;
  CHECK_FAILS(fce_geo_index_lookup(index, "192.0.2.7", &place), FCE_EINVAL);

  fce_geo_index_info info;
  fce_geo_index_info_init(&info);
  CHECK_OK(fce_geo_index_get_info(index, &info));
  CHECK(info.cells == 3 && info.ranges > 2 && info.bytes > 0 && info.built_s > 0);
  CHECK(strlen(info.type) > 0);
}

static const fce_geo_candidate* only(const fce_geo_explanation* why) {
  CHECK(why->answer_count == 1);
  return why->answer[0];
}

static void explanations(const fce_geo_ranking* ranking) {
  fce_geo_explanation* why = NULL;
  CHECK_OK(fce_geo_ranking_explain(ranking, "all", "192.0.2.7", NULL, &why));
  CHECK(why->rule == FCE_GEO_BY_DISTANCE && strcmp(why->set, "all") == 0);
  CHECK(strcmp(why->client, "192.0.2.7/32") == 0 && strcmp(why->matched, "192.0.0.0/7") == 0);
  CHECK(why->candidate_count == 3 && why->answer_count == 2);
  const fce_geo_candidate* best = why->candidates[0];
  CHECK(best == why->answer[0] && strcmp(best->name, "fra") == 0);
  CHECK(best->distance_km < 20 && best->load_percent > 39.9 && best->load_percent < 40.1);
  CHECK(strcmp(best->region, "eu") == 0 && strcmp(best->addresses, "192.0.2.1 2001:db8::1") == 0);
  CHECK(strcmp(why->answer[1]->name, "par") == 0 && why->answer[1]->distance_km > 400);
  CHECK(strcmp(why->candidates[2]->region, "") == 0);
  CHECK(strcmp(why->place->country, "DE") == 0);
  fce_geo_explanation_free(why);

  /* Of two the subnet decides, unless its client does not want to be placed. */
  CHECK_OK(fce_geo_ranking_explain(ranking, "all", "192.0.2.7", "10.1.2.0/24", &why));
  CHECK(strcmp(why->client, "10.1.2.0/24") == 0 && strcmp(why->place->country, "US") == 0);
  CHECK(strcmp(why->answer[0]->name, "nyc") == 0);
  fce_geo_explanation_free(why);
  CHECK_OK(fce_geo_ranking_explain(ranking, "all", "192.0.2.7", "0.0.0.0/0", &why));
  CHECK(strcmp(why->answer[0]->name, "fra") == 0);
  fce_geo_explanation_free(why);

  CHECK_OK(fce_geo_ranking_explain(ranking, "fenced", "192.0.2.7", NULL, &why));
  CHECK(why->rule == FCE_GEO_BY_PREFIX && strcmp(why->matched, "192.0.2.0/24") == 0);
  CHECK(strcmp(only(why)->name, "par") == 0 && only(why) == why->candidates[1]);
  CHECK(why->candidate_count == 2); /* within the fence */
  fce_geo_explanation_free(why);

  CHECK_FAILS(fce_geo_ranking_explain(ranking, "none", "192.0.2.7", NULL, &why), FCE_ENOENT);
  CHECK_FAILS(fce_geo_ranking_explain(ranking, "all", "192.0.2.7/24", NULL, &why), FCE_EINVAL);
  CHECK_FAILS(fce_geo_ranking_explain(ranking, "all", "192.0.2.7", "x", &why), FCE_EINVAL);
  CHECK_FAILS(fce_geo_ranking_explain(ranking, "all", NULL, NULL, &why), FCE_EINVAL);
  fce_geo_explanation_free(NULL);
}

typedef struct drawn {
  int cells, germany, america;
} drawn;

static void draw(const fce_geo_place* place, uint32_t node, void* user) {
  drawn* seen = user;
  CHECK(place->known && place->prefix[0] == '\0');
  ++seen->cells;
  seen->germany += strcmp(place->country, "DE") == 0 && node == 0;
  seen->america += strcmp(place->country, "US") == 0 && node == 1;
}

static void pictures(const fce_geo_ranking* ranking) {
  drawn seen = {0, 0, 0};
  CHECK_OK(fce_geo_ranking_each_cell(ranking, "all", draw, &seen));
  CHECK(seen.cells == 2 && seen.germany == 1 && seen.america == 1);
  CHECK_FAILS(fce_geo_ranking_each_cell(ranking, "none", draw, &seen), FCE_ENOENT);
  CHECK_FAILS(fce_geo_ranking_each_cell(ranking, "all", NULL, &seen), FCE_EINVAL);
}

/* A map is worked out off to the side. */
static fce_geo_explanation* explained(fce_node* node, const char* set, const char* address) {
  fce_geo_explanation* why = NULL;
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < 20000; ++i) {
    const int status = fce_node_geo_explain(node, set, address, NULL, &why);
    if (status == FCE_OK && why->place->known) return why;
    if (status == FCE_OK) fce_geo_explanation_free(why); /* the files are still being read */
    CHECK(status == FCE_OK || status == FCE_ESTATE);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

static void nodes(const world* w, const char* file) {
  uint16_t http = 0;
  fce_node* node = make_node(1, NULL, &http);
  fce_geo_explanation* why = NULL;
  CHECK_FAILS(fce_node_geo_explain(node, "all", "10.1.2.3", NULL, &why), FCE_ESTATE);
  CHECK_OK(fce_node_set_geo(node, &file, 1));
  CHECK_OK(fce_node_set_geo_map(node, w->nodes, kNodes, w->sets, 2));
  why = explained(node, "fenced", "10.1.2.3");
  CHECK(why != NULL && strcmp(why->place->country, "US") == 0);
  CHECK(why->answer_count == 2 && strcmp(why->answer[0]->name, "par") == 0);
  CHECK_FAILS(fce_node_geo_explain(NULL, "all", "10.1.2.3", NULL, &why), FCE_EINVAL);
  /* What it has said stays when the node goes. */
  fce_node_destroy(node);
  CHECK(strcmp(why->set, "fenced") == 0 && strcmp(why->candidates[0]->name, "par") == 0);
  fce_geo_explanation_free(why);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const char* files[] = {argv[1], "/nowhere/none.mmdb"};
  fce_geo_index* index = NULL;
  CHECK_FAILS(fce_geo_index_open(files, 2, &index), FCE_ENOENT);
  CHECK(strstr(fce_last_error(), "none.mmdb"));
  CHECK_FAILS(fce_geo_index_open(files, 0, &index), FCE_EINVAL);
  CHECK_OK(fce_geo_index_open(files, 1, &index));
  look_ups(index);

  world w = {0};
  make_world(&w);
  fce_geo_ranking* ranking = NULL;
  w.nodes[0].addresses = "x";
  CHECK_FAILS(fce_geo_ranking_create(index, w.nodes, kNodes, w.sets, 2, &ranking), FCE_EINVAL);
  w.nodes[0].addresses = "192.0.2.1 2001:db8::1";
  w.sets[1].regions = "us";
  CHECK_FAILS(fce_geo_ranking_create(index, w.nodes, kNodes, w.sets, 2, &ranking), FCE_EINVAL);
  w.sets[1].regions = "eu";
  CHECK_OK(fce_geo_ranking_create(index, w.nodes, kNodes, w.sets, 2, &ranking));
  fce_geo_index_close(index); /* the ranking keeps what it needs */
  explanations(ranking);
  pictures(ranking);
  fce_geo_ranking_destroy(ranking);

  /* Without a database no place is known, which is enough for overrides. */
  fce_geo_explanation* why = NULL;
  CHECK_OK(fce_geo_ranking_create(NULL, w.nodes, kNodes, w.sets, 2, &ranking));
  CHECK_OK(fce_geo_ranking_explain(ranking, "fenced", "192.0.2.7", NULL, &why));
  CHECK(strcmp(only(why)->name, "par") == 0 && !why->place->known);
  fce_geo_explanation_free(why);
  fce_geo_ranking_destroy(ranking);
  fce_geo_ranking_destroy(NULL);
  fce_geo_index_close(NULL);

  nodes(&w, argv[1]);
  return capi_end();
}
