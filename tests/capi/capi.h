/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of the C ABI: checks that count, a client of plain sockets, and nodes to test with.
 */
#ifndef FCEDGE_TESTS_CAPI_H_
#define FCEDGE_TESTS_CAPI_H_

#include <arpa/inet.h>
#include <fcedge/auth.h>
#include <fcedge/fcedge.h>
#include <fcedge/http.h>
#include <fcedge/pubsub.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_int capi_checks = 0;

/* A failed check ends the program: what follows would only repeat it. */
#define CHECK(condition)                                                                        \
  do {                                                                                          \
    ++capi_checks;                                                                              \
    if (!(condition)) {                                                                         \
      fprintf(stderr, "%s:%d: not true: %s (last error: %s)\n", __FILE__, __LINE__, #condition, \
              fce_last_error());                                                                \
      exit(1);                                                                                  \
    }                                                                                           \
  } while (0)

#define CHECK_OK(call) CHECK((call) == FCE_OK)

/* A call that fails says so by its code and by a sentence. */
#define CHECK_FAILS(call, status)        \
  do {                                   \
    CHECK((call) == (status));           \
    CHECK(strlen(fce_last_error()) > 5); \
  } while (0)

static inline int capi_end(void) {
  printf("%d checks\n", capi_checks);
  return 0;
}

static inline fce_str str(const char* text) {
  const fce_str view = {text, strlen(text)};
  return view;
}

static inline int is(fce_str view, const char* text) {
  return view.len == strlen(text) && memcmp(view.data, text, view.len) == 0;
}

/* --- Waiting -----------------------------------------------------------------------------------
 */

/* Waits for what another thread counts, at most 20 s. */
static inline int reaches(atomic_int* value, int wanted) {
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < 20000; ++i) {
    if (atomic_load(value) >= wanted) return 1;
    nanosleep(&pause, NULL);
  }
  return 0;
}

typedef struct capi_wanted {
  const char* name;
  uint64_t value;
  int found;
} capi_wanted;

static inline void capi_take(const char* name, const char* help, uint64_t value, void* user) {
  capi_wanted* wanted = user;
  if (strcmp(name, wanted->name) != 0) return;
  wanted->value = value;
  wanted->found += help != NULL && *help != '\0';
}

static inline uint64_t counter(const fce_node* node, const char* name) {
  capi_wanted wanted = {name, 0, 0};
  CHECK_OK(fce_node_counters(node, capi_take, &wanted));
  CHECK(wanted.found == 1);
  return wanted.value;
}

static inline void capi_take_gauge(const char* name, const char* help, int64_t value, void* user) {
  capi_take(name, help, (uint64_t)value, user);
}

static inline int64_t gauge(const fce_node* node, const char* name) {
  capi_wanted wanted = {name, 0, 0};
  CHECK_OK(fce_node_gauges(node, capi_take_gauge, &wanted));
  CHECK(wanted.found == 1);
  return (int64_t)wanted.value;
}

static inline int counter_reaches(const fce_node* node, const char* name, uint64_t value) {
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < 20000; ++i) {
    if (counter(node, name) >= value) return 1;
    nanosleep(&pause, NULL);
  }
  return 0;
}

static inline int gauge_reaches(const fce_node* node, const char* name, int64_t value) {
  const struct timespec pause = {0, 1000000};
  for (int i = 0; i < 20000; ++i) {
    if (gauge(node, name) >= value) return 1;
    nanosleep(&pause, NULL);
  }
  return 0;
}

/* --- Nodes -------------------------------------------------------------------------------------
 */

static inline void count_release(void* user) { atomic_fetch_add((atomic_int*)user, 1); }

/* A node with one listener in clear. */
static inline fce_node* make_node(uint32_t shards, const fce_limits* limits, uint16_t* port) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = shards;
  options.limits = limits;
  fce_node* node = NULL;
  CHECK_OK(fce_node_create(&options, &node));
  CHECK(node != NULL);
  fce_listen_options listen_options;
  fce_listen_options_init(&listen_options);
  listen_options.address = "127.0.0.1:0";
  CHECK_OK(fce_node_listen(node, &listen_options, port));
  CHECK(*port != 0);
  return node;
}

static inline void add_handler(fce_routes* routes, const char* pattern, const char* methods,
                               fce_handler_fn handler, void* user, fce_release_fn release) {
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = pattern;
  options.methods = methods;
  CHECK_OK(fce_routes_add_handler(routes, &options, handler, user, release));
}

/* --- A client ----------------------------------------------------------------------------------
 */

static inline int dial(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct timeval limit = {20, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  struct sockaddr_in to;
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(fd >= 0);
  CHECK(connect(fd, (struct sockaddr*)&to, sizeof to) == 0);
  return fd;
}

static inline void say(int fd, const char* text) {
  CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* Reads until `mark` is there or the other side closes; returns what was read. */
static inline const char* hear(int fd, const char* mark) {
  static char heard[262144];
  size_t size = 0;
  heard[0] = '\0';
  while (size < sizeof heard - 1 && (!mark || !strstr(heard, mark))) {
    const ssize_t got = recv(fd, heard + size, sizeof heard - 1 - size, 0);
    if (got <= 0) break;
    size += (size_t)got;
    heard[size] = '\0';
  }
  return heard;
}

/* One request on a connection of its own; the whole answer. `rest`: more fields, each with CR LF,
 * then an empty line and the body. */
static inline const char* ask(uint16_t port, const char* line, const char* rest) {
  char request[8192];
  snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: Localhost:80\r\nConnection: close\r\n%s",
           line, rest ? rest : "\r\n");
  const int fd = dial(port);
  say(fd, request);
  const char* answer = hear(fd, NULL);
  close(fd);
  return answer;
}

#endif /* FCEDGE_TESTS_CAPI_H_ */
