/* SPDX-License-Identifier: Apache-2.0 */
/* Live routes and the subscribe hook: decisions at once, later, too late, and after the node. */
#include "capi.h"

enum { QUEUE = 64 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static fce_subscription* queue[QUEUE];
static int queued = 0;
static atomic_int arrived = 0, released = 0;

/* Keeps those of channels that begin with "k", allows "a", refuses the rest. */
static void on_subscribe(fce_subscription* subscription, void* user) {
  CHECK(user == &released);
  const fce_str channel = fce_subscription_channel(subscription);
  CHECK(is(fce_subscription_tenant(subscription), "t"));
  CHECK(is(fce_subscription_user(subscription), ""));
  CHECK(is(fce_subscription_peer(subscription), "127.0.0.1"));
  CHECK(fce_subscription_group_count(subscription) == 0);
  CHECK(fce_subscription_group(subscription, 0).len == 0);
  if (channel.data[0] == 'k') {
    pthread_mutex_lock(&mutex);
    queue[queued++] = subscription;
    pthread_mutex_unlock(&mutex);
  } else if (channel.data[0] == 'a') {
    CHECK(is(fce_subscription_after(subscription), "0"));
    CHECK_OK(fce_subscription_allow(subscription));
  } else if (channel.data[0] == 'u') {
    CHECK_OK(fce_subscription_deny(subscription, FCE_DENY_UNAUTHORIZED, str("who are you?")));
  } else if (channel.data[0] == 'w') {
    CHECK_FAILS(fce_subscription_deny(subscription, 99, str("wrong")), FCE_EINVAL);
  } else {
    const fce_str none = {NULL, 0};
    CHECK_OK(fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, none));
  }
  atomic_fetch_add(&arrived, 1);
}

static fce_subscription* take(void) {
  pthread_mutex_lock(&mutex);
  CHECK(queued > 0);
  fce_subscription* subscription = queue[--queued];
  pthread_mutex_unlock(&mutex);
  return subscription;
}

static fce_node* start(uint32_t hook_ms, uint16_t* port) {
  fce_node* node = make_node(2, NULL, port);
  fce_routes* routes = NULL;
  CHECK_OK(fce_routes_create(&routes));
  fce_route_options options;
  fce_route_options_init(&options);
  options.pattern = "/feed/{channel}";
  fce_feed_options feed;
  fce_feed_options_init(&feed);
  feed.tenant = "t";
  feed.channel = "{channel}";
  CHECK_OK(fce_routes_add_feed(routes, &options, &feed));
  options.pattern = "/live";
  fce_live_options live;
  fce_live_options_init(&live);
  CHECK_FAILS(fce_routes_add_live(routes, &options, &live), FCE_EINVAL);
  live.tenant = "{absent}";
  CHECK_FAILS(fce_routes_add_live(routes, &options, &live), FCE_EINVAL);
  live.tenant = "t";
  CHECK_FAILS(fce_routes_add_live(NULL, &options, &live), FCE_EINVAL);
  CHECK_FAILS(fce_routes_add_live(routes, &options, NULL), FCE_EINVAL);
  CHECK_OK(fce_routes_add_live(routes, &options, &live));
  CHECK_FAILS(fce_routes_add_live(routes, &options, &live), FCE_EEXIST);
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_FAILS(fce_node_set_subscribe_hook(node, NULL, 0, NULL, count_release), FCE_EINVAL);
  CHECK_FAILS(fce_node_set_subscribe_hook(NULL, on_subscribe, 0, NULL, NULL), FCE_EINVAL);
  CHECK_OK(fce_node_set_subscribe_hook(node, on_subscribe, hook_ms, &released, count_release));
  CHECK_FAILS(fce_node_set_subscribe_hook(node, on_subscribe, 0, NULL, NULL), FCE_EEXIST);
  CHECK_OK(fce_node_start(node));
  return node;
}

static int subscribe(uint16_t port, const char* channel) {
  char request[256];
  snprintf(request, sizeof request, "GET /feed/%s?after=0 HTTP/1.1\r\nHost: x\r\n\r\n", channel);
  const int fd = dial(port);
  say(fd, request);
  return fd;
}

static int answers(uint16_t port, const char* channel, const char* part) {
  const int fd = subscribe(port, channel);
  const int found = strstr(hear(fd, part), part) != NULL;
  close(fd);
  return found;
}

/* A session on the live route; the masks of what it sends are zero. */
static int open_session(uint16_t port) {
  const int fd = dial(port);
  say(fd,
      "GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: fcedge.v1.json\r\n\r\n");
  CHECK(strstr(hear(fd, "\"ping_ms\":25000}}"), "{\"hello\":") != NULL);
  return fd;
}

static void command(int fd, const char* text) {
  char frame[256] = {(char)0x81, (char)(0x80 | strlen(text))};
  CHECK(strlen(text) < 126);
  memcpy(frame + 6, text, strlen(text));
  CHECK(send(fd, frame, 6 + strlen(text), MSG_NOSIGNAL) == (ssize_t)(6 + strlen(text)));
}

static void feeds(fce_node* node, uint16_t port) {
  CHECK(answers(port, "allowed", "event: ready"));
  CHECK(answers(port, "refused", " 403 "));
  CHECK(answers(port, "unknown", " 401 "));
  CHECK(answers(port, "unknown", "who are you?"));
  CHECK(answers(port, "wrong", " 403 "));
  atomic_store(&arrived, 0);
  const int fd = subscribe(port, "kept");
  CHECK(reaches(&arrived, 1));
  CHECK_OK(fce_subscription_allow(take()));
  CHECK(strstr(hear(fd, "event: ready"), "event: ready") != NULL);
  close(fd);
  const int gone = subscribe(port, "kept");
  CHECK(reaches(&arrived, 2));
  close(gone);
  CHECK_OK(fce_subscription_deny(take(), FCE_DENY_BUSY, str("later")));
  CHECK(counter(node, "fcedge_auth_hook_calls_total") == 7);
}

static void sessions(fce_node* node, uint16_t port) {
  const int fd = open_session(port);
  const char* texts[][2] = {
      {"{\"ref\":1,\"subscribe\":{\"channel\":\"allowed\",\"after\":\"0\"}}", "\"ready\""},
      {"{\"ref\":2,\"subscribe\":{\"channel\":\"refused\"}}", "\"code\":\"forbidden\""},
      {"{\"ref\":3,\"subscribe\":{\"channel\":\"unknown\"}}", "who are you?"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    command(fd, texts[i][0]);
    CHECK(strstr(hear(fd, texts[i][1]), texts[i][1]) != NULL);
  }
  atomic_store(&arrived, 0);
  command(fd, "{\"ref\":4,\"subscribe\":{\"channel\":\"kept\"}}");
  CHECK(reaches(&arrived, 1));
  CHECK_OK(fce_subscription_allow(take()));
  CHECK(strstr(hear(fd, "\"ready\""), "{\"ref\":4,\"ok\":{}}") != NULL);
  command(fd, "{\"ref\":5,\"subscribe\":{\"channel\":\"kept-too\"}}");
  CHECK(reaches(&arrived, 2));
  close(fd);
  CHECK(counter_reaches(node, "fcedge_live_closed_total", 1));
  CHECK_OK(fce_subscription_allow(take()));
}

static void too_late(void) {
  uint16_t port = 0;
  fce_node* node = start(200, &port);
  CHECK_FAILS(fce_node_set_subscribe_hook(node, on_subscribe, 0, NULL, NULL), FCE_ESTATE);
  CHECK(answers(port, "kept", " 503 "));
  CHECK(counter(node, "fcedge_limit_hook_time_total") == 1);
  CHECK_OK(fce_subscription_allow(take()));
  atomic_store(&arrived, 0);
  const int fd = subscribe(port, "kept");
  const int session = open_session(port);
  command(session, "{\"ref\":1,\"subscribe\":{\"channel\":\"kept\"}}");
  CHECK(reaches(&arrived, 2));
  fce_node_destroy(node);
  const fce_str none = {NULL, 0};
  CHECK_FAILS(fce_subscription_allow(take()), FCE_ECANCELED);
  CHECK_FAILS(fce_subscription_deny(take(), FCE_DENY_FORBIDDEN, none), FCE_ECANCELED);
  close(fd);
  close(session);
}

int main(void) {
  CHECK_FAILS(fce_subscription_allow(NULL), FCE_EINVAL);
  CHECK_FAILS(fce_subscription_deny(NULL, FCE_DENY_BUSY, str("x")), FCE_EINVAL);
  CHECK(fce_subscription_channel(NULL).len == 0);
  uint16_t port = 0;
  fce_node* node = start(0, &port);
  feeds(node, port);
  sessions(node, port);
  CHECK(atomic_load(&released) == 0);
  fce_node_destroy(node);
  CHECK(atomic_load(&released) == 1);
  too_late();
  CHECK(atomic_load(&released) == 2);
  return capi_end();
}
