// SPDX-License-Identifier: Apache-2.0
// Anonymous sessions: tokens that the edge itself signs and nobody else, so that a visitor without
// an account is the same one when it comes back. Pure code but for the random ids.
//
// A token is `v1.ID.ISSUED.EXPIRES.TENANT.CODE`: ID 16 random bytes, the times in seconds, TENANT
// the first 16 bytes of the SHA-256 of the tenant's name, CODE the HMAC-SHA256 of all before its
// dot; bytes are base64url. The tenant is under the code: a session of one tenant is never one of
// another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "auth/refusal.h"
#include "auth/session_secrets.h"
#include "http/message.h"

namespace fce {

constexpr size_t kSessionTokenBytesMax = 192;
// For clients whose cookies are blocked: a field (in lower case) and a name in the query.
constexpr std::string_view kSessionField = "x-fcedge-session";
constexpr std::string_view kSessionQuery = "session";

struct Session {
  std::string id;
  int64_t issued = 0;
  int64_t expires = 0;
};

// A session that begins at `now`, with a new id.
Session new_session(int64_t now, uint32_t ttl_s);

std::string sign_session(const Session& session, const SessionSecrets& secrets,
                         std::string_view tenant);
Refusal verify_session(std::string_view token, const SessionSecrets& secrets,
                       std::string_view tenant, int64_t now, Session* out);

// The name of the cookie: `fcedge_session_MARK`, MARK 8 characters that stand for the tenant, so
// that tenants on one host do not replace each other's. Over TLS `__Host-` stands before it:
// browsers take a cookie of such a name from this host alone, and from no neighbour of its domain.
std::string session_cookie_name(std::string_view tenant, bool tls);

// The value of a Set-Cookie field. Over TLS the cookie also works inside pages of other sites, and
// each such site sees one of its own (Partitioned); in clear only a first-party one is possible.
std::string session_cookie(std::string_view token, std::string_view tenant, uint32_t max_age_s,
                           bool tls);

// The session tokens that a request brings for a tenant, at most 4: of its cookies, then the field,
// then the query. Other parties can plant cookies of the same name beside ours where there is no
// TLS, so the first need not be the good one.
constexpr size_t kSessionCandidatesMax = 4;
struct SessionCandidates {
  std::array<std::string_view, kSessionCandidatesMax> tokens;
  size_t count = 0;

  std::span<const std::string_view> list() const { return {tokens.data(), count}; }
};
SessionCandidates session_candidates(const Request& request, std::string_view tenant);

}  // namespace fce
