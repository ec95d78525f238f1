/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces, publications with an audience and a key, presence and revocation. */
#include "capi.h"

static fce_node* node;

static void namespaces(void) {
  fce_namespace_options options;
  fce_namespace_options_init(&options);
  CHECK(options.size == sizeof options);
  options.name = "votes";
  options.history_messages = 4;
  options.overflow = FCE_OVERFLOW_CONFLATE;
  options.presence = FCE_PRESENCE_NONE;
  options.no_audience = 1;
  CHECK_OK(fce_node_add_namespace(node, &options));
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EEXIST);
  options.name = "Not a name";
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EINVAL);
  options.name = "other";
  options.overflow = 4;
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EINVAL);
  options.overflow = 0;
  options.publish = 3;
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EINVAL);
  options.publish = 0;
  options.presence = 3;
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EINVAL);
  CHECK_FAILS(fce_node_add_namespace(NULL, &options), FCE_EINVAL);
  CHECK_FAILS(fce_node_add_namespace(node, NULL), FCE_EINVAL);
  fce_namespace_options_init(&options);
  options.presence = FCE_PRESENCE_MEMBERS;
  CHECK_OK(fce_node_add_namespace(node, &options));
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_EEXIST);
}

static void after_start(void) {
  fce_namespace_options options;
  fce_namespace_options_init(&options);
  options.name = "late";
  CHECK_FAILS(fce_node_add_namespace(node, &options), FCE_ESTATE);
  CHECK_FAILS(fce_publish(node, str("t"), str("late:x"), "x", 1, NULL, NULL), FCE_ENOENT);
}

static fce_publication publication(const char* channel, const char* data) {
  fce_publication made;
  fce_publication_init(&made);
  made.tenant = str("t");
  made.channel = str(channel);
  made.data = str(data);
  return made;
}

/* A subscriber without a token gets what is for everybody, and nothing else. */
static void audiences(uint16_t port) {
  const int fd = dial(port);
  say(fd, "GET /feed/news HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(strstr(hear(fd, "event: ready"), "event: ready") != NULL);
  const fce_str staff[] = {{"staff", 5}}, ann[] = {{"ann", 3}};
  fce_publication message = publication("news", "for staff");
  message.groups = staff;
  message.group_count = 1;
  CHECK_OK(fce_publish_message(node, &message, NULL, NULL));
  message = publication("news", "for ann");
  message.users = ann;
  message.user_count = 1;
  CHECK_OK(fce_publish_message(node, &message, NULL, NULL));
  message = publication("news", "not for ann");
  message.exclude = ann;
  message.exclude_count = 1;
  message.author = str("bob");
  message.key = str("k");
  CHECK_OK(fce_publish_message(node, &message, NULL, NULL));
  const char* heard = hear(fd, "not for ann\n\n");
  CHECK(strstr(heard, "data: not for ann\n\n") != NULL);
  CHECK(strstr(heard, "staff") == NULL);
  CHECK(strstr(heard, "data: for ann") == NULL);
  close(fd);
}

static void refusals(void) {
  fce_publication message = publication("votes:1", "x");
  const fce_str names[300] = {{"u", 1}};
  message.users = names;
  message.user_count = 1;
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_EINVAL); /* no audience there */
  message.channel = str("news");
  CHECK_OK(fce_publish_message(node, &message, NULL, NULL));
  message.user_count = 2; /* the second is NULL */
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_EINVAL);
  message.user_count = 300;
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_EINVAL);
  message = publication("news", "\xff");
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_EUTF8);
  message = publication("none:x", "x");
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_ENOENT);
  message = publication("news", "x");
  message.author = str("a\nb");
  CHECK_FAILS(fce_publish_message(node, &message, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_publish_message(node, NULL, NULL, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_publish_message(NULL, &message, NULL, NULL), FCE_EINVAL);
}

static atomic_int presences = 0;
static atomic_uint present = 0;

static void on_presence(int status, uint32_t count, const fce_str* members, size_t member_count,
                        void* user) {
  CHECK(status == FCE_OK);
  CHECK(members != NULL); /* the default namespace tells members; none has a name here */
  CHECK(member_count == 0);
  CHECK(user == &presences);
  atomic_store(&present, count);
  atomic_fetch_add(&presences, 1);
}

static void presence_and_revocation(uint16_t port) {
  const int fd = dial(port);
  say(fd, "GET /feed/room HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(strstr(hear(fd, "event: ready"), "event: ready") != NULL);
  /* Shards tell each other in ticks. */
  for (int asked = 0; atomic_load(&present) != 1;) {
    CHECK_OK(fce_presence(node, str("t"), str("room"), on_presence, &presences));
    CHECK(reaches(&presences, ++asked));
  }
  CHECK_FAILS(fce_presence(node, str("t"), str("votes:1"), on_presence, NULL), FCE_EUNSUPPORTED);
  CHECK_FAILS(fce_presence(node, str("t"), str("none:1"), on_presence, NULL), FCE_ENOENT);
  CHECK_FAILS(fce_presence(node, str(""), str("room"), on_presence, NULL), FCE_EINVAL);
  CHECK_FAILS(fce_presence(node, str("t"), str("room"), NULL, NULL), FCE_EINVAL);

  fce_revocation what;
  fce_revocation_init(&what);
  what.tenant = str("t");
  CHECK_FAILS(fce_revoke(node, &what), FCE_EINVAL);
  what.channel = str("room");
  what.reason = 3;
  CHECK_FAILS(fce_revoke(node, &what), FCE_EINVAL);
  what.reason = FCE_END_LOCKED;
  CHECK_OK(fce_revoke(node, &what));
  const char* heard = hear(fd, "locked");
  CHECK(strstr(heard, "event: end\ndata: {\"code\":4403,\"reason\":\"locked\"}\n\n") != NULL);
  CHECK(counter_reaches(node, "fcedge_pubsub_revoked_total", 1));
  close(fd);
}

int main(void) {
  uint16_t port = 0;
  node = make_node(2, NULL, &port);
  namespaces();
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
  CHECK_OK(fce_node_set_routes(node, routes));
  fce_routes_destroy(routes);
  CHECK_OK(fce_node_start(node));
  after_start();
  audiences(port);
  refusals();
  presence_and_revocation(port);
  CHECK_OK(fce_node_stop(node));
  fce_node_destroy(node);
  return capi_end();
}
