// SPDX-License-Identifier: Apache-2.0
//
// What the configuration file says, as plain structs. Each entry keeps the place it was read from,
// so that a fault that shows only later (a taken port, a bad certificate) still names its line.
#ifndef FCEDGE_EXAMPLES_EDGE_CONFIG_H_
#define FCEDGE_EXAMPLES_EDGE_CONFIG_H_

#include <fcedge/cache.h>
#include <fcedge/fcedge.h>
#include <fcedge/geo.h>
#include <fcedge/pubsub.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace edge {

// One clear sentence for the person who wrote the file.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Line and key in the file; line 0 is a default that the file does not mention.
struct Place {
  uint32_t line = 0;
  std::string key;

  // "edge.toml:12: limits.header_ms: MESSAGE", as far as line and key are known.
  std::string sentence(const std::string& file, const std::string& message) const;

  bool operator==(const Place&) const = default;
};

// A path in the file, resolved, and where it was said.
struct PathSetting {
  std::string path;
  Place place;

  bool operator==(const PathSetting&) const = default;
};

// Zero and "" mean the library's default throughout, as in its options structs.
struct NodeSettings {
  std::string name = "node";
  uint32_t shards = 0;
  uint32_t workers = 0;
  uint32_t io_uring = 0;
  uint32_t drain_spread_ms = 5000;
  uint32_t drain_limit_ms = 30000;
  bool h2_websocket = false;
  int32_t log_level = FCE_LOG_INFO;
  PathSetting state_dir;
  Place place;
};

struct AuthSettings {
  PathSetting key_file;
  PathSetting session_secret_file;
  std::string audience;
  std::string issuer;
  std::string tenant;
  uint32_t leeway_s = 0;
  uint32_t token_bytes_max = 0;
  bool anonymous = false;
  uint32_t session_ttl_s = 0;

  bool given() const { return !key_file.path.empty() || anonymous; }
  bool operator==(const AuthSettings&) const = default;
};

struct PubsubSettings {
  uint32_t history_messages = 0;
  uint32_t history_bytes = 0;
  uint32_t message_bytes_max = 0;
  uint32_t channels_max = 0;
  uint32_t log_mib_max = 0;
  uint32_t fanout_us = 0;

  bool operator==(const PubsubSettings&) const = default;
};

struct NamespaceSettings {
  std::string name;
  uint32_t history_messages = 0;
  uint32_t history_bytes = 0;
  uint32_t history_ms = 0;
  bool cache = false;
  uint32_t overflow = FCE_OVERFLOW_GAP;
  uint32_t publish = FCE_PUBLISH_TOKEN;
  uint32_t presence = FCE_PRESENCE_COUNTS;
  bool audience = true;
  uint32_t message_bytes_max = 0;
  uint32_t publish_per_s = 0;
  uint32_t subscribers_max = 0;
  uint32_t presence_members_max = 0;
  uint32_t presence_leave_ms = 0;
  Place place;

  bool operator==(const NamespaceSettings&) const = default;
};

struct ListenSettings {
  std::string address;
  bool tls = false;
  uint32_t backlog = 0;
  uint32_t unix_mode = 0;
  bool proxy_protocol = false;
  std::string proxy_protocol_from;  // networks with blanks between them; "": any
  Place proxy_protocol_from_place;
  Place place;
};

struct CertificateSettings {
  PathSetting chain;
  PathSetting key;
  Place place;
};

struct RouteSettings {
  std::string path;
  std::string host;
  std::string origins;
  Place place;
  bool compress = false;
  uint32_t compress_level = 0;
  uint32_t compress_bytes_min = 0;
  std::string compress_types;
};

struct DirectorySettings {
  RouteSettings route;
  PathSetting root;
  std::string index;
  std::string cache_control;
  bool precompressed = true;
  uint32_t memory_bytes_max = 0;
  uint32_t revalidate_ms = 0;
};

struct FeedSettings {
  RouteSettings route;
  std::string tenant;
  std::string channel;
  bool websocket = true;
  bool sse = true;
  bool stream = true;
  bool poll = true;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;
  uint32_t retry_ms = 0;
  uint32_t auth = FCE_AUTH_NONE;
  bool anonymous = false;
  bool deflate = false;
};

struct LiveSettings {
  RouteSettings route;
  std::string tenant;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;
  uint32_t channels_max = 0;
  uint32_t commands_per_s = 0;
  uint32_t auth = FCE_AUTH_NONE;
  bool anonymous = false;
  bool deflate = false;
};

struct PublishSettings {
  RouteSettings route;
  std::string tenant;
  std::string channel;
  PathSetting secret_file;
  uint32_t rate_per_s = 0;
};

struct WidgetSettings {
  RouteSettings route;
  std::string tenant;
  std::string name_space;
  std::string ping_text;
  std::string pong_text;
  uint32_t ping_ms = 0;
  uint32_t dead_ms = 0;
};

struct CommentsSettings {
  RouteSettings route;
  std::string tenant;
  PathSetting database;
  uint32_t list_max = 500;
};

struct CacheSettings {
  PathSetting directory;
  PathSetting key_file;
  uint32_t disk_mib_max = 0;
  std::optional<uint32_t> memory_mib_max;  // 0: no objects in memory
  uint32_t small_bytes_max = 0;
  uint32_t tenant_percent = 0;
  Place place;

  bool given() const { return !directory.path.empty(); }
  bool operator==(const CacheSettings&) const = default;
};

enum class OriginType { kServers, kS3, kDirectory, kFailover };

struct OriginSettings {
  std::string name;
  OriginType type = OriginType::kServers;
  Place place;
  // Servers; what is a number is in `upstream`, whose pointers stay null.
  std::vector<std::string> servers;
  std::vector<std::string> backup;
  std::string host;
  std::string prefix;  // of S3, too
  std::vector<std::pair<std::string, std::string>> headers;
  fce_upstream_options upstream;
  std::string check_path;
  PathSetting tls_ca_file;
  int64_t tls_ca_time = 0;  // of its last change, so that a reload sees a new one
  std::string tls_name;
  // S3.
  std::string bucket;
  std::string region;
  std::string endpoint;
  bool path_style = false;
  bool forbidden_is_absent = false;
  uint32_t credentials = FCE_S3_CREDENTIALS_AUTOMATIC;
  std::string key_id;
  PathSetting secret_file;
  PathSetting shared_file;
  std::string profile;
  // A directory; `index` is of S3, too.
  PathSetting root;
  std::string index;
  std::string cache_control;
  // Several in order.
  std::vector<std::string> of;
  Place of_place;
  std::vector<uint16_t> statuses;
};

// The name of an origin as a route says it.
struct OriginName {
  std::string name;
  Place place;
};

struct CachedSettings {
  RouteSettings route;
  std::string methods;  // with commas between them, as the library wants them
  std::string tenant;
  std::string name;
  std::string strip_prefix;
  OriginName origin;
  fce_cached_options options;  // but its strings
};

struct ProxySettings {
  RouteSettings route;
  std::string methods;
  OriginName origin;
  std::string strip_prefix;
  std::string add_prefix;
  std::string host_sent;
  std::string trusted;
  std::optional<std::string> via;  // "": none
  fce_proxy_options options;       // but its strings
};

struct PurgeSettings {
  RouteSettings route;
  std::string tenant;
  PathSetting secret_file;
};

struct DnsSettings {
  std::string nsid;
  PathSetting cookie_secret_file;
  fce_dns_options options;  // but its strings
  Place place;              // line 0: there is none
};

struct DnsListenSettings {
  std::string address;
  bool tls = false;
  Place place;
};

// Records of one name and type.
struct RecordSettings {
  std::string name;
  std::string type;
  std::optional<uint32_t> ttl;  // that of the zone
  std::vector<std::pair<std::string, Place>> data;
};

struct ZoneSettings {
  std::string name;
  PathSetting zone_file;
  PathSetting dnssec_key;
  PathSetting dnssec_other_key;
  uint32_t ttl = 300;  // of `records`
  std::vector<RecordSettings> records;
  Place place;
};

struct GeoSettings {
  std::vector<std::string> files;
  Place files_place;
  Place place;  // line 0: there is none
};

struct GeoNodeSettings {
  std::string name;
  std::string region;
  std::string addresses;  // with blanks between them
  double latitude = 0;
  double longitude = 0;
  uint32_t weight = 0;
  uint32_t load_percent = 0;
  uint32_t state = FCE_GEO_UP;
  Place place;
};

struct GeoOverrideSettings {
  uint32_t by = FCE_GEO_BY_PREFIX;
  std::string value;
  std::string nodes;  // with blanks between them
  Place place;        // of all that are by the same
};

struct GeoSetSettings {
  std::string name;
  std::string regions;  // with blanks between them
  Place regions_place;
  uint32_t answers_max = 0;
  uint32_t all_down = FCE_GEO_NEAREST;
  std::vector<GeoOverrideSettings> overrides;
  Place place;
};

struct Config {
  std::string file;
  NodeSettings node;
  fce_limits limits;
  Place log_mib_max_place;
  Place connections_max_place;  // line 0: not given, so the host may lower it
  PubsubSettings pubsub;
  AuthSettings auth;
  std::vector<NamespaceSettings> namespaces;
  std::vector<ListenSettings> listens;
  std::vector<CertificateSettings> certificates;
  std::vector<DirectorySettings> directories;
  std::vector<FeedSettings> feeds;
  std::vector<LiveSettings> lives;
  std::vector<PublishSettings> publishes;
  std::vector<WidgetSettings> widgets;
  std::vector<CommentsSettings> comments;
  std::vector<RouteSettings> metrics;
  CacheSettings cache;
  std::vector<OriginSettings> origins;
  std::vector<CachedSettings> cached;
  std::vector<ProxySettings> proxies;
  std::vector<PurgeSettings> purges;
  DnsSettings dns;
  std::vector<DnsListenSettings> dns_listens;
  std::vector<ZoneSettings> zones;
  GeoSettings geo;
  std::vector<GeoNodeSettings> geo_nodes;
  std::vector<GeoSetSettings> geo_sets;
  std::vector<RouteSettings> geo_explains;

  [[noreturn]] void fail(const Place& place, const std::string& message) const;
};

// What a program does with the file, and so what may not be absent from it.
enum class Purpose { kEdge, kDns, kRanking };

// Reads the file for the node `node_name` ("" for the common part alone) and throws ConfigError at
// the first fault. Every [nodes.*] table is checked for unknown keys and bad values, the picked one
// and all others, so that one check tells whether the file is fit for all nodes.
Config load_config(const std::string& file, const std::string& node_name,
                   Purpose purpose = Purpose::kEdge);

}  // namespace edge

#endif  // FCEDGE_EXAMPLES_EDGE_CONFIG_H_
