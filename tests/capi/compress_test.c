/* SPDX-License-Identifier: Apache-2.0 */
/* Routes whose answers are compressed. */
#include "capi.h"

static void on_text(fce_exchange* exchange, void* user) {
  (void)user;
  char body[20000];
  memset(body, 'x', sizeof body);
  const fce_header headers[] = {{str("Content-Type"), str("text/plain")},
                                {str("ETag"), str("\"x\"")}};
  CHECK_OK(fce_exchange_respond(exchange, 200, headers, 2, body, sizeof body));
}

static void add(fce_routes* routes, const char* pattern, uint32_t compress, const char* types) {
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = pattern;
  options.compress = compress;
  options.compress_types = types;
  CHECK_OK(fce_routes_add_handler(routes, &options, on_text, NULL, NULL));
}

int main(void) {
  uint16_t port = 0;
  fce_node* node = make_node(1, NULL, &port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add(routes, "/on", 1, NULL);
  add(routes, "/off", 0, NULL);
  add(routes, "/other", 1, "text/css");
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/wrong";
  options.compress = 1;
  options.compress_types = "text";
  CHECK_FAILS(fce_routes_add_handler(routes, &options, on_text, NULL, NULL), FCE_EINVAL);
  options.compress_types = NULL;
  options.compress_level = 10;
  CHECK_FAILS(fce_routes_add_handler(routes, &options, on_text, NULL, NULL), FCE_EINVAL);
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  const char accepts[] = "Accept-Encoding: gzip\r\n\r\n";
  const char* answer = ask(port, "GET /on", accepts);
  CHECK(strstr(answer, "\r\ncontent-encoding: gzip\r\n") != NULL);
  CHECK(strstr(answer, "\r\nvary: Accept-Encoding\r\n") != NULL);
  CHECK(strstr(answer, "W/\"x\"\r\n") != NULL);
  CHECK(strlen(answer) < 1000);
  CHECK(strlen(ask(port, "GET /on", NULL)) > 20000);
  CHECK(strlen(ask(port, "GET /off", accepts)) > 20000);
  CHECK(strlen(ask(port, "GET /other", accepts)) > 20000);
  fce_node_destroy(node);
  return 0;
}
