// SPDX-License-Identifier: Apache-2.0
#include "config_dns.h"

#include <string>
#include <vector>

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
  for (const ZoneText& text : texts) text.blame(config, sentence);
  config.fail(config.zones.front().place, sentence);
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
