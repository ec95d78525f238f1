// SPDX-License-Identifier: Apache-2.0
#include "config_dns.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config_geo.h"
#include "config_records.h"
#include "config_route.h"
#include "files.h"
#include "listen_address.h"
#include "log.h"
#include "route_entry.h"

namespace edge {
namespace {

constexpr uint32_t kMsMax = 24u * 3600 * 1000;
constexpr uint32_t kRateMax = 1'000'000;

bool same_dns(const Config& a, const Config& b) {
  const fce_dns_options &x = a.dns.options, &y = b.dns.options;
  return std::memcmp(&x, &y, sizeof x) == 0 && a.dns.nsid == b.dns.nsid &&
         a.dns.cookie_secret_file.path == b.dns.cookie_secret_file.path;
}

bool same_dns_listens(const Config& a, const Config& b) {
  const auto same = [](const DnsListenSettings& x, const DnsListenSettings& y) {
    return x.address == y.address && x.tls == y.tls;
  };
  return std::equal(a.dns_listens.begin(), a.dns_listens.end(), b.dns_listens.begin(),
                    b.dns_listens.end(), same);
}

// "Example.COM." and "example.com" are one.
std::string as_compared(std::string name) {
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

// Throws for the first zone that is at fault by itself. The library's sentence alone may fit
// several, so each is tried with a node that serves nobody.
void fail_first_zone(const Config& config, const std::vector<ZoneText>& texts) {
  fce_node_options options;
  fce_node_options_init(&options);
  options.shards = 1;
  fce_node* made = nullptr;
  if (fce_node_create(&options, &made) != FCE_OK) return;
  const std::unique_ptr<fce_node, decltype(&fce_node_destroy)> node(made, fce_node_destroy);
  set_dns(made, config, false);
  set_geo(made, config, false);
  set_geo_map(made, config);
  for (const ZoneText& text : texts) {
    const fce_dns_zone zone = text.zone();
    if (fce_node_set_dns_zones(made, &zone, 1) != FCE_OK) text.fail(config, fce_last_error());
  }
}

}  // namespace

DnsSettings read_dns(Section section) {
  DnsSettings settings;
  settings.place = section.place();
  fce_dns_options& options = settings.options;
  fce_dns_options_init(&options);
  section.text("nsid", &settings.nsid);
  settings.cookie_secret_file.place =
      section.path("cookie_secret_file", &settings.cookie_secret_file.path);
  bool require_cookies = false, rate_limit = true;
  section.flag("require_cookies", &require_cookies);
  options.require_cookies = require_cookies ? 1 : 0;
  section.number("udp_bytes_max", &options.udp_bytes_max, 512, 4096);
  section.number("connections_max", &options.connections_max, 1, 1'000'000);
  section.number("idle_ms", &options.idle_ms, 1, kMsMax);
  section.flag("rate_limit", &rate_limit);
  options.no_rate_limit = rate_limit ? 0 : 1;
  section.number("answers_per_s", &options.answers_per_s, 1, kRateMax);
  section.number("errors_per_s", &options.errors_per_s, 1, kRateMax);
  section.number("all_per_s", &options.all_per_s, 1, kRateMax);
  section.number("slip", &options.slip, 1, 10);
  section.number("signatures_per_s", &options.signatures_per_s, 1, kRateMax);
  section.finish();
  return settings;
}

DnsListenSettings read_dns_listen(Section& section) {
  DnsListenSettings settings;
  settings.place = section.text("address", &settings.address);
  require(section, "address", settings.address);
  const std::string fault = settings.address.starts_with("unix:")
                                ? "DNS is asked at an address and a port, not at a unix socket"
                                : listen_address_fault(settings.address);
  if (!fault.empty()) section.fail(settings.place, fault);
  section.flag("tls", &settings.tls);
  section.finish();
  return settings;
}

ZoneSettings read_zone(Section& section) {
  ZoneSettings settings;
  settings.place = section.text("name", &settings.name);
  require(section, "name", settings.name);
  settings.zone_file.place = section.path("file", &settings.zone_file.path);
  settings.dnssec_key.place = section.path("dnssec_key", &settings.dnssec_key.path);
  settings.dnssec_other_key.place =
      section.path("dnssec_other_key", &settings.dnssec_other_key.path);
  if (settings.dnssec_key.path.empty() && !settings.dnssec_other_key.path.empty())
    section.fail(settings.dnssec_other_key.place, "needs a dnssec_key that signs");
  read_records(section, &settings);
  if (settings.zone_file.path.empty() && settings.records.empty())
    section.fail(section.place(), "needs a file, or a [[zone.record]]");
  section.finish();
  return settings;
}

void check_dns(const Config& config) {
  if (!config.zones.empty() && config.dns_listens.empty())
    config.fail(config.zones.front().place, "needs a [[dns_listen]] to be asked at");
  if (config.dns.place.line != 0 && config.dns_listens.empty())
    config.fail(config.dns.place, "needs a [[dns_listen]] to be asked at");
  for (const DnsListenSettings& listen : config.dns_listens) {
    if (config.zones.empty()) config.fail(listen.place, "needs a [[zone]] to answer for");
    if (listen.tls && config.certificates.empty())
      config.fail(listen.place, "TLS needs at least one [[certificate]]");
  }
}

void set_dns(fce_node* node, const Config& config, bool listens) {
  if (config.dns_listens.empty()) return;
  fce_dns_options options = config.dns.options;
  options.nsid = or_null(config.dns.nsid);
  std::string secret;
  if (!config.dns.cookie_secret_file.path.empty()) {
    secret = read_secret(config, config.dns.cookie_secret_file);
    options.cookie_secret = secret.c_str();
  }
  if (fce_node_set_dns(node, &options) != FCE_OK) config.fail(config.dns.place, fce_last_error());
  if (!listens) return;
  for (const DnsListenSettings& settings : config.dns_listens) {
    uint16_t port = 0;
    if (fce_node_listen_dns(node, settings.address.c_str(), settings.tls ? 1 : 0, &port) != FCE_OK)
      config.fail(settings.place, fce_last_error());
    log_info("answering DNS address=" + quoted(settings.address) + " port=" + std::to_string(port) +
             " tls=" + (settings.tls ? "true" : "false"));
  }
}

void set_zones(fce_node* node, const Config& config) {
  if (config.dns_listens.empty()) return;
  std::vector<ZoneText> texts;
  texts.reserve(config.zones.size());  // they are pointed into
  std::vector<fce_dns_zone> zones;
  for (const ZoneSettings& settings : config.zones)
    zones.push_back(texts.emplace_back(config, settings).zone());
  if (fce_node_set_dns_zones(node, zones.data(), zones.size()) == FCE_OK) return;
  const std::string sentence = fce_last_error();
  fail_first_zone(config, texts);
  // Each by itself is good, so there are two of one name.
  std::set<std::string> names;
  for (const ZoneSettings& zone : config.zones)
    if (!names.insert(as_compared(zone.name)).second) config.fail(zone.place, sentence);
  config.fail({}, sentence);
}

void warn_of_dns_restart(const Config& running, const Config& wanted) {
  const auto warn = [](const char* what) {
    log_warn(std::string("reload leaves a changed setting until the next start section=") + what);
  };
  if (!same_dns(running, wanted)) warn("dns");
  if (!same_dns_listens(running, wanted)) warn("dns_listen");
  if (running.geo.files != wanted.geo.files) warn("geo");
}

std::vector<std::string> ds_records(const Config& config) {
  std::vector<std::string> records;
  for (const ZoneSettings& settings : config.zones)
    for (const PathSetting& key : {settings.dnssec_key, settings.dnssec_other_key}) {
      if (key.path.empty()) continue;
      fce_dns_zone zone;
      fce_dns_zone_init(&zone);
      zone.name = settings.name.c_str();
      zone.dnssec_key = key.path.c_str();
      char record[2048];
      if (fce_dns_zone_ds(&zone, record, sizeof record) != FCE_OK)
        config.fail(key.place, fce_last_error());
      records.emplace_back(record);
    }
  return records;
}

}  // namespace edge
