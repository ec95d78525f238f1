/* SPDX-License-Identifier: Apache-2.0 */
/* A node's life: state directory, listening, start, drain, stop, and all of it twice. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "capi.h"

static char scratch[] = "/tmp/fcedge-capi-XXXXXX";

static int open_files(void) {
  DIR* directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory)) ++count;
  closedir(directory);
  return count;
}

static int create(const char* name, const char* state_dir, uint32_t shards, fce_node** node) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.name = name;
  options.state_dir = state_dir;
  options.shards = shards;
  return fce_node_create(&options, node);
}

static int listen_on(fce_node* node, const char* address, uint16_t* port) {
  fce_listen_options options;
  fce_listen_options_init(&options);
  options.address = address;
  return fce_node_listen(node, &options, port);
}

static void names(void) {
  fce_node* node = NULL;
  const char* wrong[] = {"", "Upper", "under_score", "a.b", "sp ace", "\xc3\xa4"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
    CHECK_FAILS(create(wrong[i], NULL, 1, &node), FCE_EINVAL);
  char longest[65];
  memset(longest, 'a', sizeof longest);
  longest[64] = '\0';
  CHECK_FAILS(create(longest, NULL, 1, &node), FCE_EINVAL);
  longest[63] = '\0';
  CHECK_OK(create(longest, NULL, 1, &node));
  fce_node_destroy(node);
  CHECK_FAILS(create("n", NULL, 100000, &node), FCE_EINVAL);
  CHECK(node == NULL);
}

static void states(void) {
  char state[64], missing[80];
  snprintf(state, sizeof state, "%s/state", scratch);
  snprintf(missing, sizeof missing, "%s/a/b", scratch);
  fce_node *node = NULL, *second = NULL;
  CHECK_FAILS(create("n", missing, 1, &node), FCE_ENOENT);
  CHECK_OK(create("n", state, 1, &node));
  char id[33];
  snprintf(id, sizeof id, "%s", fce_node_id(node));
  CHECK(strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32);
  const uint64_t epoch = fce_node_epoch(node);
  CHECK(epoch > 0);
  CHECK_FAILS(create("n", state, 1, &second), FCE_ELOCKED);
  CHECK(second == NULL);
  CHECK(strstr(fce_last_error(), state) != NULL);
  fce_node_destroy(node);
  CHECK_OK(create("n", state, 1, &node));
  CHECK(strcmp(fce_node_id(node), id) == 0);
  CHECK(fce_node_epoch(node) == epoch + 1);
  fce_node_destroy(node);
  /* Without a directory nothing is kept. */
  CHECK_OK(create("n", NULL, 1, &node));
  CHECK_OK(create("n", NULL, 1, &second));
  CHECK(strcmp(fce_node_id(node), fce_node_id(second)) != 0);
  CHECK(fce_node_epoch(node) > 1000000000);
  fce_node_destroy(node);
  fce_node_destroy(second);
  char file[96];
  snprintf(file, sizeof file, "%s/node", state);
  FILE* out = fopen(file, "w");
  fputs("format=77\nid=0123\n", out);
  fclose(out);
  CHECK_FAILS(create("n", state, 1, &node), FCE_EVERSION);
  out = fopen(file, "w");
  fclose(out);
  CHECK_FAILS(create("n", state, 1, &node), FCE_EIO);
  CHECK_FAILS(create("n", file, 1, &node), FCE_ENOENT); /* no directory */
  remove(file);
  snprintf(file, sizeof file, "%s/lock", state);
  remove(file);
  rmdir(state);
}

static void addresses(void) {
  fce_node* node = NULL;
  CHECK_OK(create("n", NULL, 2, &node));
  const char* wrong[] = {"",
                         "x",
                         "127.0.0.1",
                         "127.0.0.1:",
                         "127.0.0.1:65536",
                         "127.0.0.1:-1",
                         "127.0.0.1:8x",
                         "host.invalid:80",
                         "[::1:80",
                         "::1:80",
                         "unix:",
                         "256.0.0.1:80"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
    CHECK_FAILS(listen_on(node, wrong[i], NULL), FCE_EINVAL);
  CHECK_FAILS(listen_on(node, "192.0.2.1:0", NULL), FCE_EADDRNOTAVAIL);
  uint16_t port = 0, again = 0;
  CHECK_OK(listen_on(node, "127.0.0.1:0", &port));
  CHECK(port != 0);
  char taken[32];
  snprintf(taken, sizeof taken, "127.0.0.1:%d", port);
  CHECK_FAILS(listen_on(node, taken, &again), FCE_EADDRINUSE);
  fce_node* other = NULL;
  CHECK_OK(create("o", NULL, 2, &other));
  CHECK_FAILS(listen_on(other, taken, &again), FCE_EADDRINUSE);
  snprintf(taken, sizeof taken, ":%d", port);
  CHECK_FAILS(listen_on(other, taken, &again), FCE_EADDRINUSE);
  char path[160];
  snprintf(path, sizeof path, "unix:%s/sock", scratch);
  CHECK_OK(listen_on(node, path, NULL));
  CHECK_FAILS(listen_on(other, path, NULL), FCE_EADDRINUSE);
  struct stat info;
  CHECK(stat(path + 5, &info) == 0 && (info.st_mode & 0777) == 0660);
  memset(path + 5, 'a', sizeof path - 6);
  path[sizeof path - 1] = '\0';
  CHECK_FAILS(listen_on(node, path, NULL), FCE_EINVAL);
  fce_node_destroy(node);
  fce_node_destroy(other);
  snprintf(path, sizeof path, "%s/sock", scratch);
  CHECK(stat(path, &info) != 0);
}

/* Nothing goes in an order that it cannot go in; the rest may come in any. */
static void order(void) {
  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  CHECK_FAILS(fce_node_drain(node, 0), FCE_ESTATE);
  CHECK_OK(fce_node_start(node));
  CHECK_FAILS(fce_node_start(node), FCE_ESTATE);
  CHECK_FAILS(listen_on(node, "127.0.0.1:0", &port), FCE_ESTATE);
  CHECK(fce_node_connections(node) == 0);
  const int fd = dial(port);
  CHECK(counter_reaches(node, "fcedge_connections_accepted_total", 1));
  CHECK(fce_node_connections(node) == 1);
  CHECK_OK(fce_node_drain(node, 0));
  CHECK_OK(fce_node_drain(node, 100));
  CHECK(strcmp(hear(fd, NULL), "") == 0);
  close(fd);
  CHECK(counter_reaches(node, "fcedge_connections_closed_total", 1));
  CHECK(fce_node_connections(node) == 0);
  CHECK_OK(fce_node_stop(node));
  CHECK_OK(fce_node_stop(node));
  CHECK_FAILS(fce_node_start(node), FCE_ESTATE);
  CHECK_FAILS(fce_node_drain(node, 0), FCE_ESTATE);
  CHECK_FAILS(listen_on(node, "127.0.0.1:0", &port), FCE_ESTATE);
  CHECK(fce_node_connections(node) == 0);
  fce_node_destroy(node);
  node = make_node(1, NULL, &port);
  CHECK_OK(fce_node_stop(node)); /* never started */
  fce_node_destroy(node);
}

static void on_hello(fce_exchange* exchange, void* user) {
  atomic_fetch_add((atomic_int*)user, 1);
  fce_exchange_respond(exchange, 200, NULL, 0, "hello", 5);
}

static void once(atomic_int* calls, atomic_int* released) {
  uint16_t port = 0;
  fce_node* node = make_node(2, NULL, &port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  add_handler(routes, "/", NULL, on_hello, calls, NULL);
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/released";
  CHECK_OK(fce_routes_add_handler(routes, &options, on_hello, released, count_release));
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  for (int i = 0; i < 20; ++i) CHECK(strstr(ask(port, "GET /", NULL), "\r\n\r\nhello") != NULL);
  const int idle = dial(port);
  say(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET");
  CHECK(strstr(hear(idle, "hello"), "200 OK") != NULL);
  fce_node_destroy(node); /* stops by itself */
  CHECK(strcmp(hear(idle, NULL), "") == 0);
  close(idle);
}

int main(void) {
  CHECK(mkdtemp(scratch) != NULL);
  names();
  states();
  addresses();
  order();
  atomic_int calls = 0, released = 0;
  once(&calls, &released);
  const int files = open_files();
  once(&calls, &released);
  once(&calls, &released);
  CHECK(open_files() == files);
  CHECK(atomic_load(&calls) == 63);
  CHECK(atomic_load(&released) == 3);
  rmdir(scratch);
  return capi_end();
}
