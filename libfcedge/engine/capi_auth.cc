// SPDX-License-Identifier: Apache-2.0
// include/fcedge/auth.h: unwraps, calls, wraps.
#include <fcedge/auth.h>

#include <memory>
#include <string>
#include <utility>

#include "auth/authenticator.h"
#include "engine/handles.h"
#include "engine/options.h"
#include "http/name.h"

using namespace fce;

namespace {

constexpr uint32_t kLeewayMax = 24 * 3600;
constexpr uint32_t kTokenBytesLimit = 65'536;
constexpr uint32_t kSessionTtlMax = 400 * 24 * 3600;  // browsers keep no cookie longer

std::string text(const char* given) { return given ? given : ""; }

Status read_options(const fce_auth_options& known, AuthOptions* out) {
  out->key_file = text(known.key_file);
  out->tokens.audience = text(known.audience);
  out->tokens.issuer = text(known.issuer);
  out->tokens.tenant = text(known.tenant);
  if (known.leeway_s != 0) out->tokens.leeway_s = known.leeway_s;
  if (known.token_bytes_max != 0) out->tokens.token_bytes_max = known.token_bytes_max;
  out->anonymous = known.anonymous != 0;
  out->session_secret_file = text(known.session_secret_file);
  if (known.session_ttl_s != 0) out->session_ttl_s = known.session_ttl_s;
  if (out->key_file.empty() && !out->anonymous)
    return fail(Status::invalid, "authentication needs a key file or anonymous sessions");
  if (!out->session_secret_file.empty() && !out->anonymous)
    return fail(Status::invalid, "a session secret is for anonymous sessions, and they are off");
  if (!out->tokens.tenant.empty() && !is_name(out->tokens.tenant))
    return fail(Status::invalid, "the tenant of tokens is not 1 to 255 bytes of plain text");
  if (out->tokens.leeway_s > kLeewayMax || out->tokens.token_bytes_max > kTokenBytesLimit ||
      out->session_ttl_s > kSessionTtlMax)
    return fail(Status::invalid,
                "leeway is at most a day, a token 64 KiB, a session's life 400 days");
  return Status::ok;
}

}  // namespace

extern "C" {

void fce_auth_options_init(fce_auth_options* options) { init_options(options); }

int fce_node_set_auth(fce_node* node, const fce_auth_options* options) {
  fce_auth_options known;
  AuthOptions settings;
  std::shared_ptr<const Authenticator> auth;
  Status status = take_options(options, &known);
  if (status == Status::ok && !node) status = fail(Status::invalid, "the node is NULL");
  if (status == Status::ok) status = read_options(known, &settings);
  if (status == Status::ok) status = Authenticator::make(settings, &auth);
  if (status == Status::ok) status = node->node.set_auth(std::move(auth));
  return to_c(status);
}

}  // extern "C"
