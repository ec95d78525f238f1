/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest host: one route on http://127.0.0.1:8080/hello/NAME, until SIGINT. */
#include <fcedge/http.h>
#include <signal.h>
#include <stdio.h>

static void on_hello(fce_exchange* exchange, void* user) {
  (void)user;
  const fce_str name = fce_exchange_param(exchange, "name");
  const fce_header type = {{"content-type", 12}, {"text/plain; charset=utf-8", 25}};
  char body[256];
  const int room = name.len < 200 ? (int)name.len : 200;
  const int len = snprintf(body, sizeof body, "hello, %.*s\n", room, name.data);
  fce_exchange_respond(exchange, 200, &type, 1, body, (size_t)len);
}

/* One sentence for the first step that failed. */
static int failed(int status) {
  if (status != FCE_OK) fprintf(stderr, "hello: %s\n", fce_last_error());
  return status != FCE_OK;
}

int main(void) {
  /* Blocked before any thread exists, so that only sigwait below takes it. */
  sigset_t stop;
  int caught = 0;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigprocmask(SIG_BLOCK, &stop, NULL);

  fce_node* node = NULL;
  fce_routes* routes = NULL;
  fce_node_options options;
  fce_node_options_init(&options);
  fce_listen_options listen_on;
  fce_listen_options_init(&listen_on);
  listen_on.address = "127.0.0.1:8080";
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/hello/{name}";

  const int bad = failed(fce_node_create(&options, &node)) || failed(fce_routes_create(&routes)) ||
                  failed(fce_routes_add_handler(routes, &route, on_hello, NULL, NULL)) ||
                  failed(fce_node_set_routes(node, routes)) ||
                  failed(fce_node_listen(node, &listen_on, NULL)) || failed(fce_node_start(node));
  if (!bad) sigwait(&stop, &caught);
  fce_routes_destroy(routes);
  fce_node_destroy(node);
  return bad ? 2 : 0;
}
