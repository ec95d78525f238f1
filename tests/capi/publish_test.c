/* SPDX-License-Identifier: Apache-2.0 */
/* fce_publish: from several threads, its outcome, its refusals, and what subscribers get. */
#include "capi.h"

enum { THREADS = 4, EACH = 500 };

static fce_node* node;

typedef struct publisher {
  char channel[32];
  int done; /* outcomes so far; only the channel's shard counts */
  int out_of_order;
} publisher;

static atomic_int outcomes = 0;

static unsigned long long number_of(const char* id) {
  unsigned long long epoch = 0, n = 0;
  CHECK(sscanf(id, "%*8x.%llu-%llu", &epoch, &n) == 2);
  CHECK(epoch == fce_node_epoch(node));
  return n;
}

static void on_published(int status, const char* id, void* user) {
  publisher* self = user;
  CHECK(status == FCE_OK);
  if (number_of(id) != (unsigned long long)++self->done) ++self->out_of_order;
  atomic_fetch_add(&outcomes, 1);
}

static void* publish_many(void* user) {
  publisher* self = user;
  for (int i = 0; i < EACH; ++i) {
    char text[32];
    snprintf(text, sizeof text, "message %d", i);
    int status;
    do {
      status =
          fce_publish(node, str("t"), str(self->channel), text, strlen(text), on_published, self);
    } while (status == FCE_ENOBUFS);
    CHECK(status == FCE_OK);
    memset(text, 0, sizeof text); /* copied before it returned */
  }
  return NULL;
}

static void from_threads(uint16_t port) {
  static publisher publishers[THREADS];
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i) {
    snprintf(publishers[i].channel, sizeof publishers[i].channel, "channel%d", i);
    pthread_create(&threads[i], NULL, publish_many, &publishers[i]);
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  CHECK(reaches(&outcomes, THREADS * EACH));
  for (int i = 0; i < THREADS; ++i) {
    CHECK(publishers[i].done == EACH);
    CHECK(publishers[i].out_of_order == 0);
  }
  CHECK(counter(node, "fcedge_pubsub_published_total") == THREADS * EACH);
  /* The ring holds the last ones, in order. HTTP/1.0 has no chunks that end within a number. */
  const int fd = dial(port);
  say(fd, "GET /feed/channel1?after=0 HTTP/1.0\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  const char* heard = hear(fd, "event: ready");
  const char* at = strstr(heard, "data: message ");
  CHECK(at != NULL);
  int expected = atoi(at + 14);
  CHECK(expected == EACH - 256);
  for (; at; at = strstr(at + 1, "data: message ")) CHECK(atoi(at + 14) == expected++);
  CHECK(expected == EACH);
  close(fd);
}

static atomic_int answered = 0;
static atomic_int last_status = 1;

static void on_outcome(int status, const char* id, void* user) {
  (void)user;
  CHECK(id != NULL);
  atomic_store(&last_status, status);
  atomic_fetch_add(&answered, 1);
}

static void refusals(void) {
  char name[300];
  memset(name, 'n', sizeof name);
  const fce_str names[] = {{"", 0},     {NULL, 0},   {name, 256}, {"a\nb", 3},
                           {"\xff", 1}, {"a\0b", 3}, {"\x7f", 1}};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    CHECK_FAILS(fce_publish(node, names[i], str("c"), "x", 1, on_outcome, NULL), FCE_EINVAL);
    CHECK_FAILS(fce_publish(node, str("t"), names[i], "x", 1, on_outcome, NULL), FCE_EINVAL);
  }
  const char* wrong[] = {"\xff", "\xc0\xaf", "\xed\xa0\x80", "cut \xe2\x82"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
    CHECK_FAILS(fce_publish(node, str("t"), str("c"), wrong[i], strlen(wrong[i]), on_outcome, NULL),
                FCE_EUTF8);
  char* large = malloc(65537);
  memset(large, 'x', 65537);
  CHECK_FAILS(fce_publish(node, str("t"), str("c"), large, 65537, on_outcome, NULL), FCE_ETOOBIG);
  CHECK(atomic_load(&answered) == 0);
  CHECK_OK(fce_publish(node, str("t"), str("c"), large, 65536, on_outcome, NULL));
  free(large);
  CHECK_OK(fce_publish(node, str("t"), str("c"), "", 0, on_outcome, NULL));
  CHECK_OK(fce_publish(node, str("t"), (fce_str){name, 255}, "x", 1, on_outcome, NULL));
  CHECK(reaches(&answered, 3));
  CHECK(atomic_load(&last_status) == FCE_OK);
}

/* The same channel name under two tenants is two channels. */
static void live_and_apart(uint16_t port) {
  int fds[2];
  for (int i = 0; i < 2; ++i) {
    fds[i] = dial(port);
    say(fds[i], i == 0 ? "GET /of/one/live HTTP/1.1\r\nHost: h\r\n\r\n"
                       : "GET /of/two/live HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(strstr(hear(fds[i], "event: ready"), "event: ready") != NULL);
  }
  CHECK_OK(fce_publish(node, str("one"), str("live"), "for one", 7, NULL, NULL));
  CHECK_OK(fce_publish(node, str("two"), str("live"), "for two\nline", 12, NULL, NULL));
  const char* heard = hear(fds[0], "for one\n\n");
  CHECK(strstr(heard, "data: for one\n\n") != NULL);
  CHECK(strstr(heard, "two") == NULL);
  heard = hear(fds[1], "line\n\n");
  CHECK(strstr(heard, "data: for two\ndata: line\n\n") != NULL);
  CHECK(strstr(heard, "one") == NULL);
  close(fds[0]);
  close(fds[1]);
}

/* Each outcome that was promised comes, also when the node stops meanwhile. */
static atomic_int ended = 0;

static void on_end(int status, const char* id, void* user) {
  (void)user;
  CHECK(status == FCE_OK || status == FCE_ECANCELED || status == FCE_ESTATE);
  CHECK(id != NULL);
  atomic_fetch_add(&ended, 1);
}

static void* publish_to_the_end(void* user) {
  int* taken = user;
  for (;;) {
    const int status = fce_publish(node, str("t"), str("end"), "x", 1, on_end, NULL);
    if (status == FCE_OK)
      ++*taken;
    else if (status != FCE_ENOBUFS) {
      CHECK(status == FCE_ESTATE);
      return NULL;
    }
  }
}

static void at_the_end(void) {
  int taken[THREADS] = {0};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i)
    pthread_create(&threads[i], NULL, publish_to_the_end, &taken[i]);
  CHECK(reaches(&ended, 100));
  CHECK_OK(fce_node_stop(node));
  int sum = 0;
  for (int i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    sum += taken[i];
  }
  CHECK_FAILS(fce_publish(node, str("t"), str("end"), "x", 1, on_end, NULL), FCE_ESTATE);
  fce_node_destroy(node);
  CHECK(atomic_load(&ended) == sum);
}

int main(void) {
  uint16_t port = 0;
  node = make_node(2, NULL, &port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  fce_route_options route;
  fce_route_options_init(&route);
  fce_feed_options feed;
  fce_feed_options_init(&feed);
  route.pattern = "/feed/{channel}";
  feed.tenant = "t";
  feed.channel = "{channel}";
  CHECK_OK(fce_routes_add_feed(routes, &route, &feed));
  route.pattern = "/of/{tenant}/{channel}";
  feed.tenant = "{tenant}";
  CHECK_OK(fce_routes_add_feed(routes, &route, &feed));
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_FAILS(fce_publish(node, str("t"), str("c"), "x", 1, NULL, NULL), FCE_ESTATE);
  CHECK_OK(fce_node_start(node));
  from_threads(port);
  refusals();
  live_and_apart(port);
  at_the_end();
  return capi_end();
}
