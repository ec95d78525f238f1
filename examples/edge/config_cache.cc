// SPDX-License-Identifier: Apache-2.0
#include "config_cache.h"

#include "config_route.h"
#include "files.h"

namespace edge {
namespace {

constexpr uint32_t kMsMax = 24u * 3600 * 1000;
constexpr uint32_t kYearS = 366u * 24 * 3600;
constexpr uint64_t kMiB = 1u << 20;

// A flag that the library has by its opposite.
void read_negative(Section& section, const char* key, uint32_t* no) {
  bool yes = *no == 0;
  section.flag(key, &yes);
  *no = yes ? 0 : 1;
}

void read_flag(Section& section, const char* key, uint32_t* out) {
  bool yes = *out != 0;
  section.flag(key, &yes);
  *out = yes ? 1 : 0;
}

OriginName read_origin_name(Section& section) {
  OriginName origin;
  origin.place = section.text("origin", &origin.name);
  require(section, "origin", origin.name);
  return origin;
}

}  // namespace

CacheSettings read_cache(Section section) {
  CacheSettings settings;
  settings.place = section.place();
  settings.directory.place = section.path("directory", &settings.directory.path);
  settings.key_file.place = section.path("key_file", &settings.key_file.path);
  section.number("disk_mib_max", &settings.disk_mib_max, 16, 1u << 30);
  uint32_t memory = UINT32_MAX;
  section.number("memory_mib_max", &memory, 0, 1u << 24);
  if (memory != UINT32_MAX) settings.memory_mib_max = memory;
  section.number("small_bytes_max", &settings.small_bytes_max, 1, 1u << 30);
  section.number("tenant_percent", &settings.tenant_percent, 1, 100);
  section.finish();
  if (settings.place.line != 0) require(section, "directory", settings.directory.path);
  return settings;
}

CachedSettings read_cached(Section& section) {
  CachedSettings settings;
  settings.route = read_route(section, "");
  read_compress(section, &settings.route);
  read_methods(section, &settings.methods);
  section.text("tenant", &settings.tenant);
  require(section, "tenant", settings.tenant);
  settings.origin = read_origin_name(section);
  section.text("name", &settings.name);
  section.text("strip_prefix", &settings.strip_prefix);
  fce_cached_options& options = settings.options;
  fce_cached_options_init(&options);
  section.number("default_ttl_s", &options.default_ttl_s, 0, kYearS);
  section.number("negative_ttl_s", &options.negative_ttl_s, 0, kYearS);
  section.number("heuristic_percent", &options.heuristic_percent, 1, 100);
  read_negative(section, "heuristic", &options.no_heuristic);
  section.number("stale_while_revalidate_s", &options.stale_while_revalidate_s, 0, kYearS);
  uint32_t stale_if_error_s = UINT32_MAX;
  section.number("stale_if_error_s", &stale_if_error_s, 0, kYearS);
  options.no_stale_if_error = stale_if_error_s == 0 ? 1 : 0;
  if (stale_if_error_s != UINT32_MAX) options.stale_if_error_s = stale_if_error_s;
  size_t set_cookie = FCE_SET_COOKIE_STRIP;
  section.choice("set_cookie", &set_cookie, {"strip", "refuse", "keep"});
  options.set_cookie = static_cast<uint32_t>(set_cookie);
  read_flag(section, "ignore_client_cache_control", &options.ignore_client_cache_control);
  read_flag(section, "show_tags", &options.show_tags);
  section.number("collapse_ms", &options.collapse_ms, 1, kMsMax);
  section.finish();
  return settings;
}

ProxySettings read_proxy(Section& section) {
  ProxySettings settings;
  settings.route = read_route(section, "");
  read_compress(section, &settings.route);
  read_methods(section, &settings.methods);
  settings.origin = read_origin_name(section);
  section.text("strip_prefix", &settings.strip_prefix);
  section.text("add_prefix", &settings.add_prefix);
  section.text("host_sent", &settings.host_sent);
  section.words("trusted", &settings.trusted);
  section.text_or_empty("via", &settings.via);
  fce_proxy_options& options = settings.options;
  fce_proxy_options_init(&options);
  read_flag(section, "forwarded", &options.forwarded);
  read_negative(section, "x_forwarded", &options.no_x_forwarded);
  read_flag(section, "trace", &options.trace);
  read_negative(section, "informational", &options.no_informational);
  read_negative(section, "websocket", &options.no_websocket);
  section.number("answer_ms", &options.answer_ms, 1, kMsMax);
  section.number("tunnel_idle_ms", &options.tunnel_idle_ms, 1, kMsMax);
  section.finish();
  return settings;
}

PurgeSettings read_purge(Section& section) {
  PurgeSettings settings;
  settings.route = read_route(section, "");
  section.text("tenant", &settings.tenant);
  require(section, "tenant", settings.tenant);
  settings.secret_file.place = section.path("secret_file", &settings.secret_file.path);
  require(section, "secret_file", settings.secret_file.path);
  section.finish();
  return settings;
}

void check_cached(const Config& config, const CacheSettings& cache) {
  if (cache.given()) return;
  const char* fault = config.cache.given() ? "needs the [cache], which waits for the next start"
                                           : "needs a [cache] with its directory";
  for (const CachedSettings& cached : config.cached) config.fail(cached.route.place, fault);
  for (const PurgeSettings& purge : config.purges) config.fail(purge.route.place, fault);
}

void set_cache(fce_node* node, const Config& config) {
  const CacheSettings& settings = config.cache;
  if (!settings.given()) return;
  make_private_directory(config, settings.directory);
  fce_cache_options options;
  fce_cache_options_init(&options);
  options.directory = settings.directory.path.c_str();
  options.disk_bytes_max = settings.disk_mib_max * kMiB;
  options.memory_bytes_max = settings.memory_mib_max.value_or(0) * kMiB;
  options.no_memory = settings.memory_mib_max == 0u ? 1 : 0;
  options.small_bytes_max = settings.small_bytes_max;
  options.tenant_percent = settings.tenant_percent;
  if (!settings.key_file.path.empty()) options.key_file = settings.key_file.path.c_str();
  if (fce_node_set_cache(node, &options) != FCE_OK)
    config.fail(settings.directory.place, fce_last_error());
}

}  // namespace edge
