/* SPDX-License-Identifier: Apache-2.0 */
/* The log's sink: levels, one call at a time, release; and the list of counters. */
#include "capi.h"

typedef struct sink {
  atomic_int lines;
  atomic_int inside;
  atomic_int released;
  int32_t level_min;
} sink;

static void on_line(int32_t level, const char* line, size_t len, void* user) {
  sink* self = user;
  CHECK(atomic_fetch_add(&self->inside, 1) == 0);
  CHECK(level >= FCE_LOG_DEBUG && level <= FCE_LOG_ERROR);
  CHECK(level >= self->level_min);
  CHECK(len > 0 && memchr(line, '\n', len) == NULL);
  atomic_fetch_add(&self->lines, 1);
  atomic_fetch_sub(&self->inside, 1);
}

static void on_release(void* user) { atomic_fetch_add(&((sink*)user)->released, 1); }

static void one_life(void) {
  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  CHECK_OK(fce_node_start(node));
  CHECK(strstr(ask(port, "GET /?token=secret", NULL), " 404 ") != NULL);
  CHECK_OK(fce_node_drain(node, 0));
  fce_node_destroy(node);
}

static int families = 0;

static void on_counter(const char* name, const char* help, uint64_t value, void* user) {
  static const char* seen[256];
  CHECK(strcmp(user, "user") == 0);
  CHECK(strncmp(name, "fcedge_", 7) == 0);
  CHECK(strcmp(name + strlen(name) - 6, "_total") == 0);
  CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
  CHECK(strlen(help) > 5);
  CHECK(value < 1000000);
  for (int i = 0; i < families; ++i) CHECK(strcmp(seen[i], name) != 0);
  CHECK(families < 256);
  seen[families++] = name;
}

int main(void) {
  sink first = {0}, second = {0}, third = {0};
  CHECK_FAILS(fce_log_set(0, on_line, &first, on_release), FCE_EINVAL);
  CHECK_FAILS(fce_log_set(6, on_line, &first, on_release), FCE_EINVAL);
  CHECK(atomic_load(&first.released) == 0);
  first.level_min = FCE_LOG_DEBUG;
  CHECK_OK(fce_log_set(FCE_LOG_DEBUG, on_line, &first, on_release));
  one_life();
  const int lines = atomic_load(&first.lines);
  CHECK(lines >= 2);
  second.level_min = FCE_LOG_ERROR;
  CHECK_OK(fce_log_set(FCE_LOG_ERROR, on_line, &second, on_release));
  CHECK(atomic_load(&first.released) == 1);
  one_life();
  CHECK(atomic_load(&first.lines) == lines);
  CHECK(atomic_load(&second.lines) == 0);
  CHECK_OK(fce_log_set(FCE_LOG_OFF, on_line, &third, NULL));
  CHECK(atomic_load(&second.released) == 1);
  one_life();
  CHECK(atomic_load(&third.lines) == 0);
  CHECK_OK(fce_log_set(FCE_LOG_INFO, NULL, NULL, NULL));
  one_life();
  CHECK(atomic_load(&first.released) == 1 && atomic_load(&second.released) == 1);

  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  CHECK_OK(fce_node_counters(node, on_counter, "user")); /* also before the start */
  CHECK(families > 40);
  CHECK_OK(fce_node_start(node));
  for (int i = 0; i < 5; ++i) ask(port, "GET /", NULL);
  CHECK(counter(node, "fcedge_http1_requests_total") == 5);
  CHECK(counter(node, "fcedge_http_answers_4xx_total") == 5);
  CHECK_OK(fce_node_stop(node));
  CHECK(counter(node, "fcedge_http1_requests_total") == 5); /* and after the stop */
  CHECK(counter(node, "fcedge_connections_accepted_total") == 5);
  CHECK(counter(node, "fcedge_connections_closed_total") == 5);
  fce_node_destroy(node);
  return capi_end();
}
