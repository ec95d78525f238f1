/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges: what a handler sees, what it may answer, and what is refused of it. */
#include "capi.h"

static atomic_int handled = 0;

static void on_look(fce_exchange* exchange, void* user) {
  CHECK(strcmp(user, "user") == 0);
  CHECK(is(fce_exchange_method(exchange), "POST"));
  CHECK(is(fce_exchange_path(exchange), "/look/a%20b/c/d"));
  CHECK(is(fce_exchange_query(exchange), "x=1&y"));
  CHECK(is(fce_exchange_host(exchange), "localhost"));
  CHECK(is(fce_exchange_header(exchange, "x-a"), "1, 2, 3"));
  CHECK(is(fce_exchange_header(exchange, "X-A"), "1, 2, 3"));
  CHECK(is(fce_exchange_header(exchange, "x-empty"), ""));
  CHECK(fce_exchange_header(exchange, "x-empty").data != NULL);
  CHECK(fce_exchange_header(exchange, "x-absent").data == NULL);
  CHECK(fce_exchange_header(exchange, NULL).data == NULL);
  CHECK(is(fce_exchange_param(exchange, "p"), "a b"));
  CHECK(is(fce_exchange_param(exchange, "rest"), "c/d"));
  CHECK(fce_exchange_param(exchange, "absent").len == 0);
  CHECK(fce_exchange_param(exchange, NULL).len == 0);
  CHECK(is(fce_exchange_body(exchange), "the body"));
  CHECK(is(fce_exchange_peer(exchange), "127.0.0.1"));
  CHECK(fce_exchange_version(exchange) == 11);
  CHECK(fce_exchange_is_tls(exchange) == 0);
  const fce_header headers[] = {
      {str("X-Answer"), str("yes")}, {str("x-answer"), str("twice")}, {str("x-empty"), {NULL, 0}}};
  char body[] = "answered";
  CHECK_OK(fce_exchange_respond(exchange, 201, headers, 3, body, 8));
  memset(body, 'x', 8); /* copied before it returned */
  atomic_fetch_add(&handled, 1);
}

static int number(fce_str text) {
  char digits[16];
  snprintf(digits, sizeof digits, "%.*s", (int)text.len, text.data);
  return atoi(digits);
}

static void on_status(fce_exchange* exchange, void* user) {
  (void)user;
  const int status = number(fce_exchange_param(exchange, "status"));
  const int result = fce_exchange_respond(exchange, (uint32_t)status, NULL, 0, "body", 4);
  CHECK(result == (status >= 200 && status <= 599 ? FCE_OK : FCE_EINVAL));
}

/* Each request answers with another field that is not allowed. */
static const fce_header kForbidden[] = {
    {{"connection", 10}, {"close", 5}},
    {{"Transfer-Encoding", 17}, {"chunked", 7}},
    {{"content-length", 14}, {"3", 1}},
    {{"Keep-Alive", 10}, {"1", 1}},
    {{"Upgrade", 7}, {"x", 1}},
    {{"Date", 4}, {"x", 1}},
    {{"te", 2}, {"x", 1}},
    {{"trailer", 7}, {"x", 1}},
    {{"", 0}, {"x", 1}},
    {{"a b", 3}, {"x", 1}},
    {{"a:", 2}, {"x", 1}},
    {{"a\n", 2}, {"x", 1}},
    {{"x", 1}, {"a\r\nb: c", 7}},
    {{"x", 1}, {"a\nb", 3}},
    {{"x", 1}, {"a\0b", 3}},
    {{"x", 1}, {"\x7f", 1}},
    {{"a\xc3\xa4", 3}, {"x", 1}},
    {{"proxy-connection", 16}, {"x", 1}},
};
#define FORBIDDEN ((int)(sizeof kForbidden / sizeof *kForbidden))

static void on_forbidden(fce_exchange* exchange, void* user) {
  (void)user;
  const int n = number(fce_exchange_query(exchange));
  CHECK_FAILS(fce_exchange_respond(exchange, 200, &kForbidden[n], 1, "body", 4), FCE_EINVAL);
}

static void on_abort(fce_exchange* exchange, void* user) {
  (void)user;
  fce_exchange_abort(exchange);
}

static void on_large(fce_exchange* exchange, void* user) {
  (void)user;
  char* body = malloc(200000);
  memset(body, 'z', 200000);
  CHECK_OK(fce_exchange_respond(exchange, 200, NULL, 0, body, 200000));
  free(body);
}

int main(void) {
  uint16_t port = 0;
  fce_limits limits;
  fce_limits_init(&limits);
  limits.body_bytes_max = 100;
  fce_node* node = make_node(2, &limits, &port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/look/{p}/{rest...}", "POST", on_look, "user", NULL);
  add_handler(routes, "/status/{status}", NULL, on_status, NULL, NULL);
  add_handler(routes, "/forbidden", NULL, on_forbidden, NULL, NULL);
  add_handler(routes, "/abort", NULL, on_abort, NULL, NULL);
  add_handler(routes, "/large", NULL, on_large, NULL, NULL);
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/upload";
  options.methods = "PUT";
  options.body_bytes_max = 1000;
  CHECK_OK(fce_routes_add_handler(routes, &options, on_large, NULL, NULL));
  fce_route_options_init(&options);
  options.pattern = "/metrics";
  CHECK_OK(fce_routes_add_metrics(routes, &options));
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));

  const char* answer =
      ask(port, "POST /look/a%20b/c/d?x=1&y",
          "X-A: 1\r\nx-a:2\r\nX-A:  3 \r\nX-Empty:\r\nContent-Length: 8\r\n\r\nthe body");
  CHECK(strstr(answer, "HTTP/1.1 201 Created\r\n") == answer);
  CHECK(strstr(answer, "\r\nx-answer: yes\r\nx-answer: twice\r\n") != NULL);
  CHECK(strstr(answer, "\r\nx-empty: \r\n") != NULL);
  CHECK(strstr(answer, "\r\ncontent-length: 8\r\n") != NULL);
  CHECK(strstr(answer, "\r\ndate: ") != NULL);
  CHECK(strstr(answer, "\r\n\r\nanswered") != NULL);
  CHECK(atomic_load(&handled) == 1);

  const int statuses[] = {200, 204, 304, 404, 418, 599, 0, 100, 101, 199, 600, 70000, 65736};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; ++i) {
    char line[64], expected[32];
    const int good = statuses[i] >= 200 && statuses[i] <= 599;
    snprintf(line, sizeof line, "GET /status/%d", statuses[i]);
    snprintf(expected, sizeof expected, "HTTP/1.1 %d", good ? statuses[i] : 500);
    answer = ask(port, line, NULL);
    CHECK(strstr(answer, expected) == answer);
    const int bodied = good && statuses[i] != 204 && statuses[i] != 304;
    CHECK((strstr(answer, "\r\n\r\nbody") != NULL) == bodied);
  }
  CHECK(strstr(ask(port, "HEAD /status/200", NULL), "content-length: 4") != NULL);
  CHECK(strstr(ask(port, "HEAD /status/200", NULL), "\r\n\r\nbody") == NULL);

  for (int n = 0; n < FORBIDDEN; ++n) {
    char line[64];
    snprintf(line, sizeof line, "GET /forbidden?%d", n);
    answer = ask(port, line, NULL);
    CHECK(strstr(answer, "HTTP/1.1 500") == answer);
    CHECK(strstr(answer, "b: c") == NULL);
  }
  CHECK(strcmp(ask(port, "GET /abort", NULL), "") == 0);
  answer = strstr(ask(port, "GET /large", NULL), "\r\n\r\n");
  CHECK(answer != NULL && strlen(answer) == 200004);
  CHECK(strstr(ask(port, "POST /look/a/b", "Content-Length: 101\r\n\r\n"), " 413 ") != NULL);
  char body[2048];
  snprintf(body, sizeof body, "Content-Length: 1000\r\n\r\n%01000d", 0);
  CHECK(strstr(ask(port, "PUT /upload", body), " 200 ") != NULL);
  CHECK(strstr(ask(port, "PUT /upload", "Content-Length: 1001\r\n\r\n"), " 413 ") != NULL);
  CHECK(counter(node, "fcedge_limit_body_bytes_total") == 2);
  answer = ask(port, "GET /metrics", NULL);
  CHECK(strstr(answer, "fcedge_limit_body_bytes_total 2\n") != NULL);
  CHECK(strstr(answer, "# EOF\n") != NULL);
  CHECK(strstr(answer, "application/openmetrics-text") != NULL);
  fce_node_destroy(node);
  return capi_end();
}
