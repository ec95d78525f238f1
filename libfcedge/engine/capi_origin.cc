// SPDX-License-Identifier: Apache-2.0
// include/fcedge/origin.h: origins and reverse proxies.
#include <fcedge/origin.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cache/directory_origin.h"
#include "cache/failover.h"
#include "cache/http_origin.h"
#include "cache/s3_origin.h"
#include "engine/handles.h"
#include "engine/options.h"
#include "engine/origin_plan.h"
#include "http/proxy.h"
#include "http/upstream.h"

using namespace fce;

namespace {

// A field that is left out keeps the default of the room.
template <class T, class U>
void set_if_given(T* field, U value) {
  if (value) *field = static_cast<T>(value);
}

// All but the servers.
Status read_upstream(const fce_upstream_options& known, UpstreamOptions* out) {
  if (known.balance > FCE_BALANCE_ROUND_ROBIN)
    return fail(Status::invalid, "there is no balance " + std::to_string(known.balance));
  if (known.check_status > 599 || (known.check_status > 0 && known.check_status < 100))
    return fail(Status::invalid, "check_status is no status");
  out->name = text_of(known.name);
  out->balance = static_cast<Balance>(known.balance);
  set_if_given(&out->connections_max, known.connections_max);
  set_if_given(&out->idle_max, known.idle_max);
  set_if_given(&out->keepalive_ms, known.keepalive_ms);
  set_if_given(&out->queue_max, known.queue_max);
  set_if_given(&out->queue_ms, known.queue_ms);
  set_if_given(&out->connect_ms, known.connect_ms);
  set_if_given(&out->first_byte_ms, known.first_byte_ms);
  set_if_given(&out->idle_ms, known.idle_ms);
  set_if_given(&out->head_bytes_max, known.head_bytes_max);
  set_if_given(&out->tries_max, known.tries_max);
  set_if_given(&out->retry_percent, known.retry_percent);
  set_if_given(&out->fails_max, known.fails_max);
  set_if_given(&out->fail_window_ms, known.fail_window_ms);
  set_if_given(&out->down_ms, known.down_ms);
  out->check_path = text_of(known.check_path);
  set_if_given(&out->check_interval_ms, known.check_interval_ms);
  set_if_given(&out->check_ms, known.check_ms);
  out->check_status = static_cast<uint16_t>(known.check_status);
  set_if_given(&out->check_rise, known.check_rise);
  set_if_given(&out->check_fall, known.check_fall);
  out->tls_ca_file = text_of(known.tls_ca_file);
  out->tls_name = text_of(known.tls_name);
  out->tls_insecure = known.tls_insecure != 0;
  out->clear_text = known.clear_text != 0;
  return Status::ok;
}

Status add_server(const fce_server* given, bool clear_text, UpstreamOptions* out) {
  fce_server known;
  Status status = take_options(given, &known);
  if (status != Status::ok) return status;
  OriginUrl url;
  status = OriginUrl::parse(text_of(known.url), &url);
  if (status == Status::ok) status = check_clear_text(url, clear_text);
  if (status != Status::ok) return status;
  if (!url.prefix.empty()) return fail(Status::invalid, "a server's URL has no path");
  if (known.weight > 1000) return fail(Status::invalid, "a weight is 1 to 1000");
  out->peers.push_back({known.url, known.weight ? known.weight : 1, known.backup != 0});
  if (out->name.empty()) out->name = known.url;
  return Status::ok;
}

class ServersPlan final : public OriginPlan {
 public:
  UpstreamOptions upstream;
  HttpOriginOptions http;

 private:
  Status make(Node&, std::shared_ptr<const Fetcher>* out) override {
    std::shared_ptr<const Upstream> servers;
    const Status status = Upstream::make(upstream, &servers);
    return status == Status::ok ? HttpOrigin::make(http, std::move(servers), out) : status;
  }
};

class S3Plan final : public OriginPlan {
 public:
  UpstreamOptions upstream;
  S3OriginOptions s3;

 private:
  Status make(Node&, std::shared_ptr<const Fetcher>* out) override {
    std::shared_ptr<const Upstream> servers;
    const Status status = Upstream::make(upstream, &servers);
    return status == Status::ok ? S3Origin::make(s3, std::move(servers), out) : status;
  }
};

class DirectoryPlan final : public OriginPlan {
 public:
  DirectoryOriginOptions directory;

 private:
  Status make(Node& node, std::shared_ptr<const Fetcher>* out) override {
    return DirectoryOrigin::make(directory, *node.workers(), out);
  }
};

class FailoverPlan final : public OriginPlan {
 public:
  FailoverOptions failover;
  std::vector<std::shared_ptr<OriginPlan>> origins;

 private:
  Status make(Node& node, std::shared_ptr<const Fetcher>* out) override {
    std::vector<std::shared_ptr<const Fetcher>> fetchers(origins.size());
    for (size_t i = 0; i < origins.size(); ++i)
      if (const Status status = origins[i]->get(node, &fetchers[i]); status != Status::ok)
        return status;
    return Failover::make(failover, std::move(fetchers), out);
  }
};

// Stands for the origin that is made later, while options are checked.
class NoFetcher final : public Fetcher {
 public:
  std::unique_ptr<Fetch> start(HttpContext&, FetchRequest&&, FetchSink&) const override {
    return nullptr;
  }
};

int hand_out(std::shared_ptr<OriginPlan> plan, fce_origin** out) {
  *out = new fce_origin{std::move(plan)};
  return FCE_OK;
}

Status read_credentials(const fce_s3_options& known, S3CredentialOptions* out) {
  using From = S3CredentialOptions::From;
  static constexpr From kFrom[] = {From::automatic, From::configuration, From::environment,
                                   From::shared_file, From::anonymous};
  if (known.credentials >= std::size(kFrom))
    return fail(Status::invalid, "there are no credentials " + std::to_string(known.credentials));
  out->from = kFrom[known.credentials];
  out->key_id = text_of(known.key_id);
  out->secret_file = text_of(known.secret_file);
  out->shared_file = text_of(known.shared_file);
  out->profile = text_of(known.profile);
  return Status::ok;
}

std::vector<std::string> words_of(const char* text) {
  std::vector<std::string> words;
  std::string word;
  for (const char* c = text ? text : ""; *c; ++c) {
    if (*c != ' ') {
      word += *c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace

extern "C" {

void fce_server_init(fce_server* server) { init_options(server); }
void fce_upstream_options_init(fce_upstream_options* options) { init_options(options); }
void fce_s3_options_init(fce_s3_options* options) { init_options(options); }
void fce_proxy_options_init(fce_proxy_options* options) { init_options(options); }

void fce_origin_destroy(fce_origin* origin) { delete origin; }

int fce_origin_create_servers(const fce_upstream_options* options, const char* host,
                              const char* prefix, const fce_header* headers, size_t header_count,
                              fce_origin** out) {
  fce_upstream_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && (!out || !known.servers || known.server_count == 0))
    status = fail(Status::invalid, "an origin of servers needs one");
  if (status != Status::ok) return to_c(status);
  auto plan = std::make_shared<ServersPlan>();
  status = read_upstream(known, &plan->upstream);
  // The caller's version of the struct says how far apart they are.
  const auto* at = reinterpret_cast<const char*>(known.servers);
  for (size_t i = 0; i < known.server_count && status == Status::ok; ++i) {
    const auto* server = reinterpret_cast<const fce_server*>(at);
    status = add_server(server, known.clear_text != 0, &plan->upstream);
    at += server->size;
  }
  if (status != Status::ok) return to_c(status);
  // Several servers are one site: without `host` it has the first one's name.
  plan->http.url = plan->upstream.peers.front().url;
  plan->http.prefix = text_of(prefix);
  plan->http.clear_text = known.clear_text != 0;
  plan->http.host = text_of(host);
  for (size_t i = 0; i < header_count; ++i)
    plan->http.headers.emplace_back(std::string(headers[i].name.data, headers[i].name.len),
                                    std::string(headers[i].value.data, headers[i].value.len));
  // Checked now, with a server that is none.
  std::shared_ptr<const Fetcher> checked;
  status = HttpOrigin::make(plan->http, std::make_shared<NoFetcher>(), &checked);
  return status == Status::ok ? hand_out(std::move(plan), out) : to_c(status);
}

int fce_origin_create_s3(const fce_s3_options* options, fce_origin** out) {
  fce_s3_options known;
  Status status = take_options(options, &known);
  if (status == Status::ok && !out) status = fail(Status::invalid, "there is no place for it");
  fce_upstream_options upstream;
  init_options(&upstream);
  if (status == Status::ok && known.upstream) status = take_options(known.upstream, &upstream);
  if (status != Status::ok) return to_c(status);
  auto plan = std::make_shared<S3Plan>();
  plan->s3.bucket = text_of(known.bucket);
  plan->s3.region = text_of(known.region);
  plan->s3.endpoint = text_of(known.endpoint);
  plan->s3.path_style = known.path_style != 0;
  plan->s3.prefix = text_of(known.prefix);
  plan->s3.index = text_of(known.index);
  plan->s3.forbidden_is_absent = known.forbidden_is_absent != 0;
  plan->s3.clear_text = upstream.clear_text != 0;
  status = read_credentials(known, &plan->s3.credentials);
  S3Place place;
  if (status == Status::ok) status = S3Place::from(plan->s3, &place);
  if (status == Status::ok) status = read_upstream(upstream, &plan->upstream);
  if (status != Status::ok) return to_c(status);
  plan->upstream.peers.push_back({place.url.server_url(), 1, false});
  plan->upstream.name = "s3:" + plan->s3.bucket;
  return hand_out(std::move(plan), out);
}

int fce_origin_create_directory(const char* root, const char* index, const char* cache_control,
                                fce_origin** out) {
  if (!root || !*root || !out) return to_c(fail(Status::invalid, "a directory needs a root"));
  auto plan = std::make_shared<DirectoryPlan>();
  plan->directory.root = root;
  if (index) plan->directory.index = index;
  plan->directory.cache_control = text_of(cache_control);
  return hand_out(std::move(plan), out);
}

int fce_origin_create_failover(fce_origin* const* origins, size_t origin_count,
                               const uint16_t* statuses, size_t status_count, fce_origin** out) {
  if (!origins || origin_count == 0 || !out)
    return to_c(fail(Status::invalid, "there are no origins"));
  auto plan = std::make_shared<FailoverPlan>();
  if (statuses) plan->failover.statuses.assign(statuses, statuses + status_count);
  for (const uint16_t status : plan->failover.statuses)
    if (status < 400 || status > 599)
      return to_c(fail(Status::invalid, std::to_string(status) + " is no status of an error"));
  for (size_t i = 0; i < origin_count; ++i) {
    if (!origins[i]) return to_c(fail(Status::invalid, "an origin is NULL"));
    plan->origins.push_back(origins[i]->plan);
  }
  return hand_out(std::move(plan), out);
}

int fce_routes_add_proxy(fce_routes* routes, const fce_route_options* options,
                         const fce_proxy_options* proxy, fce_origin* origin) {
  fce_proxy_options known;
  Status status = take_options(proxy, &known);
  if (status == Status::ok && (!routes || !origin))
    status = fail(Status::invalid, "the table or the origin is NULL");
  Route route;
  if (status == Status::ok)
    status = RoutePlan::read(options, "GET,POST,PUT,PATCH,DELETE,OPTIONS", &route);
  if (status != Status::ok) return to_c(status);
  ProxyOptions settings;
  settings.strip_prefix = text_of(known.strip_prefix);
  settings.add_prefix = text_of(known.add_prefix);
  settings.host = text_of(known.host);
  settings.forwarded = known.forwarded != 0;
  settings.x_forwarded = known.no_x_forwarded == 0;
  settings.trusted = words_of(known.trusted);
  if (known.via) settings.via = known.via;
  settings.trace = known.trace != 0;
  settings.informational = known.no_informational == 0;
  if (known.no_websocket) settings.upgrades.clear();
  set_if_given(&settings.answer_ms, known.answer_ms);
  set_if_given(&settings.tunnel_idle_ms, known.tunnel_idle_ms);
  std::shared_ptr<const Handler> checked;
  status = ReverseProxy::make(settings, std::make_shared<NoFetcher>(), &checked);
  if (status != Status::ok) return to_c(status);
  return to_c(routes->plan.add(
      route, [settings, plan = origin->plan](Node& node, std::shared_ptr<const Handler>* out) {
        std::shared_ptr<const Fetcher> fetcher;
        const Status got = plan->get(node, &fetcher);
        return got == Status::ok ? ReverseProxy::make(settings, std::move(fetcher), out) : got;
      }));
}

}  // extern "C"
