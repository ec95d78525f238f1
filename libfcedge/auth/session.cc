// SPDX-License-Identifier: Apache-2.0
#include "auth/session.h"

#include <charconv>
#include <utility>

#include "base/base64url.h"
#include "base/crypto.h"
#include "base/signature.h"
#include "http/field_list.h"
#include "http/query.h"

namespace fce {
namespace {

constexpr std::string_view kVersion = "v1";
constexpr size_t kIdBytes = 16;
constexpr size_t kIdChars = 22;
constexpr size_t kTenantBytes = 16;
// Of the mark in a cookie's name, which only keeps cookies apart.
constexpr size_t kCookieMarkChars = 8;
constexpr size_t kFields = 6;

std::string tenant_mark(std::string_view tenant) {
  const auto digest = sha256(tenant);
  return base64url(Bytes(digest).first(kTenantBytes));
}

std::string code_of(std::string_view text, std::string_view secret) {
  return base64url(hmac_sha256(as_bytes(secret), text));
}

bool split(std::string_view token, std::array<std::string_view, kFields>* fields) {
  for (size_t i = 0; i < kFields; ++i) {
    const size_t dot = token.find('.');
    if ((dot == std::string_view::npos) != (i + 1 == kFields)) return false;
    (*fields)[i] = token.substr(0, dot);
    token.remove_prefix(dot == std::string_view::npos ? token.size() : dot + 1);
  }
  return true;
}

bool read_seconds(std::string_view text, int64_t* out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *out);
  return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size() &&
         *out >= 0;
}

// All secrets are tried, also after one that fits: how long it takes tells nothing.
bool is_signed(std::string_view text, std::string_view code, const SessionSecrets& secrets) {
  bool good = false;
  for (const std::string& secret : secrets.all())
    good |= equals_in_constant_time(code, code_of(text, secret));
  return good;
}

void add(SessionCandidates* candidates, std::string_view token) {
  if (!token.empty() && candidates->count < kSessionCandidatesMax)
    candidates->tokens[candidates->count++] = token;
}

// One Cookie field: pairs between semicolons (RFC 6265 section 4.2.1).
void add_cookies(SessionCandidates* candidates, std::string_view name, std::string_view field) {
  while (!field.empty()) {
    const size_t end = field.find(';');
    const std::string_view pair = trim_blanks(field.substr(0, end));
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      add(candidates, pair.substr(equals + 1));
    field.remove_prefix(end == std::string_view::npos ? field.size() : end + 1);
  }
}

}  // namespace

Session new_session(int64_t now, uint32_t ttl_s) {
  std::array<uint8_t, kIdBytes> id;
  random_bytes(id);
  return {base64url(id), now, now + ttl_s};
}

std::string sign_session(const Session& session, const SessionSecrets& secrets,
                         std::string_view tenant) {
  std::string text(kVersion);
  text.append(".").append(session.id).append(".").append(std::to_string(session.issued));
  text.append(".").append(std::to_string(session.expires));
  text.append(".").append(tenant_mark(tenant));
  const std::string code = code_of(text, secrets.current());
  return text.append(".").append(code);
}

Refusal verify_session(std::string_view token, const SessionSecrets& secrets,
                       std::string_view tenant, int64_t now, Session* out) {
  if (token.size() > kSessionTokenBytesMax) return Refusal::too_big;
  std::array<std::string_view, kFields> fields;
  if (!split(token, &fields) || fields[0] != kVersion) return Refusal::malformed;
  const std::string_view code = fields[kFields - 1];
  const std::string_view text = token.substr(0, token.size() - code.size() - 1);
  if (!is_signed(text, code, secrets)) return Refusal::signature;
  Session session;
  session.id = fields[1];
  if (session.id.size() != kIdChars || !read_seconds(fields[2], &session.issued) ||
      !read_seconds(fields[3], &session.expires))
    return Refusal::malformed;
  if (fields[4] != tenant_mark(tenant)) return Refusal::tenant;
  if (now >= session.expires) return Refusal::expired;
  *out = std::move(session);
  return Refusal::none;
}

std::string session_cookie_name(std::string_view tenant, bool tls) {
  const std::string name(tls ? "__Host-fcedge_session_" : "fcedge_session_");
  return name + tenant_mark(tenant).substr(0, kCookieMarkChars);
}

std::string session_cookie(std::string_view token, std::string_view tenant, uint32_t max_age_s,
                           bool tls) {
  std::string cookie = session_cookie_name(tenant, tls);
  cookie.append("=").append(token);
  cookie.append("; Path=/; Max-Age=").append(std::to_string(max_age_s)).append("; HttpOnly");
  return cookie.append(tls ? "; Secure; SameSite=None; Partitioned" : "; SameSite=Lax");
}

SessionCandidates session_candidates(const Request& request, std::string_view tenant) {
  SessionCandidates candidates;
  const std::string name = session_cookie_name(tenant, request.tls);
  // HTTP/2 may split the pairs over several fields (RFC 9113 section 8.2.3).
  for (const Header& header : request.headers)
    if (header.name == "cookie") add_cookies(&candidates, name, header.value);
  // A place is kept for each way that does not need cookies.
  if (candidates.count > kSessionCandidatesMax - 2) candidates.count = kSessionCandidatesMax - 2;
  add(&candidates, request.header(kSessionField));
  add(&candidates, query_value(request.query, kSessionQuery));
  return candidates;
}

}  // namespace fce
