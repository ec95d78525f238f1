/* SPDX-License-Identifier: Apache-2.0 */
/* Route tables: which route wins, what a table refuses, snapshots, and releases. */
#include "capi.h"

static void on_named(fce_exchange* exchange, void* user) {
  fce_exchange_respond(exchange, 200, NULL, 0, user, strlen(user));
}

static void on_param(fce_exchange* exchange, void* user) {
  const fce_str value = fce_exchange_param(exchange, user);
  fce_exchange_respond(exchange, 200, NULL, 0, value.data, value.len);
}

static int answers(uint16_t port, const char* line, const char* rest, const char* body) {
  const char* heard = strstr(ask(port, line, rest), "\r\n\r\n");
  if (heard && strcmp(heard + 4, body) == 0) return 1;
  fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n", line, heard ? heard + 4 : "nothing", body);
  return 0;
}

static int add(fce_routes* routes, const char* pattern, const char* methods, const char* host,
               const char* origins) {
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = pattern;
  options.methods = methods;
  options.host = host;
  options.origins = origins;
  return fce_routes_add_handler(routes, &options, on_named, "x", NULL);
}

static void refusals(void) {
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  const char* wrong[] = {"",      "a",     "/{",       "/{}",  "/{a}{b}", "/{a...}/b",
                         "/x{a}", "/{a}x", "/{a}/{a}", "/a?b", "/a#b",    "/{a..}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
    CHECK_FAILS(add(routes, wrong[i], NULL, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", "GET,,POST", NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", "G ET", NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", NULL, "*.", NULL), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", NULL, "a.*.b", NULL), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", NULL, NULL, "nonsense"), FCE_EINVAL);
  CHECK_FAILS(add(routes, "/", NULL, NULL, "https://a.example/path"), FCE_EINVAL);
  CHECK_OK(add(routes, "/a/{b}", "GET,POST", NULL, NULL));
  CHECK_FAILS(add(routes, "/a/{b}", NULL, NULL, NULL), FCE_EEXIST);
  CHECK_FAILS(add(routes, "/a/{other}", "POST", NULL, NULL), FCE_EEXIST);
  CHECK_OK(add(routes, "/a/{b}", "PUT", NULL, NULL));
  CHECK_OK(add(routes, "/a/{b}", "GET", "h.example", NULL));

  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/d/{path...}";
  fce_directory_options directory;
  fce_directory_options_init(&directory);
  directory.root = "/nonexistent/directory";
  CHECK_FAILS(fce_routes_add_directory(routes, &options, &directory), FCE_ENOENT);
  CHECK(strstr(fce_last_error(), "/nonexistent/directory") != NULL);
  directory.root = "/tmp";
  directory.index = "../x";
  CHECK_FAILS(fce_routes_add_directory(routes, &options, &directory), FCE_EINVAL);
  directory.index = NULL;
  directory.cache_control = "a\nb";
  CHECK_FAILS(fce_routes_add_directory(routes, &options, &directory), FCE_EINVAL);
  directory.cache_control = NULL;
  options.pattern = "/d/{path}";
  CHECK_FAILS(fce_routes_add_directory(routes, &options, &directory), FCE_EINVAL);
  options.pattern = "/d/{path...}";
  CHECK_OK(fce_routes_add_directory(routes, &options, &directory));

  fce_feed_options feed;
  fce_feed_options_init(&feed);
  options.pattern = "/f/{channel}";
  feed.tenant = "t";
  const char* channels[] = {"", "{absent}", "{channel", "x-{channel}", "a\nb", "\xff"};
  for (size_t i = 0; i < sizeof channels / sizeof *channels; ++i) {
    feed.channel = channels[i];
    CHECK_FAILS(fce_routes_add_feed(routes, &options, &feed), FCE_EINVAL);
  }
  feed.channel = "{channel}";
  CHECK_OK(fce_routes_add_feed(routes, &options, &feed));
  fce_routes_destroy(routes);
}

static void precedence(void) {
  uint16_t port = 0;
  fce_node* node = make_node(1, NULL, &port);
  CHECK_OK(fce_node_start(node));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/{rest...}", NULL, on_named, "rest", NULL);
  add_handler(routes, "/a/{b}", NULL, on_param, "b", NULL);
  add_handler(routes, "/a/fixed", "GET,POST", on_named, "fixed", NULL);
  add_handler(routes, "/files/{path...}", NULL, on_param, "path", NULL);
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/{rest...}";
  options.host = "*.wild.example";
  CHECK_OK(fce_routes_add_handler(routes, &options, on_named, "wild", NULL));
  options.host = "exact.wild.example";
  CHECK_OK(fce_routes_add_handler(routes, &options, on_named, "exact", NULL));
  CHECK(strstr(ask(port, "GET /", NULL), " 404 ") != NULL); /* no routes yet */
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);

  /* New requests use the new table as soon as their shard has it. */
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < 5000 && !strstr(ask(port, "GET /", NULL), "\r\n\r\nrest"); ++i)
    nanosleep(&pause, NULL);
  CHECK(answers(port, "GET /x/y", NULL, "rest"));
  CHECK(answers(port, "GET /a/fixed", NULL, "fixed"));
  CHECK(answers(port, "POST /a/fixed", NULL, "fixed"));
  CHECK(answers(port, "HEAD /a/fixed", NULL, ""));
  CHECK(answers(port, "GET /a/%66ixe%64", NULL, "fixed"));
  CHECK(answers(port, "GET /a/other?q=1", NULL, "other"));
  CHECK(answers(port, "GET /a/%c3%a4%20%2B+", NULL, "\xc3\xa4 ++"));
  CHECK(answers(port, "GET /a/x/y", NULL, "rest"));
  CHECK(answers(port, "GET /files/", NULL, ""));
  CHECK(answers(port, "GET /files/a/b.txt", NULL, "a/b.txt"));
  CHECK(strstr(ask(port, "PUT /a/fixed", NULL), " 405 ") != NULL);
  CHECK(strstr(ask(port, "OPTIONS /a/fixed", NULL), " 204 ") != NULL);
  const struct {
    const char *host, *name;
  } hosts[] = {
      {"a.wild.example", "wild"}, {"EXACT.wild.example:81", "exact"}, {"other.example", "rest"}};
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; ++i) {
    char request[256];
    snprintf(request, sizeof request, "GET /x HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
             hosts[i].host);
    const int fd = dial(port);
    say(fd, request);
    const char* body = strstr(hear(fd, NULL), "\r\n\r\n");
    CHECK(body != NULL && strcmp(body + 4, hosts[i].name) == 0);
    close(fd);
  }
  fce_node_destroy(node);
}

/* `release` comes exactly once: after the last snapshot and the table are gone. */
static void releases(void) {
  atomic_int released = 0, refused = 0;
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/", NULL, on_named, &released, count_release);
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/";
  CHECK_FAILS(fce_routes_add_handler(routes, &options, on_named, &refused, count_release),
              FCE_EEXIST);
  options.pattern = "no slash";
  CHECK_FAILS(fce_routes_add_handler(routes, &options, on_named, &refused, count_release),
              FCE_EINVAL);
  fce_routes_destroy(routes);
  CHECK(atomic_load(&released) == 1);
  CHECK(atomic_load(&refused) == 0);

  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  fce_node* second = make_node(1, NULL, &port);
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/", NULL, on_named, &released, count_release);
  CHECK_OK(fce_node_set_routes(node, routes));
  CHECK_OK(fce_node_set_routes(second, routes)); /* one table, two nodes */
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  CHECK(atomic_load(&released) == 1);
  CHECK_OK(fce_routes_create(&routes));
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  fce_node_destroy(node);
  CHECK(atomic_load(&released) == 1);
  fce_node_destroy(second);
  CHECK(atomic_load(&released) == 2);

  /* A table that nothing else needs lives until the node stops, which runs all releases. */
  node = make_node(2, NULL, &port);
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/", NULL, on_named, &released, count_release);
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  CHECK_OK(fce_node_stop(node));
  CHECK(atomic_load(&released) == 3);
  fce_node_destroy(node);
}

int main(void) {
  refusals();
  precedence();
  releases();
  return capi_end();
}
