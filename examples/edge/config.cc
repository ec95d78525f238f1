// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <algorithm>
#include <iterator>

#include "config_auth.h"
#include "config_cache.h"
#include "config_dns.h"
#include "config_geo.h"
#include "config_namespace.h"
#include "config_origin.h"
#include "config_route.h"
#include "listen_address.h"
#include "toml_section.h"

namespace edge {
namespace {

constexpr uint32_t kMsMax = 3'600'000;
constexpr uint32_t kBytesMax = 1u << 30;
constexpr uint32_t kCountMax = 10'000'000;

// A comment may be 4,000 code points of text; as JSON with its other fields it fits in this.
constexpr uint32_t kCommentMessageBytes = 32768;

struct LimitKey {
  const char* name;
  uint32_t fce_limits::*field;
  uint32_t min;
  uint32_t max;
};

// Every field of fce_limits by its own name. Zero would mean "default", so it cannot be written.
constexpr LimitKey kLimitKeys[] = {
    {"connections_max", &fce_limits::connections_max, 1, kCountMax},
    {"request_line_bytes_max", &fce_limits::request_line_bytes_max, 64, 1u << 20},
    {"header_bytes_max", &fce_limits::header_bytes_max, 256, 1u << 20},
    {"header_count_max", &fce_limits::header_count_max, 1, 10'000},
    {"body_bytes_max", &fce_limits::body_bytes_max, 1, kBytesMax},
    {"tls_handshake_ms", &fce_limits::tls_handshake_ms, 1, kMsMax},
    {"header_ms", &fce_limits::header_ms, 1, kMsMax},
    {"body_ms", &fce_limits::body_ms, 1, kMsMax},
    {"write_ms", &fce_limits::write_ms, 1, kMsMax},
    {"idle_ms", &fce_limits::idle_ms, 1, kMsMax},
    {"handler_ms", &fce_limits::handler_ms, 1, kMsMax},
    {"pipeline_max", &fce_limits::pipeline_max, 1, 10'000},
    {"h2_streams_max", &fce_limits::h2_streams_max, 1, 10'000},
    {"h2_resets_per_s", &fce_limits::h2_resets_per_s, 1, kCountMax},
    {"h2_continuations_max", &fce_limits::h2_continuations_max, 1, 1000},
    {"h2_control_per_s", &fce_limits::h2_control_per_s, 1, kCountMax},
    {"tls_handshakes_per_turn", &fce_limits::tls_handshakes_per_turn, 1, 10'000},
    {"tls_key_updates_max", &fce_limits::tls_key_updates_max, 1, kCountMax},
    {"ws_message_bytes_max", &fce_limits::ws_message_bytes_max, 1, kBytesMax},
    {"ws_control_per_s", &fce_limits::ws_control_per_s, 1, kCountMax},
    {"h2_idle_ms", &fce_limits::h2_idle_ms, 1, kMsMax},
    {"tls_handshakes_pending_max", &fce_limits::tls_handshakes_pending_max, 1, kCountMax},
    {"tls_handshakes_us", &fce_limits::tls_handshakes_us, 1, 1'000'000},
    {"overload_ms", &fce_limits::overload_ms, 1, kMsMax},
    {"ws_inflate_bytes_per_s", &fce_limits::ws_inflate_bytes_per_s, 1, kBytesMax},
};
static_assert(sizeof(fce_limits) == sizeof(uint32_t) * (std::size(kLimitKeys) + 1),
              "a new limit of the library needs its key here");

constexpr const char* kSections[] = {"limits", "pubsub",  "listen",   "certificate", "directory",
                                     "feed",   "publish", "comments", "metrics",     "namespace",
                                     "live",   "auth",    "widget",   "cache",       "origin",
                                     "cached", "proxy",   "purge",    "dns",         "dns_listen",
                                     "zone",   "geo",     "geo_node", "geo_set",     "geo_explain"};

bool is_node_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), allowed);
}

// Reads one configuration: the common tables, overlaid by one of [nodes.*] or by none.
class Loader {
 public:
  Loader(const Document& document, const toml::table* overlay, const std::string& node_name,
         Purpose purpose)
      : purpose_(purpose),
        root_(document, &document.root(), overlay, "", "nodes." + node_name),
        document_(document),
        overlay_(overlay),
        node_name_(node_name) {}

  Config load() {
    config_.file = document_.path();
    read_node();
    read_limits();
    read_pubsub();
    config_.auth = read_auth(root_.table("auth"));
    for (Section& section : root_.tables("namespace"))
      config_.namespaces.push_back(read_namespace(section));
    read_listens();
    read_certificates();
    read_directories();
    read_feeds();
    read_lives();
    read_publishes();
    read_widgets();
    read_comments();
    for (Section& section : root_.tables("metrics")) {
      config_.metrics.push_back(read_route(section, "/metrics"));
      section.finish();
    }
    read_cache_and_origins();
    config_.dns = read_dns(root_.table("dns"));
    for (Section& section : root_.tables("dns_listen"))
      config_.dns_listens.push_back(read_dns_listen(section));
    for (Section& section : root_.tables("zone")) config_.zones.push_back(read_zone(section));
    config_.geo = read_geo(root_.table("geo"));
    for (Section& section : root_.tables("geo_node"))
      config_.geo_nodes.push_back(read_geo_node(section));
    for (Section& section : root_.tables("geo_set"))
      config_.geo_sets.push_back(read_geo_set(section));
    for (Section& section : root_.tables("geo_explain"))
      config_.geo_explains.push_back(read_geo_explain(section));
    root_.allow("node");
    root_.allow("nodes");
    for (const char* key : kNodeKeys) {
      if (overlay_ != nullptr) root_.allow(key);
    }
    root_.finish();
    check_whole();
    return config_;
  }

 private:
  static constexpr const char* kNodeKeys[] = {"shards",    "workers",         "state_dir",
                                              "log_level", "drain_spread_ms", "drain_limit_ms",
                                              "io_uring",  "h2_websocket"};

  void read_node() {
    // The keys of [node] stand directly in [nodes.NAME], beside that node's own sections.
    const toml::node* common = document_.root().get("node");
    if (common != nullptr && !common->is_table()) root_.table("node");
    Section section(document_, common != nullptr ? common->as_table() : nullptr, overlay_, "node",
                    "nodes." + node_name_);
    NodeSettings& node = config_.node;
    node.place = section.place();
    Place name_place = section.text("name", &node.name);
    if (!node_name_.empty()) {
      node.name = node_name_;
    } else if (!is_node_name(node.name)) {
      section.fail(name_place, "expected 1 to 63 of a-z, 0-9 and -, got \"" + node.name + "\"");
    }
    section.number("shards", &node.shards, 1, 1024);
    section.number("workers", &node.workers, 1, 1024);
    section.number("drain_spread_ms", &node.drain_spread_ms, 0, kMsMax);
    section.number("drain_limit_ms", &node.drain_limit_ms, 0, kMsMax);
    section.flag("h2_websocket", &node.h2_websocket);
    node.state_dir.place = section.path("state_dir", &node.state_dir.path);
    size_t level = FCE_LOG_INFO - FCE_LOG_DEBUG;
    section.choice("log_level", &level, {"debug", "info", "warn", "error"});
    node.log_level = FCE_LOG_DEBUG + static_cast<int32_t>(level);
    size_t io_uring = 0;
    section.choice("io_uring", &io_uring, {"auto", "on", "off"});
    node.io_uring = static_cast<uint32_t>(io_uring);
    if (overlay_ != nullptr) {
      for (const char* name : kSections) section.allow(name);
    }
    section.finish();
  }

  void read_limits() {
    Section section = root_.table("limits");
    fce_limits_init(&config_.limits);
    for (const LimitKey& key : kLimitKeys) {
      const Place place = section.number(key.name, &(config_.limits.*key.field), key.min, key.max);
      const bool given = config_.limits.*key.field != 0;
      if (key.field == &fce_limits::connections_max && given) config_.connections_max_place = place;
    }
    section.finish();
  }

  void read_pubsub() {
    Section section = root_.table("pubsub");
    PubsubSettings& pubsub = config_.pubsub;
    section.number("history_messages", &pubsub.history_messages, 1, 1u << 20);
    section.number("history_bytes", &pubsub.history_bytes, 1024, kBytesMax);
    const Place place =
        section.number("message_bytes_max", &pubsub.message_bytes_max, 1, kBytesMax);
    section.number("channels_max", &pubsub.channels_max, 1, 100'000'000);
    config_.log_mib_max_place = section.number("log_mib_max", &pubsub.log_mib_max, 1, 1u << 24);
    section.number("fanout_us", &pubsub.fanout_us, 10, 1'000'000);
    section.finish();
    message_bytes_place_ = place;
  }

  void read_listens() {
    for (Section& section : root_.tables("listen")) {
      ListenSettings listen;
      listen.place = section.text("address", &listen.address);
      require(section, "address", listen.address);
      const std::string fault = listen_address_fault(listen.address);
      if (!fault.empty()) section.fail(listen.place, fault);
      section.flag("tls", &listen.tls);
      section.number("backlog", &listen.backlog, 1, 1u << 20);
      section.number("unix_mode", &listen.unix_mode, 1, 0777);
      size_t proxy_protocol = 0;
      section.choice("proxy_protocol", &proxy_protocol, {"off", "required"});
      listen.proxy_protocol = proxy_protocol == 1;
      listen.proxy_protocol_from_place =
          section.words("proxy_protocol_from", &listen.proxy_protocol_from);
      const std::string networks = networks_fault(listen.proxy_protocol_from);
      if (!networks.empty()) section.fail(listen.proxy_protocol_from_place, networks);
      if (!listen.proxy_protocol && !listen.proxy_protocol_from.empty()) {
        section.fail(listen.proxy_protocol_from_place, "needs proxy_protocol = \"required\"");
      }
      section.finish();
      config_.listens.push_back(listen);
    }
  }

  void read_certificates() {
    for (Section& section : root_.tables("certificate")) {
      CertificateSettings certificate;
      certificate.place = section.place();
      certificate.chain.place = section.path("chain", &certificate.chain.path);
      certificate.key.place = section.path("key", &certificate.key.path);
      require(section, "chain", certificate.chain.path);
      require(section, "key", certificate.key.path);
      section.finish();
      config_.certificates.push_back(certificate);
    }
  }

  void read_directories() {
    for (Section& section : root_.tables("directory")) {
      DirectorySettings directory;
      directory.route = read_route(section, "/{path...}");
      directory.root.place = section.path("root", &directory.root.path);
      require(section, "root", directory.root.path);
      section.text("index", &directory.index);
      section.text("cache_control", &directory.cache_control);
      section.flag("precompressed", &directory.precompressed);
      read_compress(section, &directory.route);
      section.number("memory_bytes_max", &directory.memory_bytes_max, 1, kBytesMax);
      section.number("revalidate_ms", &directory.revalidate_ms, 1, kMsMax);
      section.finish();
      config_.directories.push_back(directory);
    }
  }

  void read_feeds() {
    for (Section& section : root_.tables("feed")) {
      FeedSettings feed;
      feed.route = read_route(section, "");
      section.text("tenant", &feed.tenant);
      section.text("channel", &feed.channel);
      require(section, "tenant", feed.tenant);
      require(section, "channel", feed.channel);
      section.flag("websocket", &feed.websocket);
      section.flag("sse", &feed.sse);
      section.flag("stream", &feed.stream);
      section.flag("poll", &feed.poll);
      if (!feed.websocket && !feed.sse && !feed.stream && !feed.poll) {
        section.fail(section.place(), "all transports are off, so nobody can subscribe");
      }
      section.number("ping_ms", &feed.ping_ms, 100, kMsMax);
      section.number("dead_ms", &feed.dead_ms, 100, kMsMax);
      section.number("retry_ms", &feed.retry_ms, 1, kMsMax);
      read_route_auth(section, &feed.auth, &feed.anonymous);
      section.flag("deflate", &feed.deflate);
      section.finish();
      config_.feeds.push_back(feed);
    }
  }

  void read_lives() {
    for (Section& section : root_.tables("live")) {
      LiveSettings live;
      live.route = read_route(section, "");
      section.text("tenant", &live.tenant);
      require(section, "tenant", live.tenant);
      section.number("ping_ms", &live.ping_ms, 100, kMsMax);
      section.number("dead_ms", &live.dead_ms, 100, kMsMax);
      section.number("channels_max", &live.channels_max, 1, kCountMax);
      section.number("commands_per_s", &live.commands_per_s, 1, 1'000'000);
      read_route_auth(section, &live.auth, &live.anonymous);
      section.flag("deflate", &live.deflate);
      section.finish();
      config_.lives.push_back(live);
    }
  }

  void read_publishes() {
    for (Section& section : root_.tables("publish")) {
      PublishSettings publish;
      publish.route = read_route(section, "");
      section.text("tenant", &publish.tenant);
      section.text("channel", &publish.channel);
      require(section, "tenant", publish.tenant);
      require(section, "channel", publish.channel);
      publish.secret_file.place = section.path("secret_file", &publish.secret_file.path);
      require(section, "secret_file", publish.secret_file.path);
      section.number("rate_per_s", &publish.rate_per_s, 1, kCountMax);
      section.finish();
      config_.publishes.push_back(publish);
    }
  }

  void read_widgets() {
    for (Section& section : root_.tables("widget")) {
      WidgetSettings widget;
      widget.route = read_route(section, "/");
      section.text("tenant", &widget.tenant);
      section.text("namespace", &widget.name_space);
      section.text("ping_text", &widget.ping_text);
      section.text("pong_text", &widget.pong_text);
      section.number("ping_ms", &widget.ping_ms, 100, kMsMax);
      section.number("dead_ms", &widget.dead_ms, 100, kMsMax);
      section.finish();
      config_.widgets.push_back(widget);
    }
  }

  void read_comments() {
    for (Section& section : root_.tables("comments")) {
      CommentsSettings comments;
      comments.route = read_route(section, "/api/threads/{thread}/comments");
      if (comments.route.path.find("{thread}") == std::string::npos) {
        section.fail(comments.route.place, "expected a path that contains {thread}");
      }
      section.text("tenant", &comments.tenant);
      require(section, "tenant", comments.tenant);
      comments.database.place = section.path("database", &comments.database.path);
      require(section, "database", comments.database.path);
      section.number("list_max", &comments.list_max, 1, 10'000);
      section.finish();
      config_.comments.push_back(comments);
    }
  }

  void read_cache_and_origins() {
    config_.cache = read_cache(root_.table("cache"));
    for (Section& section : root_.tables("origin")) config_.origins.push_back(read_origin(section));
    for (Section& section : root_.tables("cached")) config_.cached.push_back(read_cached(section));
    for (Section& section : root_.tables("proxy")) config_.proxies.push_back(read_proxy(section));
    for (Section& section : root_.tables("purge")) config_.purges.push_back(read_purge(section));
  }

  // What no single section can see.
  void check_whole() const {
    if (purpose_ == Purpose::kRanking) {
      if (config_.geo_nodes.empty()) fail_without("[[geo_node]] says whom to send anybody to");
      if (config_.geo_sets.empty()) fail_without("[[geo_set]] says who is sent where");
      return;
    }
    check_dns(config_);
    check_geo(config_);
    if (purpose_ == Purpose::kDns) {
      if (config_.dns_listens.empty()) fail_without("[[dns_listen]] says where DNS is asked");
      return;
    }
    if (config_.listens.empty()) fail_without("[[listen]] says on which address to serve");
    for (const ListenSettings& listen : config_.listens) {
      if (listen.tls && config_.certificates.empty()) {
        document_.fail(listen.place, "TLS needs at least one [[certificate]]");
      }
    }
    const uint32_t bytes = config_.pubsub.message_bytes_max;
    if (!config_.comments.empty() && bytes != 0 && bytes < kCommentMessageBytes) {
      document_.fail(message_bytes_place_, "a comment needs messages of at least " +
                                               std::to_string(kCommentMessageBytes) + " bytes");
    }
    check_origins(config_);
    check_cached(config_, config_.cache);
  }

  [[noreturn]] void fail_without(const std::string& what) const {
    const bool unpicked = overlay_ == nullptr && document_.root().contains("nodes");
    document_.fail({}, "no " + what + (unpicked ? "; pick one of its nodes with --node" : ""));
  }

  const Purpose purpose_;
  Section root_;
  const Document& document_;
  const toml::table* overlay_;
  std::string node_name_;
  Place message_bytes_place_;
  Config config_;
};

}  // namespace

std::string Place::sentence(const std::string& file, const std::string& message) const {
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line);
  if (!key.empty()) text += ": " + key;
  return text + ": " + message;
}

void Config::fail(const Place& place, const std::string& message) const {
  throw ConfigError(place.sentence(file, message));
}

Config load_config(const std::string& file, const std::string& node_name, Purpose purpose) {
  const Document document(file);
  const toml::node* nodes = document.root().get("nodes");
  const toml::table* picked = nullptr;
  if (nodes != nullptr) {
    const uint32_t line = nodes->source().begin.line;
    if (!nodes->is_table()) document.fail({line, "nodes"}, "expected tables, [nodes.NAME]");
    for (const auto& [key, node] : *nodes->as_table()) {
      const std::string name(key.str());
      const Place place{key.source().begin.line, "nodes." + name};
      if (!is_node_name(name)) document.fail(place, "expected a name of a-z, 0-9 and -");
      if (!node.is_table()) document.fail(place, "expected a table, [nodes." + name + "]");
      if (name == node_name) picked = node.as_table();
      Loader(document, node.as_table(), name, purpose).load();
    }
  }
  if (!node_name.empty() && picked == nullptr) {
    document.fail({}, "has no [nodes." + node_name + "], which --node asks for");
  }
  return Loader(document, picked, node_name, purpose).load();
}

}  // namespace edge
