/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that answer later: from another thread, too late, after the client, after the node. */
#include "capi.h"

enum { QUEUE = 4096 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static fce_exchange* queue[QUEUE];
static int queued = 0;
static atomic_int arrived = 0;

/* Keeps the exchange for whoever takes it. */
static void on_keep(fce_exchange* exchange, void* user) {
  (void)user;
  pthread_mutex_lock(&mutex);
  queue[queued++] = exchange;
  pthread_cond_signal(&news);
  pthread_mutex_unlock(&mutex);
  atomic_fetch_add(&arrived, 1);
}

static fce_exchange* take(void) {
  pthread_mutex_lock(&mutex);
  while (queued == 0) pthread_cond_wait(&news, &mutex);
  fce_exchange* exchange = queue[0];
  memmove(queue, queue + 1, (size_t)--queued * sizeof *queue);
  pthread_mutex_unlock(&mutex);
  return exchange;
}

static fce_node* start(uint32_t handler_ms, uint16_t* port, atomic_int* released) {
  fce_limits limits;
  fce_limits_init(&limits);
  limits.handler_ms = handler_ms;
  fce_node* node = make_node(2, &limits, port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/{rest...}", "GET,POST", on_keep, released, count_release);
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  return node;
}

/* Echoes the path and the body of `user` exchanges; views live until they are given back. */
static void* echo(void* user) {
  for (int left = *(int*)user; left > 0; --left) {
    fce_exchange* exchange = take();
    char text[256];
    const fce_str path = fce_exchange_path(exchange), body = fce_exchange_body(exchange);
    snprintf(text, sizeof text, "%.*s %.*s", (int)path.len, path.data, (int)body.len, body.data);
    const fce_header headers[] = {{str("x-later"), str("1")}};
    CHECK_OK(fce_exchange_respond(exchange, 200, headers, 1, text, strlen(text)));
  }
  return NULL;
}

static void from_threads(void) {
  atomic_int released = 0;
  uint16_t port = 0;
  fce_node* node = start(0, &port, &released);
  int share = 25;
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, echo, &share);
  for (int i = 0; i < 100; ++i) {
    char line[64], expected[64];
    snprintf(line, sizeof line, "POST /%d", i);
    snprintf(expected, sizeof expected, "\r\n\r\n/%d body", i);
    const char* answer = ask(port, line, "Content-Length: 4\r\n\r\nbody");
    CHECK(strstr(answer, expected) != NULL);
    CHECK(strstr(answer, "x-later: 1") != NULL);
  }
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  fce_node_destroy(node);
  CHECK(atomic_load(&released) == 1);
}

/* Pipelined requests are handled one after the other and answered in order. */
static void pipelined(void) {
  atomic_int released = 0;
  uint16_t port = 0;
  fce_node* node = start(0, &port, &released);
  const int fd = dial(port);
  say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    fce_exchange* exchange = take();
    CHECK(is(fce_exchange_path(exchange), i == 0 ? "/a" : "/b"));
    CHECK_OK(
        fce_exchange_respond(exchange, 200, NULL, 0, i == 0 ? "first!" : "second!", 6 + (size_t)i));
    CHECK(strstr(hear(fd, i == 0 ? "first!" : "second!"), "200 OK") != NULL);
  }
  close(fd);
  fce_node_destroy(node);
}

static void after_the_client(void) {
  atomic_int released = 0;
  uint16_t port = 0;
  fce_node* node = start(0, &port, &released);
  for (int i = 0; i < 20; ++i) {
    const int fd = dial(port);
    say(fd, "POST /gone HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
    fce_exchange* exchange = take();
    const struct linger reset = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    CHECK(counter_reaches(node, "fcedge_connections_closed_total", (uint64_t)i + 1));
    CHECK(is(fce_exchange_path(exchange), "/gone")); /* views live on */
    CHECK(is(fce_exchange_body(exchange), "body"));
    if (i % 2) {
      const int result = fce_exchange_respond(exchange, 200, NULL, 0, "x", 1);
      CHECK(result == FCE_OK || result == FCE_ECANCELED);
    } else {
      fce_exchange_abort(exchange);
    }
  }
  fce_node_destroy(node);
  CHECK(atomic_load(&released) == 1);
}

static void too_late(void) {
  atomic_int released = 0;
  uint16_t port = 0;
  fce_node* node = start(50, &port, &released);
  CHECK(strstr(ask(port, "GET /slow", NULL), "HTTP/1.1 503") != NULL);
  CHECK(counter(node, "fcedge_limit_handler_time_total") == 1);
  fce_exchange* exchange = take();
  CHECK(is(fce_exchange_path(exchange), "/slow"));
  const int result = fce_exchange_respond(exchange, 200, NULL, 0, "late", 4);
  CHECK(result == FCE_OK || result == FCE_ECANCELED);
  fce_node_destroy(node);
}

/* The node is stopped, or even destroyed, while handlers still have exchanges. */
static void after_the_node(void) {
  for (int destroyed = 0; destroyed < 2; ++destroyed) {
    atomic_int released = 0;
    uint16_t port = 0;
    fce_node* node = start(0, &port, &released);
    const int before = atomic_load(&arrived);
    int clients[8];
    for (int i = 0; i < 8; ++i) {
      clients[i] = dial(port);
      say(clients[i], "GET /waiting HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    CHECK(reaches(&arrived, before + 8));
    CHECK_OK(fce_node_stop(node));
    if (destroyed) fce_node_destroy(node);
    for (int i = 0; i < 8; ++i) {
      fce_exchange* exchange = take();
      CHECK(is(fce_exchange_path(exchange), "/waiting"));
      if (i % 2) {
        CHECK_FAILS(fce_exchange_respond(exchange, 200, NULL, 0, "x", 1), FCE_ECANCELED);
      } else {
        fce_exchange_abort(exchange);
      }
      CHECK(strstr(hear(clients[i], NULL), "200 OK") == NULL);
      close(clients[i]);
    }
    if (!destroyed) fce_node_destroy(node);
    CHECK(atomic_load(&released) == 1);
  }
}

/* Exchanges are given back by several threads at the very time at which the node stops. */
static void* give_back_all(void* user) {
  (void)user;
  for (int i = 0; i < 16; ++i) (void)fce_exchange_respond(take(), 200, NULL, 0, "x", 1);
  return NULL;
}

static void while_stopping(void) {
  for (int round = 0; round < 20; ++round) {
    atomic_int released = 0;
    uint16_t port = 0;
    fce_node* node = start(0, &port, &released);
    const int before = atomic_load(&arrived);
    int clients[32];
    for (int i = 0; i < 32; ++i) {
      clients[i] = dial(port);
      say(clients[i], "GET /race HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    CHECK(reaches(&arrived, before + 32));
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i) pthread_create(&threads[i], NULL, give_back_all, NULL);
    fce_node_destroy(node);
    for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
    for (int i = 0; i < 32; ++i) close(clients[i]);
    CHECK(atomic_load(&released) == 1);
  }
}

int main(void) {
  from_threads();
  pipelined();
  after_the_client();
  too_late();
  after_the_node();
  while_stopping();
  CHECK(queued == 0);
  return capi_end();
}
