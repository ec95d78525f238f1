/* SPDX-License-Identifier: Apache-2.0 */
/* How a node is told to know its clients: files, options, and when it is too late. */
#include "capi.h"

static char keys_path[64];
static char secrets_path[64];

static const char good_keys[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static void make_file(char* path, size_t size) {
  const char* directory = getenv("TMPDIR");
  snprintf(path, size, "%s/fcedge-XXXXXX",
           directory && strlen(directory) < 40 ? directory : "/tmp");
  const int fd = mkstemp(path);
  CHECK(fd >= 0);
  close(fd);
}

static void write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  CHECK(file != NULL);
  CHECK(fputs(text, file) >= 0);
  CHECK(fclose(file) == 0);
}

static fce_node* new_node(void) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 1;
  fce_node* node = NULL;
  CHECK_OK(fce_node_create(&options, &node));
  return node;
}

static void options_that_are_refused(fce_node* node) {
  fce_auth_options options;
  fce_auth_options_init(&options);
  CHECK_FAILS(fce_node_set_auth(node, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  options.anonymous = 1;
  CHECK_FAILS(fce_node_set_auth(NULL, &options), FCE_EINVAL);
  options.leeway_s = 100000;
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  options.leeway_s = 0;
  options.token_bytes_max = 65537;
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  options.token_bytes_max = 0;
  options.session_ttl_s = 0xffffffff;
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  options.session_ttl_s = 0;
  options.tenant = "a\nb";
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  options.tenant = NULL;
  options.session_secret_file = secrets_path;
  options.anonymous = 0;
  options.key_file = keys_path;
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
}

static void files(fce_node* node) {
  fce_auth_options options;
  fce_auth_options_init(&options);
  options.key_file = "/nowhere/at/all";
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_ENOENT);
  CHECK(strstr(fce_last_error(), "/nowhere/at/all") != NULL);
  options.key_file = keys_path;
  write_file(keys_path, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"weak\",\"k\":\"c2hvcnQ\"}]}");
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  CHECK(strstr(fce_last_error(), "key 1 (kid \"weak\") has a secret of less than 32 bytes"));
  write_file(keys_path, good_keys);
  CHECK_OK(fce_node_set_auth(node, &options));
  options.anonymous = 1;
  CHECK_OK(fce_node_set_auth(node, &options));
  options.session_secret_file = secrets_path;
  write_file(secrets_path, "short\n");
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_EINVAL);
  write_file(secrets_path, "0123456789abcdef0123456789abcdef\n");
  CHECK_OK(fce_node_set_auth(node, &options));
}

static void an_older_caller(fce_node* node) {
  fce_auth_options options;
  fce_auth_options_init(&options);
  options.key_file = keys_path;
  options.size = offsetof(fce_auth_options, audience);
  options.token_bytes_max = 0xffffffff; /* beyond what this caller knows */
  CHECK_OK(fce_node_set_auth(node, &options));
}

/* A route would go on to ask by the options that it was made with. */
static void after_a_route(fce_node* node) {
  fce_auth_options options;
  fce_auth_options_init(&options);
  options.anonymous = 1;
  CHECK_OK(fce_node_set_auth(node, &options));
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/feed";
  fce_feed_options feed;
  fce_feed_options_init(&feed);
  feed.tenant = "acme";
  feed.channel = "news";
  CHECK_OK(fce_routes_add_feed(routes, &route, &feed));
  CHECK_OK(fce_node_set_routes(node, routes));
  CHECK_OK(fce_node_set_auth(node, &options));
  route.pattern = "/tokens";
  feed.auth = FCE_AUTH_OPTIONAL;
  CHECK_OK(fce_routes_add_feed(routes, &route, &feed));
  CHECK_OK(fce_node_set_auth(node, &options));
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_ESTATE);
}

int main(void) {
  make_file(keys_path, sizeof keys_path);
  make_file(secrets_path, sizeof secrets_path);
  fce_log_set(FCE_LOG_WARN, NULL, NULL, NULL);
  fce_node* node = new_node();
  options_that_are_refused(node);
  files(node);
  an_older_caller(node);
  after_a_route(node);
  CHECK_OK(fce_node_start(node));
  fce_auth_options options;
  fce_auth_options_init(&options);
  options.anonymous = 1;
  CHECK_FAILS(fce_node_set_auth(node, &options), FCE_ESTATE);
  fce_node_destroy(node);
  unlink(keys_path);
  unlink(secrets_path);
  return capi_end();
}
