// SPDX-License-Identifier: Apache-2.0
#include "auth/authenticator.h"

#include <optional>
#include <utility>

#include "auth/bearer.h"
#include "auth/session.h"
#include "http/query.h"

namespace fce {
namespace {

constexpr std::string_view kTokenQuery = "token";

// The token that the request brings, if it does.
std::optional<std::string_view> find_token(const Request& request) {
  if (const auto token = bearer_token(request)) return token;
  const std::string_view token = query_value(request.query, kTokenQuery);
  return token.empty() ? std::nullopt : std::optional(token);
}

std::shared_ptr<const Identity> anonymous_identity(const Session& session,
                                                   std::string_view tenant) {
  auto identity = std::make_shared<Identity>();
  identity->kind = Identity::Kind::anonymous;
  identity->tenant = tenant;
  identity->user = "anon:" + session.id;
  identity->token_id = session.id;
  identity->expires = session.expires;
  return identity;
}

}  // namespace

Authenticator::Authenticator(const AuthOptions& options)
    : options_(options),
      keys_(options.key_file.empty() ? nullptr : std::make_unique<KeyFile>(options.key_file)),
      secrets_(options.anonymous ? std::make_unique<SessionSecretFile>(options.session_secret_file)
                                 : nullptr) {}

Status Authenticator::make(const AuthOptions& options, std::shared_ptr<const Authenticator>* out) {
  std::shared_ptr<Authenticator> made(new Authenticator(options));
  Status status = made->keys_ ? made->keys_->reload() : Status::ok;
  if (status == Status::ok && made->secrets_) status = made->secrets_->open();
  if (status == Status::ok) *out = std::move(made);
  return status;
}

AuthOutcome Authenticator::authenticate(const Request& request, const AuthPolicy& policy,
                                        const AuthTime& time, Counters& counters) const {
  AuthOutcome outcome;
  if (policy.mode == AuthPolicy::Mode::none) return outcome;
  if (const auto token = find_token(request)) {
    outcome.refusal = verify(*token, policy.tenant, time, counters, &outcome.identity);
    return outcome;
  }
  if (policy.anonymous && secrets_) use_session(request, policy, time, counters, &outcome);
  if (!outcome.identity && policy.mode == AuthPolicy::Mode::required)
    outcome.refusal = Refusal::missing;
  return outcome;
}

Refusal Authenticator::verify(std::string_view token, std::string_view tenant, const AuthTime& time,
                              Counters& counters, std::shared_ptr<const Identity>* out) const {
  Refusal refusal = Refusal::key;
  auto identity = std::make_shared<Identity>();
  if (keys_) {
    (void)keys_->reload_if_changed(time.monotonic_ms);
    const std::shared_ptr<const KeySet> keys = keys_->current();
    refusal = verify_jwt(token, *keys, options_.tokens, time.wall_s, identity.get());
  }
  if (refusal == Refusal::none && identity->tenant != tenant) refusal = Refusal::tenant;
  counters.add(refusal == Refusal::none ? Counter::tokens_accepted : Counter::tokens_refused);
  if (refusal == Refusal::none) *out = std::move(identity);
  return refusal;
}

// A session that is not good is no refusal: an anonymous visitor simply begins a new one. A good
// one is renewed in the second half of its life, so that who comes back often stays the same.
void Authenticator::use_session(const Request& request, const AuthPolicy& policy,
                                const AuthTime& time, Counters& counters, AuthOutcome* out) const {
  if (!secrets_->path().empty()) (void)secrets_->reload_if_changed(time.monotonic_ms);
  const std::shared_ptr<const SessionSecrets> secrets = secrets_->current();
  const SessionCandidates candidates = session_candidates(request, policy.tenant);
  Session session;
  bool known = false;
  for (const std::string_view token : candidates.list()) {
    known = verify_session(token, *secrets, policy.tenant, time.wall_s, &session) == Refusal::none;
    if (known) break;
  }
  bool sign = true;
  if (!known) {
    session = new_session(time.wall_s, options_.session_ttl_s);
    counters.add(Counter::sessions_issued);
  } else if (session.expires - time.wall_s < options_.session_ttl_s / 2) {
    session.issued = time.wall_s;
    session.expires = time.wall_s + options_.session_ttl_s;
  } else {
    sign = false;
  }
  if (sign) {
    out->session = sign_session(session, *secrets, policy.tenant);
    out->set_cookie =
        session_cookie(out->session, policy.tenant, options_.session_ttl_s, request.tls);
  }
  out->identity = anonymous_identity(session, policy.tenant);
}

std::string Authenticator::last_error() const {
  std::string error = keys_ ? keys_->last_error() : std::string();
  if (error.empty() && secrets_) error = secrets_->last_error();
  return error;
}

}  // namespace fce
