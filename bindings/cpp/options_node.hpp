// SPDX-License-Identifier: Apache-2.0
//
// Options of nodes, listeners, routes and of who clients are. Members mean what they mean in the
// structs of the C ABI that these become.
#ifndef FCEDGE_CPP_OPTIONS_NODE_HPP_
#define FCEDGE_CPP_OPTIONS_NODE_HPP_

#include <fcedge/auth.h>
#include <fcedge/http.h>

#include "options.hpp"

FCEDGE_BEGIN

enum class LogLevel : int32_t {
  debug = FCE_LOG_DEBUG,
  info = FCE_LOG_INFO,
  warn = FCE_LOG_WARN,
  error = FCE_LOG_ERROR,
  off = FCE_LOG_OFF
};

enum class IoUring : uint32_t { allowed = 0, always = 1, never = 2 };

enum class Auth : uint32_t {
  none = FCE_AUTH_NONE,
  optional = FCE_AUTH_OPTIONAL,
  required = FCE_AUTH_REQUIRED
};

struct Limits {
  uint32_t size = sizeof(fce_limits);
  uint32_t connections_max = 0;
  uint32_t request_line_bytes_max = 0;
  uint32_t header_bytes_max = 0;
  uint32_t header_count_max = 0;
  uint32_t body_bytes_max = 0;
  uint32_t tls_handshake_ms = 0;
  uint32_t header_ms = 0;
  uint32_t body_ms = 0;
  uint32_t write_ms = 0;
  uint32_t idle_ms = 0;
  uint32_t handler_ms = 0;
  uint32_t pipeline_max = 0;
  uint32_t h2_streams_max = 0;
  uint32_t h2_resets_per_s = 0;
  uint32_t h2_continuations_max = 0;
  uint32_t h2_control_per_s = 0;
  uint32_t tls_handshakes_per_turn = 0;
  uint32_t tls_key_updates_max = 0;
  uint32_t ws_message_bytes_max = 0;
  uint32_t ws_control_per_s = 0;
  uint32_t h2_idle_ms = 0;
  uint32_t tls_handshakes_pending_max = 0;
  uint32_t tls_handshakes_us = 0;
  uint32_t overload_ms = 0;
  uint32_t ws_inflate_bytes_per_s = 0;

  FCEDGE_OPTIONS_(fce_limits)
};

struct NodeOptions {
  uint32_t size = sizeof(fce_node_options);
  uint32_t shards = 0;
  Field name;
  Field state_dir;
  const fce_limits* limits = nullptr;
  uint32_t history_messages = 0;
  uint32_t history_bytes = 0;
  uint32_t message_bytes_max = 0;
  uint32_t channels_max = 0;
  uint32_t fanout_us = 0;
  uint32_t workers = 0;
  IoUring io_uring{};
  uint32_t h2_websocket = 0;
  uint32_t log_mib_max = 0;

  FCEDGE_OPTIONS_(fce_node_options)
};

struct ListenOptions {
  uint32_t size = sizeof(fce_listen_options);
  Field address;
  uint32_t tls = 0;
  uint32_t backlog = 0;
  uint32_t unix_mode = 0;
  uint32_t proxy_protocol = 0;
  Field proxy_protocol_from;

  FCEDGE_OPTIONS_(fce_listen_options)
};

struct Certificate {
  uint32_t size = sizeof(fce_certificate);
  Field chain_file;
  Field key_file;

  FCEDGE_OPTIONS_(fce_certificate)
};

struct RouteOptions {
  uint32_t size = sizeof(fce_route_options);
  Field pattern;
  Field methods;
  Field host;
  Field origins;
  uint32_t body_bytes_max = 0;
  uint32_t compress = 0;
  uint32_t compress_level = 0;
  uint32_t compress_bytes_min = 0;
  Field compress_types;

  FCEDGE_OPTIONS_(fce_route_options)
};

struct DirectoryOptions {
  uint32_t size = sizeof(fce_directory_options);
  Field root;
  Field index;
  Field cache_control;
  uint32_t precompressed = 0;
  uint32_t memory_bytes_max = 0;
  uint32_t revalidate_ms = 0;

  FCEDGE_OPTIONS_(fce_directory_options)
};

struct AuthOptions {
  uint32_t size = sizeof(fce_auth_options);
  Field key_file;
  Field audience;
  Field issuer;
  Field tenant;
  uint32_t leeway_s = 0;
  uint32_t token_bytes_max = 0;
  uint32_t anonymous = 0;
  Field session_secret_file;
  uint32_t session_ttl_s = 0;

  FCEDGE_OPTIONS_(fce_auth_options)
};

FCEDGE_END

#endif  // FCEDGE_CPP_OPTIONS_NODE_HPP_
