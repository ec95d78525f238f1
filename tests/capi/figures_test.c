/* SPDX-License-Identifier: Apache-2.0 */
/* Gauges and histograms of a node. */
#include "capi.h"

static int gauges = 0;
static int histograms = 0;

static void check_name(const char* name, const char* help) {
  CHECK(strncmp(name, "fcedge_", 7) == 0);
  CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
  CHECK(strlen(help) > 5);
}

static void on_gauge(const char* name, const char* help, int64_t value, void* user) {
  (void)value;
  (void)user;
  check_name(name, help);
  ++gauges;
}

typedef struct wanted_histogram {
  const char* name;
  fce_histogram value;
  int found;
} wanted_histogram;

static void on_histogram(const fce_histogram* histogram, void* user) {
  wanted_histogram* wanted = user;
  check_name(histogram->name, histogram->help);
  CHECK(strcmp(histogram->name + strlen(histogram->name) - 8, "_seconds") == 0);
  CHECK(histogram->size == sizeof *histogram);
  CHECK(histogram->bucket_count >= 16);
  for (size_t i = 0; i < histogram->bucket_count; ++i) {
    CHECK(histogram->buckets[i].count <= histogram->count);
    if (i == 0) continue;
    CHECK(histogram->buckets[i].below_us > histogram->buckets[i - 1].below_us);
    CHECK(histogram->buckets[i].count >= histogram->buckets[i - 1].count);
  }
  CHECK(histogram->p50_us <= histogram->p90_us);
  CHECK(histogram->p90_us <= histogram->p99_us);
  CHECK(histogram->p99_us <= histogram->p999_us);
  ++histograms;
  if (strcmp(histogram->name, wanted->name) != 0) return;
  wanted->value = *histogram;
  ++wanted->found;
}

static fce_histogram histogram(const fce_node* node, const char* name) {
  wanted_histogram wanted;
  memset(&wanted, 0, sizeof wanted);
  wanted.name = name;
  CHECK_OK(fce_node_histograms(node, on_histogram, &wanted));
  CHECK(wanted.found == 1);
  return wanted.value;
}

int main(void) {
  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  CHECK_FAILS(fce_node_gauges(NULL, on_gauge, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_gauges(node, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_histograms(NULL, on_histogram, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_histograms(node, NULL, NULL), FCE_EINVAL);
  /* Before the start there is nothing, and that is said. */
  CHECK(gauge(node, "fcedge_connections") == 0);
  CHECK(gauge(node, "fcedge_mailbox_depth") == 0);
  CHECK_OK(fce_node_gauges(node, on_gauge, NULL));
  CHECK(gauges >= 8);
  CHECK(histogram(node, "fcedge_http_answer_seconds").count == 0);
  CHECK(histogram(node, "fcedge_http_answer_seconds").p99_us == 0);
  CHECK(histograms >= 6 * 2);

  CHECK_OK(fce_node_start(node));
  for (int i = 0; i < 20; ++i) ask(port, "GET /", NULL);
  const int fd = dial(port);
  say(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  hear(fd, "not found");
  CHECK(gauge(node, "fcedge_connections") >= 1);
  CHECK(gauge(node, "fcedge_connections") == (int64_t)fce_node_connections(node));
  close(fd);
  CHECK_OK(fce_node_stop(node));
  CHECK(gauge(node, "fcedge_connections") == 0);
  const fce_histogram answers = histogram(node, "fcedge_http_answer_seconds");
  CHECK(answers.count == 21);
  CHECK(answers.sum_us > 0);
  CHECK(answers.p50_us > 0);
  const fce_histogram turns = histogram(node, "fcedge_loop_turn_seconds");
  CHECK(turns.count >= 21);
  CHECK(turns.sum_us >= answers.p50_us);
  fce_node_destroy(node);
  return capi_end();
}
