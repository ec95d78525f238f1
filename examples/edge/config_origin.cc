// SPDX-License-Identifier: Apache-2.0
#include "config_origin.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "config_route.h"

namespace edge {
namespace {

constexpr uint32_t kMsMax = 24u * 3600 * 1000;
constexpr uint32_t kCountMax = 1'000'000;

struct UpstreamKey {
  const char* name;
  uint32_t fce_upstream_options::*field;
  uint32_t min;
  uint32_t max;
};

// The numbers of fce_upstream_options by their own names. Zero would mean "default".
constexpr UpstreamKey kUpstreamKeys[] = {
    {"connections_max", &fce_upstream_options::connections_max, 1, kCountMax},
    {"idle_max", &fce_upstream_options::idle_max, 1, kCountMax},
    {"keepalive_ms", &fce_upstream_options::keepalive_ms, 1, kMsMax},
    {"queue_max", &fce_upstream_options::queue_max, 1, kCountMax},
    {"queue_ms", &fce_upstream_options::queue_ms, 1, kMsMax},
    {"connect_ms", &fce_upstream_options::connect_ms, 1, kMsMax},
    {"first_byte_ms", &fce_upstream_options::first_byte_ms, 1, kMsMax},
    {"idle_ms", &fce_upstream_options::idle_ms, 1, kMsMax},
    {"head_bytes_max", &fce_upstream_options::head_bytes_max, 256, 1u << 20},
    {"tries_max", &fce_upstream_options::tries_max, 1, 100},
    {"retry_percent", &fce_upstream_options::retry_percent, 1, 100},
    {"fails_max", &fce_upstream_options::fails_max, 1, kCountMax},
    {"fail_window_ms", &fce_upstream_options::fail_window_ms, 1, kMsMax},
    {"down_ms", &fce_upstream_options::down_ms, 1, kMsMax},
    {"check_interval_ms", &fce_upstream_options::check_interval_ms, 1, kMsMax},
    {"check_ms", &fce_upstream_options::check_ms, 1, kMsMax},
    {"check_status", &fce_upstream_options::check_status, 100, 599},
    {"check_rise", &fce_upstream_options::check_rise, 1, 1000},
    {"check_fall", &fce_upstream_options::check_fall, 1, 1000},
};

// The keys of how servers are treated, which those of S3 are, too.
void read_upstream(Section& section, OriginSettings* settings) {
  fce_upstream_options& upstream = settings->upstream;
  for (const UpstreamKey& key : kUpstreamKeys)
    section.number(key.name, &(upstream.*key.field), key.min, key.max);
  bool clear_text = false;
  section.flag("clear_text", &clear_text);
  upstream.clear_text = clear_text ? 1 : 0;
  const Place check_place = section.text("check_path", &settings->check_path);
  if (!settings->check_path.empty() && settings->check_path[0] != '/')
    section.fail(check_place, "expected a path that begins with /");
  settings->tls_ca_file.place = section.path("tls_ca_file", &settings->tls_ca_file.path);
  struct stat info {};
  if (!settings->tls_ca_file.path.empty() && stat(settings->tls_ca_file.path.c_str(), &info) == 0)
    settings->tls_ca_time = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  section.text("tls_name", &settings->tls_name);
  bool insecure = false;
  section.flag("tls_insecure", &insecure);
  upstream.tls_insecure = insecure ? 1 : 0;
}

void read_servers(Section& section, OriginSettings* settings) {
  section.list("servers", &settings->servers);
  if (settings->servers.empty()) section.fail(section.place(), "needs the key servers");
  section.list("backup", &settings->backup);
  size_t balance = FCE_BALANCE_LEAST_CONNECTIONS;
  section.choice("balance", &balance, {"least_connections", "round_robin"});
  settings->upstream.balance = static_cast<uint32_t>(balance);
  section.text("host", &settings->host);
  section.text("prefix", &settings->prefix);
  section.pairs("headers", &settings->headers);
  read_upstream(section, settings);
}

void read_s3(Section& section, OriginSettings* settings) {
  section.text("bucket", &settings->bucket);
  require(section, "bucket", settings->bucket);
  section.text("region", &settings->region);
  section.text("endpoint", &settings->endpoint);
  section.flag("path_style", &settings->path_style);
  section.text("prefix", &settings->prefix);
  section.text("index", &settings->index);
  section.flag("forbidden_is_absent", &settings->forbidden_is_absent);
  size_t credentials = settings->credentials;
  const Place place = section.choice("credentials", &credentials,
                                     {"automatic", "given", "environment", "file", "none"});
  settings->credentials = static_cast<uint32_t>(credentials);
  const Place key_place = section.text("key_id", &settings->key_id);
  settings->secret_file.place = section.path("secret_file", &settings->secret_file.path);
  settings->shared_file.place = section.path("shared_file", &settings->shared_file.path);
  section.text("profile", &settings->profile);
  const bool given = !settings->key_id.empty() || !settings->secret_file.path.empty();
  if (given && (settings->key_id.empty() || settings->secret_file.path.empty()))
    section.fail(key_place, "key_id and secret_file need each other");
  if (given && settings->credentials == FCE_S3_CREDENTIALS_AUTOMATIC)
    settings->credentials = FCE_S3_CREDENTIALS_GIVEN;
  if (given != (settings->credentials == FCE_S3_CREDENTIALS_GIVEN))
    section.fail(place, "key_id and secret_file are for \"given\", which needs them");
  read_upstream(section, settings);
}

void read_directory(Section& section, OriginSettings* settings) {
  settings->root.place = section.path("root", &settings->root.path);
  require(section, "root", settings->root.path);
  section.text("index", &settings->index);
  section.text("cache_control", &settings->cache_control);
}

void read_failover(Section& section, OriginSettings* settings) {
  settings->of_place = section.list("of", &settings->of);
  if (settings->of.empty()) section.fail(section.place(), "needs the key of");
  section.numbers("statuses", &settings->statuses, 400, 599);
}

void check_name(const Config& config, const std::set<std::string>& known,
                const OriginName& origin) {
  if (known.count(origin.name) == 0)
    config.fail(origin.place, "there is no [[origin]] with the name \"" + origin.name + "\"");
}

}  // namespace

OriginSettings read_origin(Section& section) {
  OriginSettings settings;
  settings.place = section.place();
  fce_upstream_options_init(&settings.upstream);
  section.text("name", &settings.name);
  require(section, "name", settings.name);
  size_t type = SIZE_MAX;
  section.choice("type", &type, {"servers", "s3", "directory", "failover"});
  if (type == SIZE_MAX) section.fail(section.place(), "needs the key type");
  settings.type = static_cast<OriginType>(type);
  switch (settings.type) {
    case OriginType::kServers: read_servers(section, &settings); break;
    case OriginType::kS3: read_s3(section, &settings); break;
    case OriginType::kDirectory: read_directory(section, &settings); break;
    case OriginType::kFailover: read_failover(section, &settings); break;
  }
  section.finish();
  return settings;
}

void check_origins(const Config& config) {
  std::set<std::string> known;
  for (const OriginSettings& origin : config.origins) {
    // Whoever names only what stands before it cannot go round in circles.
    for (const std::string& name : origin.of) {
      if (known.count(name) != 0) continue;
      const bool later =
          std::any_of(config.origins.begin(), config.origins.end(),
                      [&](const OriginSettings& other) { return other.name == name; });
      config.fail(origin.of_place, later ? "the origin \"" + name + "\" must stand before this one"
                                         : "there is no origin \"" + name + "\"");
    }
    if (!known.insert(origin.name).second)
      config.fail(origin.place, "there are two origins with the name \"" + origin.name + "\"");
  }
  for (const CachedSettings& cached : config.cached) check_name(config, known, cached.origin);
  for (const ProxySettings& proxy : config.proxies) check_name(config, known, proxy.origin);
}

bool same_origin(const OriginSettings& a, const OriginSettings& b) {
  const auto texts = [](const OriginSettings& s) {
    return std::tie(s.name, s.type, s.servers, s.backup, s.host, s.prefix, s.headers, s.check_path,
                    s.tls_ca_file.path, s.tls_ca_time, s.tls_name, s.bucket, s.region, s.endpoint,
                    s.path_style, s.forbidden_is_absent, s.credentials, s.key_id,
                    s.secret_file.path, s.shared_file.path, s.profile, s.root.path, s.index,
                    s.cache_control, s.of, s.statuses);
  };
  const auto same_number = [&](const UpstreamKey& key) {
    return a.upstream.*key.field == b.upstream.*key.field;
  };
  return texts(a) == texts(b) && a.upstream.balance == b.upstream.balance &&
         a.upstream.clear_text == b.upstream.clear_text &&
         a.upstream.tls_insecure == b.upstream.tls_insecure &&
         std::all_of(std::begin(kUpstreamKeys), std::end(kUpstreamKeys), same_number);
}

}  // namespace edge
