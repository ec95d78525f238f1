// SPDX-License-Identifier: Apache-2.0
#include "config_auth.h"

namespace edge {
namespace {

constexpr uint32_t kYearS = 366u * 24 * 3600;

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

AuthSettings read_auth(Section section) {
  AuthSettings settings;
  settings.key_file.place = section.path("key_file", &settings.key_file.path);
  settings.session_secret_file.place =
      section.path("session_secret_file", &settings.session_secret_file.path);
  section.text("audience", &settings.audience);
  section.text("issuer", &settings.issuer);
  section.text("tenant", &settings.tenant);
  section.number("leeway_s", &settings.leeway_s, 1, 3600);
  section.number("token_bytes_max", &settings.token_bytes_max, 256, 1u << 16);
  section.flag("anonymous", &settings.anonymous);
  section.number("session_ttl_s", &settings.session_ttl_s, 60, kYearS);
  section.finish();
  return settings;
}

void read_route_auth(Section& section, uint32_t* auth, bool* anonymous) {
  size_t index = *auth;
  section.choice("auth", &index, {"none", "optional", "required"});
  *auth = static_cast<uint32_t>(index);
  section.flag("anonymous", anonymous);
}

void set_auth(fce_node* node, const Config& config) {
  const AuthSettings& settings = config.auth;
  if (!settings.given()) return;
  fce_auth_options options;
  fce_auth_options_init(&options);
  options.key_file = or_null(settings.key_file.path);
  options.audience = or_null(settings.audience);
  options.issuer = or_null(settings.issuer);
  options.tenant = or_null(settings.tenant);
  options.leeway_s = settings.leeway_s;
  options.token_bytes_max = settings.token_bytes_max;
  options.anonymous = settings.anonymous ? 1 : 0;
  options.session_secret_file = or_null(settings.session_secret_file.path);
  options.session_ttl_s = settings.session_ttl_s;
  if (fce_node_set_auth(node, &options) != FCE_OK)
    config.fail(settings.key_file.place, fce_last_error());
}

}  // namespace edge
