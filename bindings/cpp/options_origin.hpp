// SPDX-License-Identifier: Apache-2.0
//
// Options of origins, proxies and the cache. Members mean what they mean in the structs
// of the C ABI that these become.
#ifndef FCEDGE_CPP_OPTIONS_ORIGIN_HPP_
#define FCEDGE_CPP_OPTIONS_ORIGIN_HPP_

#include <fcedge/cache.h>
#include <fcedge/origin.h>

#include "options.hpp"

FCEDGE_BEGIN

enum class Balance : uint32_t {
  least_connections = FCE_BALANCE_LEAST_CONNECTIONS,
  round_robin = FCE_BALANCE_ROUND_ROBIN
};

enum class S3Credentials : uint32_t {
  automatic = FCE_S3_CREDENTIALS_AUTOMATIC,
  given = FCE_S3_CREDENTIALS_GIVEN,
  environment = FCE_S3_CREDENTIALS_ENVIRONMENT,
  file = FCE_S3_CREDENTIALS_FILE,
  none = FCE_S3_CREDENTIALS_NONE
};

enum class SetCookie : uint32_t {
  strip = FCE_SET_COOKIE_STRIP,
  refuse = FCE_SET_COOKIE_REFUSE,
  keep = FCE_SET_COOKIE_KEEP
};

enum class Purge : uint32_t { key = FCE_PURGE_KEY, prefix = FCE_PURGE_PREFIX, tag = FCE_PURGE_TAG };

struct Server {
  uint32_t size = sizeof(fce_server);
  Field url;
  uint32_t weight = 0;
  uint32_t backup = 0;

  FCEDGE_OPTIONS_(fce_server)
};

struct UpstreamOptions {
  uint32_t size = sizeof(fce_upstream_options);
  Field name;
  List<fce_server> servers;
  Balance balance{};
  uint32_t clear_text = 0;
  uint32_t connections_max = 0;
  uint32_t idle_max = 0;
  uint32_t keepalive_ms = 0;
  uint32_t queue_max = 0;
  uint32_t queue_ms = 0;
  uint32_t connect_ms = 0;
  uint32_t first_byte_ms = 0;
  uint32_t idle_ms = 0;
  uint32_t head_bytes_max = 0;
  uint32_t tries_max = 0;
  uint32_t retry_percent = 0;
  uint32_t fails_max = 0;
  uint32_t fail_window_ms = 0;
  uint32_t down_ms = 0;
  Field check_path;
  uint32_t check_interval_ms = 0;
  uint32_t check_ms = 0;
  uint32_t check_status = 0;
  uint32_t check_rise = 0;
  uint32_t check_fall = 0;
  Field tls_ca_file;
  Field tls_name;
  uint32_t tls_insecure = 0;

  FCEDGE_OPTIONS_(fce_upstream_options)
};

struct S3Options {
  uint32_t size = sizeof(fce_s3_options);
  Field bucket;
  Field region;
  Field endpoint;
  uint32_t path_style = 0;
  Field prefix;
  Field index;
  uint32_t forbidden_is_absent = 0;
  S3Credentials credentials{};
  Field key_id;
  Field secret_file;
  Field shared_file;
  Field profile;
  const fce_upstream_options* upstream = nullptr;

  FCEDGE_OPTIONS_(fce_s3_options)
};

struct ProxyOptions {
  uint32_t size = sizeof(fce_proxy_options);
  Field strip_prefix;
  Field add_prefix;
  Field host;
  uint32_t forwarded = 0;
  uint32_t no_x_forwarded = 0;
  Field trusted;
  Field via;
  uint32_t trace = 0;
  uint32_t no_informational = 0;
  uint32_t no_websocket = 0;
  uint32_t answer_ms = 0;
  uint32_t tunnel_idle_ms = 0;

  FCEDGE_OPTIONS_(fce_proxy_options)
};

struct CacheOptions {
  uint32_t size = sizeof(fce_cache_options);
  Field directory;
  uint64_t disk_bytes_max = 0;
  uint64_t memory_bytes_max = 0;
  uint32_t no_memory = 0;
  uint32_t small_bytes_max = 0;
  uint32_t tenant_percent = 0;
  Field key_file;

  FCEDGE_OPTIONS_(fce_cache_options)
};

struct CachedOptions {
  uint32_t size = sizeof(fce_cached_options);
  Field tenant;
  Field name;
  uint32_t default_ttl_s = 0;
  uint32_t negative_ttl_s = 0;
  uint32_t heuristic_percent = 0;
  uint32_t no_heuristic = 0;
  uint32_t stale_while_revalidate_s = 0;
  uint32_t stale_if_error_s = 0;
  uint32_t no_stale_if_error = 0;
  SetCookie set_cookie{};
  uint32_t ignore_client_cache_control = 0;
  uint32_t show_tags = 0;
  uint32_t collapse_ms = 0;
  Field strip_prefix;

  FCEDGE_OPTIONS_(fce_cached_options)
};

FCEDGE_END

#endif  // FCEDGE_CPP_OPTIONS_ORIGIN_HPP_
