/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of a node with an origin that is C code; and a second node in front as a proxy. */
#include <fcedge/cache.h>

#include "capi.h"

static atomic_int fetched = 0;
static atomic_int done = 0;
static atomic_int released = 0;
static fce_fetch* held = NULL; /* that is never answered */

/* What one fce_cache_fetch was answered. */
typedef struct answer {
  uint32_t status;
  int32_t error;
  char status_field[256];
  char body[256];
} answer;

static void on_answer(const fce_cache_answer* given, void* user) {
  answer* kept = user;
  kept->status = given->status;
  kept->error = given->error;
  for (size_t i = 0; i < given->header_count; ++i)
    if (is(given->headers[i].name, "cache-status"))
      snprintf(kept->status_field, sizeof kept->status_field, "%.*s",
               (int)given->headers[i].value.len, given->headers[i].value.data);
  snprintf(kept->body, sizeof kept->body, "%.*s", (int)given->body.len,
           given->body.data ? given->body.data : "");
  atomic_fetch_add(&done, 1);
}

static answer get(fce_node* node, const char* target) {
  answer kept;
  memset(&kept, 0, sizeof kept);
  const int before = atomic_load(&done);
  CHECK_OK(fce_cache_fetch(node, "example.com", target, NULL, 0, 0, on_answer, &kept));
  CHECK(reaches(&done, before + 1));
  return kept;
}

/* /fail has no answer, /short breaks off, all else is its own target and may be kept. */
static void on_fetch(fce_fetch* fetch, void* user) {
  (void)user;
  atomic_fetch_add(&fetched, 1);
  CHECK(is(fce_fetch_method(fetch), "GET"));
  CHECK(is(fce_fetch_host(fetch), "example.com"));
  CHECK(fce_fetch_header(fetch, "x-none").data == NULL);
  const fce_str target = fce_fetch_target(fetch);
  if (is(target, "/hold")) {
    held = fetch;
    return;
  }
  if (is(target, "/fail")) {
    fce_fetch_fail(fetch);
    return;
  }
  const fce_header headers[] = {{str("Cache-Control"), str("max-age=60")},
                                {str("Surrogate-Key"), str("news")}};
  CHECK_FAILS(fce_fetch_write(fetch, "x", 1), FCE_ESTATE);
  CHECK_FAILS(fce_fetch_head(fetch, 99, headers, 2, -1), FCE_EINVAL);
  CHECK_OK(fce_fetch_head(fetch, 200, headers, 2, (int64_t)target.len));
  CHECK_FAILS(fce_fetch_head(fetch, 200, headers, 2, -1), FCE_ESTATE);
  CHECK_FAILS(fce_fetch_write(fetch, "much too long", target.len + 1), FCE_EINVAL);
  if (is(target, "/short")) {
    CHECK_FAILS(fce_fetch_end(fetch), FCE_EPROTO);
    return;
  }
  CHECK_OK(fce_fetch_write(fetch, target.data, target.len));
  CHECK_OK(fce_fetch_end(fetch));
}

static fce_node* make_cache_node(const char* directory, uint16_t* port) {
  fce_node* node = make_node(2, NULL, port);
  fce_cache_options cache;
  fce_cache_options_init(&cache);
  CHECK_FAILS(fce_node_set_cache(node, &cache), FCE_EINVAL);
  cache.directory = directory;
  cache.disk_bytes_max = 1024;
  CHECK_FAILS(fce_node_set_cache(node, &cache), FCE_EINVAL);
  cache.disk_bytes_max = 64 << 20;
  CHECK_OK(fce_node_set_cache(node, &cache));
  CHECK_FAILS(fce_node_set_cache(node, &cache), FCE_EEXIST);
  return node;
}

static void add_cached(fce_node* node, fce_routes* routes, fce_origin* origin) {
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/{path...}";
  fce_cached_options cached;
  fce_cached_options_init(&cached);
  CHECK_FAILS(fce_routes_add_cached(routes, &route, &cached, origin), FCE_EINVAL);
  cached.tenant = "acme";
  CHECK_OK(fce_routes_add_cached(routes, &route, &cached, origin));
  CHECK_FAILS(fce_routes_add_cached(routes, &route, &cached, origin), FCE_EEXIST);
  fce_route_options purge;
  fce_route_options_init(&purge);
  purge.pattern = "/admin/purge";
  CHECK_FAILS(fce_routes_add_purge(routes, &purge, "acme", "short"), FCE_EINVAL);
  CHECK_OK(fce_routes_add_purge(routes, &purge, "acme", "a secret of some length"));
  CHECK_OK(fce_node_set_routes(node, routes));
}

static void fetches(fce_node* node) {
  answer first = get(node, "/a?b=1");
  CHECK(first.status == 200);
  CHECK(strcmp(first.body, "/a?b=1") == 0);
  CHECK(strstr(first.status_field, "fwd=uri-miss") != NULL);
  CHECK(atomic_load(&fetched) == 1);
  answer second = get(node, "/a?b=1");
  CHECK(strstr(second.status_field, "hit") != NULL);
  CHECK(strcmp(second.body, "/a?b=1") == 0);
  CHECK(atomic_load(&fetched) == 1);
  CHECK(get(node, "/fail").status == 502);
  CHECK(get(node, "/short").error == FCE_EIO);
  CHECK_FAILS(fce_cache_fetch(node, "no host", "/", NULL, 0, 0, on_answer, NULL), FCE_EINVAL);
}

static void purges(fce_node* node, uint16_t port) {
  const int before = atomic_load(&fetched);
  CHECK_OK(fce_cache_purge(node, "other", FCE_PURGE_PREFIX, "", 0));
  (void)get(node, "/a?b=1");
  CHECK(atomic_load(&fetched) == before);
  CHECK_OK(fce_cache_purge(node, "acme", FCE_PURGE_KEY, "example.com/a?b=1", 0));
  (void)get(node, "/a?b=1");
  CHECK(atomic_load(&fetched) == before + 1);
  CHECK_OK(fce_cache_purge(node, "acme", FCE_PURGE_TAG, "news", 0));
  (void)get(node, "/a?b=1");
  CHECK(atomic_load(&fetched) == before + 2);
  CHECK_FAILS(fce_cache_purge(node, "acme", FCE_PURGE_TAG, "", 0), FCE_EINVAL);
  CHECK_FAILS(fce_cache_purge(node, "acme", 9, "x", 0), FCE_EINVAL);
  /* And over HTTP, for who knows the secret. */
  const char* key = "POST /admin/purge?key=example.com/a%3Fb=1";
  CHECK(strstr(ask(port, key, NULL), " 401 "));
  const char* right = "Authorization: Bearer a secret of some length\r\n\r\n";
  CHECK(strstr(ask(port, "POST /admin/purge?wrong=1", right), " 400 "));
  CHECK(strstr(ask(port, key, right), "{\"purged\":1}"));
  (void)get(node, "/a?b=1");
  CHECK(atomic_load(&fetched) == before + 3);
}

static void puts_and_figures(fce_node* node) {
  const fce_header kept[] = {{str("Cache-Control"), str("max-age=60")}};
  const fce_header secret[] = {{str("Cache-Control"), str("private")}};
  CHECK_OK(fce_cache_put(node, "acme", "example.com/put", 200, kept, 1, "given", 5));
  CHECK(strcmp(get(node, "/put").body, "given") == 0);
  CHECK_FAILS(fce_cache_put(node, "acme", "example.com/x", 200, secret, 1, "x", 1), FCE_EINVAL);
  CHECK_FAILS(fce_cache_put(node, "acme", "no slash", 200, kept, 1, "x", 1), FCE_EINVAL);
  /* What clients get is on the disk, and in the index, a little later. */
  CHECK(gauge_reaches(node, "fcedge_cache_objects", 2));
  fce_cache_stats stats;
  memset(&stats, 0, sizeof stats);
  stats.size = sizeof stats;
  CHECK_OK(fce_cache_get_stats(node, &stats));
  CHECK(stats.objects >= 2);
  CHECK(stats.disk_bytes_max == 64 << 20);
  CHECK(stats.purges >= 2);
  CHECK(gauge(node, "fcedge_cache_disk_limit_bytes") == 64 << 20);
  CHECK(counter(node, "fcedge_cache_appended_bytes_total") > 0);
}

/* A node that has nothing itself, in front of the other. */
static void proxied(uint16_t behind) {
  uint16_t port = 0;
  fce_node* front = make_node(1, NULL, &port);
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u", behind);
  fce_server server;
  fce_server_init(&server);
  server.url = url;
  fce_upstream_options upstream;
  fce_upstream_options_init(&upstream);
  fce_origin* origin = NULL;
  CHECK_FAILS(fce_origin_create_servers(&upstream, NULL, NULL, NULL, 0, &origin), FCE_EINVAL);
  upstream.servers = &server;
  upstream.server_count = 1;
  server.url = "http://192.0.2.1";
  CHECK_FAILS(fce_origin_create_servers(&upstream, NULL, NULL, NULL, 0, &origin), FCE_EINVAL);
  server.url = url;
  CHECK_OK(fce_origin_create_servers(&upstream, "example.com", NULL, NULL, 0, &origin));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/api/{path...}";
  fce_proxy_options proxy;
  fce_proxy_options_init(&proxy);
  proxy.strip_prefix = "/api";
  CHECK_OK(fce_routes_add_proxy(routes, &route, &proxy, origin));
  CHECK_OK(fce_node_set_routes(front, routes));
  fce_routes_destroy(routes);
  fce_origin_destroy(origin);
  CHECK_OK(fce_node_start(front));
  const char* heard = ask(port, "GET /api/a?b=1", NULL);
  CHECK(strstr(heard, " 200 "));
  CHECK(strstr(heard, "\r\n\r\n/a?b=1"));
  CHECK_OK(fce_node_stop(front));
  fce_node_destroy(front);
}

int main(void) {
  char directory[] = "/tmp/fce-capi-cache-XXXXXX";
  CHECK(mkdtemp(directory) != NULL);
  char place[128];
  snprintf(place, sizeof place, "%s/cache", directory);
  uint16_t port = 0;
  fce_node* node = make_cache_node(place, &port);
  fce_origin* origin = NULL;
  CHECK_OK(fce_origin_create_callback(on_fetch, &released, count_release, &origin));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_cached(node, routes, origin);
  fce_origin_destroy(origin);
  fce_routes_destroy(routes);
  CHECK_FAILS(fce_cache_fetch(node, "example.com", "/", NULL, 0, 0, on_answer, NULL), FCE_ESTATE);
  CHECK_OK(fce_node_start(node));
  fetches(node);
  purges(node, port);
  puts_and_figures(node);
  proxied(port);

  /* Who still waits when the node stops is told so. */
  answer cut;
  memset(&cut, 0, sizeof cut);
  const int asked = atomic_load(&fetched);
  const int answered = atomic_load(&done);
  CHECK_OK(fce_cache_fetch(node, "example.com", "/hold", NULL, 0, 0, on_answer, &cut));
  CHECK(reaches(&fetched, asked + 1));
  CHECK_OK(fce_node_stop(node));
  CHECK(atomic_load(&done) == answered + 1);
  CHECK(cut.error == FCE_ECANCELED);
  fce_fetch_fail(held);
  fce_node_destroy(node);
  CHECK(atomic_load(&released) == 1);
  char command[256];
  snprintf(command, sizeof command, "rm -r %s", directory);
  CHECK(system(command) == 0);
  return capi_end();
}
