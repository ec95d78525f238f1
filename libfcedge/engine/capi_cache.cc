// SPDX-License-Identifier: Apache-2.0
// include/fcedge/cache.h: the cache of a node.
#include <fcedge/cache.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "cache/cache_handler.h"
#include "cache/fill_driver.h"
#include "cache/path_rewrite.h"
#include "cache/policy.h"
#include "cache/purge_handler.h"
#include "cache/request_copy.h"
#include "cache/vary.h"
#include "engine/fields_in.h"
#include "engine/handles.h"
#include "engine/internal_call.h"
#include "engine/options.h"
#include "engine/origin_plan.h"
#include "engine/shard.h"
#include "engine/task.h"
#include "http/authority.h"
#include "http/name.h"
#include "http/path_prefix.h"

using namespace fce;

namespace {

constexpr uint64_t kDiskBytesMin = 16 << 20;
constexpr uint64_t kMemoryBytes = 64 << 20;
constexpr uint64_t kFetchBytes = 16 << 20;

Status no_cache() { return fail(Status::bad_state, "the node has no cache"); }

Status check_tenant(const char* tenant) {
  if (tenant && is_name(tenant)) return Status::ok;
  return fail(Status::invalid, "a tenant is named by 1 to 255 bytes without control characters");
}

Status read_policy(const fce_cached_options& known, PolicyOptions* out) {
  static constexpr SetCookiePolicy kSetCookie[] = {SetCookiePolicy::strip, SetCookiePolicy::refuse,
                                                   SetCookiePolicy::keep};
  if (known.set_cookie >= std::size(kSetCookie))
    return fail(Status::invalid, "set_cookie is 0, 1 or 2");
  if (known.heuristic_percent > 100) return fail(Status::invalid, "heuristic_percent is 1 to 100");
  if (known.name) out->cache_name = known.name;
  out->default_ttl_s = known.default_ttl_s;
  out->negative_ttl_s = known.negative_ttl_s;
  if (known.heuristic_percent) out->heuristic_percent = known.heuristic_percent;
  if (known.no_heuristic) out->heuristic_percent = 0;
  out->stale_while_revalidate_s = known.stale_while_revalidate_s;
  if (known.stale_if_error_s) out->stale_if_error_s = known.stale_if_error_s;
  if (known.no_stale_if_error) out->stale_if_error_s = 0;
  out->set_cookie = kSetCookie[known.set_cookie];
  out->ignore_client_cache_control = known.ignore_client_cache_control != 0;
  out->hide_surrogate_tags = known.show_tags == 0;
  return Status::ok;
}

// A GET for a key, as a client would have made it.
Status request_for(std::string_view key, Request* out) {
  const size_t slash = key.find('/');
  if (slash == key.npos || !valid_authority(std::string(key.substr(0, slash))))
    return fail(Status::invalid, "a key is HOST/PATH?QUERY");
  const std::string_view target = key.substr(slash);
  const size_t query = target.find('?');
  out->method = Method::get;
  out->method_text = "GET";
  out->host = out->authority = key.substr(0, slash);
  out->path = target.substr(0, query);
  if (query != target.npos) out->query = target.substr(query + 1);
  return Status::ok;
}

Status put(EdgeCache& cache, const char* tenant, std::string_view key, uint16_t status,
           const std::vector<std::pair<std::string, std::string>>& fields, Bytes body) {
  Request request;
  if (const Status valid = request_for(key, &request); valid != Status::ok) return valid;
  const PolicyOptions options;
  RequestCopy copy(request, options);
  std::vector<Header> headers;
  for (const auto& [name, value] : fields) headers.push_back({name, value});
  const auto now_ms = static_cast<int64_t>(wall_ms());
  StoreDecision decision =
      judge_answer(copy.cache_request(), {status, headers, now_ms, now_ms}, options, copy.arena());
  if (!decision.store())
    return fail(Status::invalid, "this answer is not to be stored: " +
                                     std::string(store_reason_name(decision.reason)));
  if (!decision.parts.vary.empty())
    return fail(Status::invalid, "an answer with Vary comes with a request, by a route");
  decision.parts.info.generation = cache.purges().now(static_cast<uint64_t>(now_ms));
  std::vector<uint8_t> meta;
  const Status encoded = encode_stored(decision.parts, &meta);
  if (encoded != Status::ok) return encoded;
  const ObjectName name{tenant, key};
  cache.fills().invalidate(name);
  return cache.store().put(name, meta, std::span(&body, 1));
}

}  // namespace

extern "C" {

void fce_cache_options_init(fce_cache_options* options) { init_options(options); }
void fce_cached_options_init(fce_cached_options* options) { init_options(options); }

int fce_node_set_cache(fce_node* node, const fce_cache_options* options) {
  fce_cache_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && (!node || !known.directory || !*known.directory))
    status = fail(Status::invalid, "the node or the cache's directory is missing");
  if (status == Status::ok && known.disk_bytes_max && known.disk_bytes_max < kDiskBytesMin)
    status = fail(Status::invalid, "disk_bytes_max is less than 16 MiB");
  if (status == Status::ok && known.tenant_percent > 100)
    status = fail(Status::invalid, "tenant_percent is 1 to 100");
  if (status != Status::ok) return to_c(status);
  StoreOptions store;
  store.directory = known.directory;
  if (known.disk_bytes_max) store.disk_bytes_max = known.disk_bytes_max;
  store.memory_bytes_max = known.memory_bytes_max ? known.memory_bytes_max : kMemoryBytes;
  if (known.no_memory) store.memory_bytes_max = 0;
  if (known.small_bytes_max) store.small_max = known.small_bytes_max;
  if (known.tenant_percent) store.tenant_share = known.tenant_percent / 100.0;
  if (known.key_file) store.key_file = known.key_file;
  return to_c(node->node.set_cache(store));
}

int fce_routes_add_cached(fce_routes* routes, const fce_route_options* options,
                          const fce_cached_options* cached, fce_origin* origin) {
  fce_cached_options known;
  Status status = take_options(cached, &known);
  if (status == Status::ok && (!routes || !origin))
    status = fail(Status::invalid, "the table or the origin is NULL");
  if (status == Status::ok) status = check_tenant(known.tenant);
  PolicyOptions policy;
  if (status == Status::ok) status = read_policy(known, &policy);
  const std::string strip = text_of(known.strip_prefix);
  if (status == Status::ok) status = check_path_prefix(strip);
  Route route;
  if (status == Status::ok) status = RoutePlan::read(options, "GET", &route);
  if (status != Status::ok) return to_c(status);
  const uint32_t collapse_ms = known.collapse_ms ? known.collapse_ms : 10'000;
  return to_c(routes->plan.add(
      route, [policy, strip, collapse_ms, tenant = std::string(known.tenant), plan = origin->plan](
                 Node& node, std::shared_ptr<const Handler>* out) {
        if (!node.cache()) return no_cache();
        std::shared_ptr<const Fetcher> fetcher;
        if (const Status got = plan->get(node, &fetcher); got != Status::ok) return got;
        if (!strip.empty()) fetcher = std::make_shared<PathRewrite>(std::move(fetcher), strip);
        *out = std::make_shared<CacheHandler>(std::make_shared<const CachedRoute>(
            CachedRoute{*node.cache(), tenant, policy, std::move(fetcher), collapse_ms}));
        return Status::ok;
      }));
}

int fce_routes_add_purge(fce_routes* routes, const fce_route_options* options, const char* tenant,
                         const char* secret) {
  Status status = check_tenant(tenant);
  if (status == Status::ok && (!routes || !secret || std::strlen(secret) < 16))
    status = fail(Status::invalid, "a purge route needs a secret of 16 bytes or more");
  Route route;
  if (status == Status::ok) status = RoutePlan::read(options, "POST,PURGE", &route);
  if (status != Status::ok) return to_c(status);
  return to_c(routes->plan.add(route, [tenant = std::string(tenant), secret = std::string(secret)](
                                          Node& node, std::shared_ptr<const Handler>* out) {
    if (!node.cache()) return no_cache();
    *out = std::make_shared<PurgeHandler>(*node.cache(), tenant, secret);
    return Status::ok;
  }));
}

int fce_cache_purge(fce_node* node, const char* tenant, uint32_t kind, const char* text,
                    uint32_t soft) {
  Status status = check_tenant(tenant);
  if (status == Status::ok && (!node || !text || kind > FCE_PURGE_TAG))
    status = fail(Status::invalid, "what is to be purged is not said");
  if (status == Status::ok) status = EdgeCache::check_purge(static_cast<PurgeKind>(kind), text);
  if (status == Status::ok && !node->node.cache()) status = no_cache();
  if (status != Status::ok) return to_c(status);
  return to_c(
      node->node.cache()->purge({static_cast<PurgeKind>(kind), soft != 0, tenant, text}, true));
}

int fce_cache_put(fce_node* node, const char* tenant, const char* key, uint32_t status,
                  const fce_header* headers, size_t header_count, const void* body,
                  size_t body_len) {
  Status valid = check_tenant(tenant);
  if (valid == Status::ok && (!node || !key || status < 200 || status > 599))
    valid = fail(Status::invalid, "the node, the key or the status is not valid");
  if (valid == Status::ok && !node->node.cache()) valid = no_cache();
  std::vector<std::pair<std::string, std::string>> fields;
  if (valid == Status::ok) valid = read_fields(headers, header_count, &fields);
  if (valid != Status::ok) return to_c(valid);
  return to_c(put(*node->node.cache(), tenant, EdgeCache::key_text(key),
                  static_cast<uint16_t>(status), fields,
                  {static_cast<const uint8_t*>(body), body_len}));
}

int fce_cache_fetch(fce_node* node, const char* host, const char* target, const fce_header* headers,
                    size_t header_count, uint64_t body_bytes_max, fce_cache_fetch_fn done,
                    void* user) {
  if (!node || !host || !valid_authority(host) || !target || target[0] != '/' || !done)
    return to_c(fail(Status::invalid, "the node, the host, the target or the callback is missing"));
  InternalCall::Question question;
  question.host = host;
  std::transform(question.host.begin(), question.host.end(), question.host.begin(), ascii_lower);
  question.target = target;
  question.body_bytes_max = body_bytes_max ? body_bytes_max : kFetchBytes;
  question.done = done;
  question.user = user;
  const Status status = read_fields(headers, header_count, &question.headers);
  if (status != Status::ok) return to_c(status);
  return to_c(node->node.call(std::move(question)));
}

int fce_cache_get_stats(fce_node* node, fce_cache_stats* stats) {
  if (!node || !stats || stats->size < sizeof(uint32_t))
    return to_c(fail(Status::invalid, "the node or the place for the figures is missing"));
  if (!node->node.cache()) return to_c(no_cache());
  const StoreStats now = node->node.cache()->store().stats();
  fce_cache_stats out{};
  out.size = std::min<uint32_t>(stats->size, sizeof out);
  out.objects = now.objects;
  out.disk_bytes = now.disk_bytes;
  out.disk_bytes_max = now.disk_bytes_max;
  out.memory_bytes = now.memory.bytes;
  out.index_bytes = now.index_bytes;
  out.queue_bytes = now.queue_bytes;
  out.purges = node->node.cache()->purges().entries();
  out.recovering = now.recovering ? 1 : 0;
  out.resting = now.resting ? 1 : 0;
  std::memcpy(stats, &out, out.size);
  return FCE_OK;
}

}  // extern "C"
