/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that embeds the library with a subscribe hook, for hook_test.py.
 *
 *   hook_host KEY_FILE HOOK_MS
 *
 * It says "port N" and then, of each subscription that its hook is asked about,
 *   asked CHANNEL user=USER after=POSITION groups=G,H
 * What it decides begins the channel's name: "open" is allowed within the hook; "private" is for
 * members, the group; "login" wants a user; "held" is for its input to decide, which another thread
 * reads. A thread that is locked and a user who is banned are refused from then on. Lines of input:
 *   allow | deny SENTENCE     decides the oldest that is held
 *   lock CHANNEL | ban USER   ends what is live, too
 *   publish CHANNEL TEXT
 * Each is answered by "done", or by "failed" and why. It ends with its input. */
#include <fcedge/pubsub.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 64, NAMES_MAX = 16, NAME_BYTES = 256 };

typedef struct names {
  char list[NAMES_MAX][NAME_BYTES];
  int count;
} names;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static fce_subscription* held[HELD_MAX];
static int held_count = 0;
static names locked, banned;

static fce_str str(const char* text) {
  const fce_str view = {text, strlen(text)};
  return view;
}

static int is(fce_str view, const char* text) {
  return view.len == strlen(text) && memcmp(view.data, text, view.len) == 0;
}

static int begins(fce_str view, const char* text) {
  return view.len >= strlen(text) && memcmp(view.data, text, strlen(text)) == 0;
}

/* Under the mutex. */
static int has(const names* all, fce_str name) {
  for (int i = 0; i < all->count; ++i)
    if (is(name, all->list[i])) return 1;
  return 0;
}

static void add(names* all, const char* name) {
  pthread_mutex_lock(&mutex);
  if (all->count < NAMES_MAX) snprintf(all->list[all->count++], NAME_BYTES, "%s", name);
  pthread_mutex_unlock(&mutex);
}

static int has_group(const fce_subscription* subscription, const char* name) {
  for (size_t i = 0; i < fce_subscription_group_count(subscription); ++i)
    if (is(fce_subscription_group(subscription, i), name)) return 1;
  return 0;
}

/* One line, whole, from whichever thread. */
static void tell(const fce_subscription* subscription) {
  const fce_str channel = fce_subscription_channel(subscription);
  const fce_str user = fce_subscription_user(subscription);
  const fce_str after = fce_subscription_after(subscription);
  char groups[NAME_BYTES] = "";
  for (size_t i = 0; i < fce_subscription_group_count(subscription); ++i) {
    const fce_str group = fce_subscription_group(subscription, i);
    const size_t at = strlen(groups);
    snprintf(groups + at, sizeof groups - at, "%s%.*s", i ? "," : "", (int)group.len, group.data);
  }
  printf("asked %.*s user=%.*s after=%.*s groups=%s\n", (int)channel.len, channel.data,
         (int)user.len, user.data, (int)after.len, after.data, groups);
}

static void on_subscribe(fce_subscription* subscription, void* user) {
  (void)user;
  const fce_str channel = fce_subscription_channel(subscription);
  const fce_str who = fce_subscription_user(subscription);
  int full = 0;
  pthread_mutex_lock(&mutex);
  const int is_locked = has(&locked, channel), is_banned = has(&banned, who);
  const int hold = !is_locked && !is_banned && begins(channel, "held");
  if (hold && held_count < HELD_MAX)
    held[held_count++] = subscription;
  else
    full = hold;
  /* Told before somebody can have decided it: it would be gone then. */
  tell(subscription);
  pthread_mutex_unlock(&mutex);
  if (hold && !full) return;
  if (full)
    fce_subscription_deny(subscription, FCE_DENY_BUSY, str("too many wait"));
  else if (is_locked)
    fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, str("this thread is locked"));
  else if (is_banned)
    fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, str("you are banned"));
  else if (begins(channel, "open"))
    fce_subscription_allow(subscription);
  else if (begins(channel, "login") && who.len == 0)
    fce_subscription_deny(subscription, FCE_DENY_UNAUTHORIZED, str("log in first"));
  else if (begins(channel, "login") || has_group(subscription, "members"))
    fce_subscription_allow(subscription);
  else
    fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, str("this thread is for members"));
}

static int decide(int allowed, const char* sentence) {
  pthread_mutex_lock(&mutex);
  fce_subscription* subscription = held_count > 0 ? held[0] : NULL;
  if (subscription) memmove(held, held + 1, (size_t)--held_count * sizeof *held);
  pthread_mutex_unlock(&mutex);
  if (allowed) return fce_subscription_allow(subscription);
  return fce_subscription_deny(subscription, FCE_DENY_FORBIDDEN, str(sentence));
}

static int revoke(fce_node* node, const char* channel, const char* user, uint32_t reason) {
  fce_revocation what;
  fce_revocation_init(&what);
  what.tenant = str("t");
  what.channel = str(channel);
  what.user = str(user);
  what.reason = reason;
  return fce_revoke(node, &what);
}

static int obey(fce_node* node, char* line) {
  char* rest = strchr(line, ' ');
  if (rest) *rest++ = '\0';
  if (strcmp(line, "allow") == 0) return decide(1, "");
  if (!rest) return FCE_EINVAL;
  if (strcmp(line, "deny") == 0) return decide(0, rest);
  if (strcmp(line, "lock") == 0) {
    add(&locked, rest);
    return revoke(node, rest, "", FCE_END_LOCKED);
  }
  if (strcmp(line, "ban") == 0) {
    add(&banned, rest);
    return revoke(node, "", rest, FCE_END_BANNED);
  }
  char* text = strchr(rest, ' ');
  if (strcmp(line, "publish") != 0 || !text) return FCE_EINVAL;
  *text++ = '\0';
  return fce_publish(node, str("t"), str(rest), text, strlen(text), NULL, NULL);
}

static void check(int status, const char* what) {
  if (status == FCE_OK) return;
  fprintf(stderr, "%s: %s\n", what, fce_last_error());
  exit(1);
}

static fce_node* start(const char* key_file, uint32_t hook_ms, uint16_t* port) {
  fce_node* node = NULL;
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 2;
  check(fce_node_create(&options, &node), "create");
  fce_auth_options auth;
  fce_auth_options_init(&auth);
  auth.key_file = key_file;
  check(fce_node_set_auth(node, &auth), "auth");
  check(fce_node_set_subscribe_hook(node, on_subscribe, hook_ms, NULL, NULL), "hook");
  fce_listen_options where;
  fce_listen_options_init(&where);
  where.address = "127.0.0.1:0";
  check(fce_node_listen(node, &where, port), "listen");

  fce_routes* routes = NULL;
  check(fce_routes_create(&routes), "routes");
  fce_route_options route;
  fce_route_options_init(&route);
  route.pattern = "/live";
  fce_live_options live;
  fce_live_options_init(&live);
  live.tenant = "t";
  live.auth = FCE_AUTH_OPTIONAL;
  check(fce_routes_add_live(routes, &route, &live), "live route");
  route.pattern = "/feed/{channel}";
  fce_feed_options feed;
  fce_feed_options_init(&feed);
  feed.tenant = "t";
  feed.channel = "{channel}";
  feed.auth = FCE_AUTH_OPTIONAL;
  check(fce_routes_add_feed(routes, &route, &feed), "feed");
  check(fce_node_set_routes(node, routes), "set routes");
  fce_routes_destroy(routes);
  check(fce_node_start(node), "start");
  return node;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hook_host KEY_FILE HOOK_MS\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  uint16_t port = 0;
  fce_node* node = start(argv[1], (uint32_t)strtoul(argv[2], NULL, 10), &port);
  printf("port %d\n", port);
  char line[1024];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    const int status = obey(node, line);
    if (status == FCE_OK)
      printf("done\n");
    else
      printf("failed %s\n", fce_last_error());
  }
  /* Whatever is still held is decided after the node's end. */
  fce_node_stop(node);
  while (held_count > 0) decide(1, "");
  fce_node_destroy(node);
  return 0;
}
