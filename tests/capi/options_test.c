/* SPDX-License-Identifier: Apache-2.0 */
/* Options structs: their _init, older and newer callers, NULL everywhere. */
#include <stddef.h>

#include "capi.h"

#define CHECK_INIT(type, init)                           \
  do {                                                   \
    type options;                                        \
    const type zero = {0};                               \
    memset(&options, 0xff, sizeof options);              \
    init(&options);                                      \
    CHECK(options.size == sizeof options);               \
    options.size = 0;                                    \
    CHECK(memcmp(&options, &zero, sizeof options) == 0); \
    init(NULL);                                          \
  } while (0)

static void inits(void) {
  CHECK_INIT(fce_node_options, fce_node_options_init);
  CHECK_INIT(fce_limits, fce_limits_init);
  CHECK_INIT(fce_listen_options, fce_listen_options_init);
  CHECK_INIT(fce_certificate, fce_certificate_init);
  CHECK_INIT(fce_route_options, fce_route_options_init);
  CHECK_INIT(fce_directory_options, fce_directory_options_init);
  CHECK_INIT(fce_auth_options, fce_auth_options_init);
  CHECK_INIT(fce_feed_options, fce_feed_options_init);
  CHECK_INIT(fce_live_options, fce_live_options_init);
  CHECK_INIT(fce_publish_route_options, fce_publish_route_options_init);
}

static void sizes(void) {
  fce_node* node = (fce_node*)1;
  fce_node_options options;
  fce_node_options_init(&options);
  /* Never filled. */
  options.size = 0;
  CHECK_FAILS(fce_node_create(&options, &node), FCE_EINVAL);
  CHECK(node == NULL);
  options.size = 3;
  CHECK_FAILS(fce_node_create(&options, &node), FCE_EINVAL);
  options.size = 0xffffffff;
  CHECK_FAILS(fce_node_create(&options, &node), FCE_EINVAL);
  /* An older caller's struct ends after `shards`; what follows is not its own. */
  fce_node_options_init(&options);
  options.size = offsetof(fce_node_options, name);
  options.shards = 1;
  memset((char*)&options + options.size, 0xee, sizeof options - options.size);
  CHECK_OK(fce_node_create(&options, &node));
  fce_node_destroy(node);
  /* A newer caller's struct is longer, and what we do not know is left alone. */
  struct {
    fce_node_options known;
    uint64_t unknown[8];
  } newer;
  memset(&newer, 0xee, sizeof newer);
  fce_node_options_init(&newer.known);
  newer.known.size = sizeof newer;
  newer.known.shards = 1;
  CHECK_OK(fce_node_create(&newer.known, &node));
  fce_node_destroy(node);
  /* Limits within the options follow the same rule. */
  fce_limits limits;
  memset(&limits, 0xee, sizeof limits);
  limits.size = offsetof(fce_limits, header_bytes_max);
  limits.connections_max = 10;
  limits.request_line_bytes_max = 64;
  fce_node_options_init(&options);
  options.shards = 1;
  options.limits = &limits;
  CHECK_OK(fce_node_create(&options, &node));
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  uint16_t port = 0;
  listen_options.address = "127.0.0.1:0";
  listen_options.size = offsetof(fce_listen_options, tls);
  listen_options.tls = 1; /* beyond what this caller knows */
  CHECK_OK(fce_node_listen(node, &listen_options, &port));
  CHECK_OK(fce_node_start(node));
  char line[200] = "GET /";
  memset(line + 5, 'a', 100);
  line[105] = '\0';
  CHECK(strstr(ask(port, line, NULL), "HTTP/1.1 414") != NULL);
  CHECK(strstr(ask(port, "GET /", NULL), "HTTP/1.1 404") != NULL);
  fce_node_destroy(node);
}

static void nothing(fce_exchange* exchange, void* user) {
  (void)user;
  fce_exchange_abort(exchange);
}

static void each(const char* name, const char* help, uint64_t value, void* user) {
  (void)name, (void)help, (void)value, (void)user;
}

static void nulls(void) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 1;
  fce_node* node = NULL;
  CHECK_FAILS(fce_node_create(&options, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_create(NULL, &node), FCE_EINVAL);
  CHECK(node == NULL);
  options.io_uring = 3;
  CHECK_FAILS(fce_node_create(&options, &node), FCE_EINVAL);
  CHECK(node == NULL);
  options.io_uring = 2;
  CHECK_OK(fce_node_create(&options, &node));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  CHECK_FAILS(fce_node_listen(node, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_listen(node, &listen_options, NULL), FCE_EINVAL);
  listen_options.address = "127.0.0.1:0";
  CHECK_FAILS(fce_node_listen(NULL, &listen_options, NULL), FCE_EINVAL);
  CHECK_OK(fce_node_listen(node, &listen_options, NULL));
  fce_certificate certificate;
  fce_certificate_init(&certificate);
  CHECK_FAILS(fce_node_set_certificates(node, NULL, 0), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_certificates(node, NULL, 1), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_certificates(node, &certificate, 1), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_certificates(NULL, &certificate, 1), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_routes(node, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_routes(NULL, routes), FCE_EINVAL);
  CHECK_FAILS(fce_node_start(NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_drain(NULL, 0), FCE_EINVAL);
  CHECK_FAILS(fce_node_stop(NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_counters(NULL, each, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_counters(node, NULL, NULL), FCE_EINVAL);
  CHECK(fce_node_connections(NULL) == 0);
  CHECK(fce_node_epoch(NULL) == 0);
  CHECK(strcmp(fce_node_id(NULL), "") == 0);

  fce_route_options route;
  fce_route_options_init(&route);
  CHECK_FAILS(fce_routes_add_handler(routes, &route, nothing, NULL, NULL), FCE_EINVAL);
  route.pattern = "/a/{b}/{c...}";
  fce_directory_options directory;
  fce_feed_options feed;
  fce_publish_route_options publish;
  fce_directory_options_init(&directory);
  fce_feed_options_init(&feed);
  fce_publish_route_options_init(&publish);
  CHECK_FAILS(fce_routes_add_handler(NULL, &route, nothing, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_handler(routes, NULL, nothing, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_handler(routes, &route, NULL, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_directory(routes, &route, &directory), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_directory(routes, &route, NULL), FCE_EINVAL);
  directory.root = "/";
  CHECK_FAILS(fce_routes_add_directory(NULL, &route, &directory), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_directory(routes, NULL, &directory), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_metrics(NULL, &route), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_metrics(routes, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_feed(routes, &route, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_feed(routes, &route, &feed), FCE_EINVAL);
  feed.tenant = feed.channel = publish.tenant = publish.channel = "x";
  CHECK_FAILS(fce_routes_add_feed(NULL, &route, &feed), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_feed(routes, NULL, &feed), FCE_EINVAL);
  feed.no_websocket = feed.no_sse = feed.no_stream = feed.no_poll = 1;
  CHECK_FAILS(fce_routes_add_feed(routes, &route, &feed), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_publish(routes, &route, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_publish(routes, &route, &publish), FCE_EINVAL);
  publish.secret = "fifteen bytes..";
  CHECK_FAILS(fce_routes_add_publish(routes, &route, &publish), FCE_EINVAL);
  publish.secret = "sixteen bytes...";
  CHECK_FAILS(fce_routes_add_publish(NULL, &route, &publish), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_publish(routes, NULL, &publish), FCE_EINVAL);
  CHECK_OK(fce_routes_add_publish(routes, &route, &publish));
  fce_widget_options widget;
  fce_widget_options_init(&widget);
  CHECK_FAILS(fce_routes_add_widget(routes, &route, &widget), FCE_EINVAL); /* a parameter */
  route.pattern = "/base/";
  CHECK_FAILS(fce_routes_add_widget(NULL, &route, &widget), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_widget(routes, NULL, &widget), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_widget(routes, &route, NULL), FCE_EINVAL);
  widget.ping_text = "";
  CHECK_FAILS(fce_routes_add_widget(routes, &route, &widget), FCE_EINVAL);
  widget.ping_text = NULL;
  CHECK_OK(fce_routes_add_widget(routes, &route, &widget));
  CHECK_FAILS(fce_routes_add_widget(routes, &route, &widget), FCE_EEXIST);
  widget.name_space = "nowhere";
  route.pattern = "/";
  CHECK_OK(fce_routes_add_widget(routes, &route, &widget));
  CHECK_FAILS(fce_node_set_routes(node, routes), FCE_EINVAL);
  CHECK_FAILS(fce_publish(NULL, str("t"), str("c"), "x", 1, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_exchange_respond(NULL, 200, NULL, 0, NULL, 0), FCE_EINVAL);
  fce_exchange_abort(NULL);
  fce_routes_destroy(NULL);
  fce_node_destroy(NULL);
  fce_routes_destroy(routes);
  fce_node_destroy(node);
}

int main(void) {
  inits();
  sizes();
  nulls();
  return capi_end();
}
