// SPDX-License-Identifier: Apache-2.0
#include "origins.h"

#include <vector>

#include "config_origin.h"
#include "route_entry.h"

namespace edge {
namespace {

fce_str view(const std::string& text) { return {text.data(), text.size()}; }

// The numbers were read in place; what they lack are the strings.
fce_upstream_options upstream_options(const OriginSettings& settings) {
  fce_upstream_options options = settings.upstream;
  options.name = settings.name.c_str();
  options.check_path = or_null(settings.check_path);
  options.tls_ca_file = or_null(settings.tls_ca_file.path);
  options.tls_name = or_null(settings.tls_name);
  return options;
}

int make_servers(const OriginSettings& settings, fce_origin** out) {
  std::vector<fce_server> servers;
  const auto add = [&](const std::string& url, uint32_t backup) {
    fce_server& server = servers.emplace_back();
    fce_server_init(&server);
    server.url = url.c_str();
    server.backup = backup;
  };
  for (const std::string& url : settings.servers) add(url, 0);
  for (const std::string& url : settings.backup) add(url, 1);
  std::vector<fce_header> headers;
  for (const auto& [name, value] : settings.headers) headers.push_back({view(name), view(value)});
  fce_upstream_options options = upstream_options(settings);
  options.servers = servers.data();
  options.server_count = servers.size();
  return fce_origin_create_servers(&options, or_null(settings.host), or_null(settings.prefix),
                                   headers.data(), headers.size(), out);
}

int make_s3(const OriginSettings& settings, fce_origin** out) {
  const fce_upstream_options upstream = upstream_options(settings);
  fce_s3_options options;
  fce_s3_options_init(&options);
  options.bucket = settings.bucket.c_str();
  options.region = or_null(settings.region);
  options.endpoint = or_null(settings.endpoint);
  options.path_style = settings.path_style ? 1 : 0;
  options.prefix = or_null(settings.prefix);
  options.index = or_null(settings.index);
  options.forbidden_is_absent = settings.forbidden_is_absent ? 1 : 0;
  options.credentials = settings.credentials;
  options.key_id = or_null(settings.key_id);
  options.secret_file = or_null(settings.secret_file.path);
  options.shared_file = or_null(settings.shared_file.path);
  options.profile = or_null(settings.profile);
  options.upstream = &upstream;
  return fce_origin_create_s3(&options, out);
}

}  // namespace

std::shared_ptr<fce_origin> Origins::make(const Config& config,
                                          const OriginSettings& settings) const {
  fce_origin* origin = nullptr;
  int status = FCE_OK;
  switch (settings.type) {
    case OriginType::kServers: status = make_servers(settings, &origin); break;
    case OriginType::kS3: status = make_s3(settings, &origin); break;
    case OriginType::kDirectory:
      status = fce_origin_create_directory(settings.root.path.c_str(), or_null(settings.index),
                                           or_null(settings.cache_control), &origin);
      break;
    case OriginType::kFailover: {
      std::vector<fce_origin*> of;
      for (const std::string& name : settings.of) of.push_back(get(name));
      const std::vector<uint16_t>& statuses = settings.statuses;
      status = fce_origin_create_failover(of.data(), of.size(),
                                          statuses.empty() ? nullptr : &statuses[0],
                                          statuses.size(), &origin);
      break;
    }
  }
  expect_ok(status, config, settings.place);
  return {origin, fce_origin_destroy};
}

Origins::Origins(const Config& config, const Origins& before) {
  for (const OriginSettings& settings : config.origins) {
    const auto old = before.made_.find(settings.name);
    // The others have no connections of their own, and a new directory may have the old name.
    const bool keeps = settings.type == OriginType::kServers || settings.type == OriginType::kS3;
    if (keeps && old != before.made_.end() && same_origin(old->second.settings, settings)) {
      made_[settings.name] = old->second;
    } else {
      made_[settings.name] = {settings, make(config, settings)};
    }
  }
}

}  // namespace edge
