// SPDX-License-Identifier: Apache-2.0
//
// Options of feeds, live routes, namespaces and publications. Members mean what they mean in the
// structs of the C ABI that these become.
#ifndef FCEDGE_CPP_OPTIONS_PUBSUB_HPP_
#define FCEDGE_CPP_OPTIONS_PUBSUB_HPP_

#include <fcedge/pubsub.h>

#include "options_node.hpp"

FCEDGE_BEGIN

enum class Overflow : uint32_t {
  gap = FCE_OVERFLOW_GAP,
  close = FCE_OVERFLOW_CLOSE,
  conflate = FCE_OVERFLOW_CONFLATE,
  latest = FCE_OVERFLOW_LATEST
};

enum class PublishBy : uint32_t {
  token = FCE_PUBLISH_TOKEN,
  none = FCE_PUBLISH_NONE,
  any = FCE_PUBLISH_ANY
};

enum class Presence : uint32_t {
  counts = FCE_PRESENCE_COUNTS,
  none = FCE_PRESENCE_NONE,
  members = FCE_PRESENCE_MEMBERS
};

enum class Deny : uint32_t {
  forbidden = FCE_DENY_FORBIDDEN,
  unauthorized = FCE_DENY_UNAUTHORIZED,
  busy = FCE_DENY_BUSY
};

enum class End : uint32_t {
  revoked = FCE_END_REVOKED,
  locked = FCE_END_LOCKED,
  banned = FCE_END_BANNED
};

struct FeedOptions {
  uint32_t size = sizeof(fce_feed_options);
  Field tenant;
  Field channel;
  uint32_t no_websocket = 0;
  uint32_t no_sse = 0;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;
  uint32_t retry_ms = 0;
  uint32_t no_stream = 0;
  uint32_t no_poll = 0;
  Auth auth{};
  uint32_t anonymous = 0;
  uint32_t deflate = 0;

  FCEDGE_OPTIONS_(fce_feed_options)
};

struct LiveOptions {
  uint32_t size = sizeof(fce_live_options);
  Field tenant;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;
  uint32_t channels_max = 0;
  uint32_t commands_per_s = 0;
  Auth auth{};
  uint32_t anonymous = 0;
  uint32_t deflate = 0;

  FCEDGE_OPTIONS_(fce_live_options)
};

struct PublishRouteOptions {
  uint32_t size = sizeof(fce_publish_route_options);
  Field tenant;
  Field channel;
  Field secret;
  uint32_t rate_per_s = 0;

  FCEDGE_OPTIONS_(fce_publish_route_options)
};

struct WidgetOptions {
  uint32_t size = sizeof(fce_widget_options);
  Field tenant;
  Field name_space;
  Field ping_text;
  Field pong_text;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;

  FCEDGE_OPTIONS_(fce_widget_options)
};

struct NamespaceOptions {
  uint32_t size = sizeof(fce_namespace_options);
  Field name;
  uint32_t history_messages = 0;
  uint32_t history_bytes = 0;
  uint32_t history_ms = 0;
  uint32_t cache = 0;
  Overflow overflow{};
  PublishBy publish{};
  Presence presence{};
  uint32_t no_audience = 0;
  uint32_t message_bytes_max = 0;
  uint32_t publish_per_s = 0;
  uint32_t subscribers_max = 0;
  uint32_t presence_members_max = 0;
  uint32_t presence_leave_ms = 0;

  FCEDGE_OPTIONS_(fce_namespace_options)
};

struct Publication {
  uint32_t size = sizeof(fce_publication);
  View tenant;
  View channel;
  View data;
  View key;
  View author;
  List<fce_str> groups;
  List<fce_str> users;
  List<fce_str> exclude;

  FCEDGE_OPTIONS_(fce_publication)
};

struct Revocation {
  uint32_t size = sizeof(fce_revocation);
  View tenant;
  View channel;
  View user;
  End reason{};

  FCEDGE_OPTIONS_(fce_revocation)
};

FCEDGE_END

#endif  // FCEDGE_CPP_OPTIONS_PUBSUB_HPP_
