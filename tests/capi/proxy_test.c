/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners behind a proxy that speaks the PROXY protocol. */
#include "capi.h"

static void on_peer(fce_exchange* exchange, void* user) {
  (void)user;
  const fce_str peer = fce_exchange_peer(exchange);
  CHECK_OK(fce_exchange_respond(exchange, 200, NULL, 0, peer.data, peer.len));
}

static fce_node* make(const char* from, uint16_t* port) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 1;
  fce_node* node = NULL;
  CHECK_OK(fce_node_create(&options, &node));
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  listen_options.address = "127.0.0.1:0";
  listen_options.proxy_protocol = 1;
  listen_options.proxy_protocol_from = from;
  CHECK_OK(fce_node_listen(node, &listen_options, port));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/peer", NULL, on_peer, NULL, NULL);
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  return node;
}

static const char* tell(uint16_t port, const char* header) {
  const int fd = dial(port);
  say(fd, header);
  /* Who is not trusted is closed at once, and may be so before this. */
  const char request[] = "GET /peer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  (void)!send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
  const char* answer = hear(fd, NULL);
  close(fd);
  return answer;
}

static void trusted(void) {
  uint16_t port = 0;
  fce_node* node = make("10.0.0.0/8 127.0.0.0/8", &port);
  CHECK(strstr(tell(port, "PROXY TCP4 192.0.2.9 127.0.0.1 5 6\r\n"), "\r\n\r\n192.0.2.9") != NULL);
  CHECK(strstr(tell(port, "PROXY TCP6 2001:db8::9 ::1 5 6\r\n"), "\r\n\r\n2001:db8::9") != NULL);
  CHECK(strstr(tell(port, "PROXY UNKNOWN\r\n"), "\r\n\r\n127.0.0.1") != NULL);
  CHECK(*tell(port, "PROXY TCP5 192.0.2.9 127.0.0.1 5 6\r\n") == '\0');
  CHECK(*tell(port, "") == '\0');
  fce_node_destroy(node);
}

static void anyone(void) {
  uint16_t port = 0;
  fce_node* node = make(NULL, &port);
  CHECK(strstr(tell(port, "PROXY TCP4 192.0.2.9 127.0.0.1 5 6\r\n"), "\r\n\r\n192.0.2.9") != NULL);
  fce_node_destroy(node);
}

static void untrusted(void) {
  uint16_t port = 0;
  fce_node* node = make("10.0.0.0/8", &port);
  const int fd = dial(port);
  CHECK(*hear(fd, NULL) == '\0');
  close(fd);
  fce_node_destroy(node);
}

static void mistakes(void) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 1;
  fce_node* node = NULL;
  CHECK_OK(fce_node_create(&options, &node));
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  listen_options.address = "127.0.0.1:0";
  listen_options.proxy_protocol = 1;
  listen_options.proxy_protocol_from = "10.0.0.1/8";
  CHECK_FAILS(fce_node_listen(node, &listen_options, NULL), FCE_EINVAL);
  CHECK(strstr(fce_last_error(), "10.0.0.1/8") != NULL);
  listen_options.proxy_protocol = 0;
  listen_options.proxy_protocol_from = "10.0.0.0/8";
  CHECK_FAILS(fce_node_listen(node, &listen_options, NULL), FCE_EINVAL);
  fce_node_destroy(node);
}

int main(void) {
  trusted();
  anyone();
  untrusted();
  mistakes();
  return 0;
}
