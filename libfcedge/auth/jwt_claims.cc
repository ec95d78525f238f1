// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt_claims.h"

#include <utility>

#include "auth/jwt.h"
#include "base/json.h"
#include "http/name.h"

namespace fce {
namespace {

// Beyond it seconds cannot be told from each other as a double, and sums with a leeway still fit.
constexpr double kTimeMax = 9007199254740991;

// A NumericDate (RFC 7519 section 2), which may have a fraction. False for a wrong type.
bool read_time(const Json& claims, const char* name, bool* present, int64_t* out) {
  const Json* claim = claims.find(name);
  *present = claim != nullptr;
  double seconds = 0;
  if (!claim) return true;
  if (!claim->read(&seconds) || !(seconds >= 0 && seconds <= kTimeMax)) return false;
  *out = static_cast<int64_t>(seconds);
  return true;
}

Refusal check_times(const Json& claims, const JwtPolicy& policy, int64_t now, Identity* out) {
  bool has_expiry = false, has_start = false, has_issue = false;
  int64_t expiry = 0, start = 0, issue = 0;
  if (!read_time(claims, "exp", &has_expiry, &expiry) ||
      !read_time(claims, "nbf", &has_start, &start) ||
      !read_time(claims, "iat", &has_issue, &issue))
    return Refusal::claims;
  // A token for ever could only be taken back by a change of keys.
  if (!has_expiry) return Refusal::claims;
  out->expires = expiry + policy.leeway_s;
  if (now >= out->expires) return Refusal::expired;
  if (has_start && now + policy.leeway_s < start) return Refusal::not_yet;
  return Refusal::none;
}

// `aud` is one string or an array of them (RFC 7519 section 4.1.3).
Refusal check_audience(const Json& claims, const JwtPolicy& policy) {
  const Json* claim = claims.find("aud");
  if (!claim) return policy.audience.empty() ? Refusal::none : Refusal::audience;
  std::string_view text;
  bool named = policy.audience.empty();
  if (claim->read(&text)) {
    named = named || text == policy.audience;
  } else if (claim->is_array()) {
    for (const Json& item : claim->items()) {
      if (!item.read(&text)) return Refusal::claims;
      named = named || text == policy.audience;
    }
  } else {
    return Refusal::claims;
  }
  return named ? Refusal::none : Refusal::audience;
}

Refusal check_issuer(const Json& claims, const JwtPolicy& policy) {
  const Json* claim = claims.find("iss");
  std::string_view text;
  if (claim && !claim->read(&text)) return Refusal::claims;
  return policy.issuer.empty() || (claim && text == policy.issuer) ? Refusal::none
                                                                   : Refusal::issuer;
}

// A name that may be absent; an empty one is as wrong as one of a wrong type.
bool read_name(const Json& claims, const char* name, std::string* out) {
  const Json* claim = claims.find(name);
  std::string_view text;
  if (!claim) return true;
  if (!claim->read(&text) || !is_name(text)) return false;
  *out = text;
  return true;
}

bool read_groups(const Json& claims, Identity* out) {
  const Json* claim = claims.find("groups");
  if (!claim) return true;
  if (!claim->is_array() || claim->items().size() > kIdentityGroupsMax) return false;
  for (const Json& item : claim->items()) {
    std::string_view text;
    if (!item.read(&text) || !is_name(text)) return false;
    out->groups.emplace_back(text);
  }
  return true;
}

bool read_rights(const Json& json, uint8_t* out) {
  if (!json.is_array()) return false;
  *out = kNoRights;
  for (const Json& item : json.items()) {
    std::string_view word;
    Right right;
    if (!item.read(&word) || !parse_right(word, &right)) return false;
    *out = static_cast<uint8_t>(*out | static_cast<uint8_t>(right));
  }
  return true;
}

// A pattern alone, or an object with a pattern and rights.
bool read_rule(const Json& json, ChannelRule* out) {
  out->rights = kReadRights;
  const Json* name = &json;
  if (json.is_object()) {
    name = json.find("name");
    const Json* rights = json.find("rights");
    if (!name || (rights && !read_rights(*rights, &out->rights))) return false;
  }
  std::string_view pattern;
  if (!name->read(&pattern) || !is_channel_pattern(pattern)) return false;
  out->pattern = pattern;
  return true;
}

bool read_channels(const Json& claims, Identity* out) {
  const Json* claim = claims.find("channels");
  if (!claim) return true;
  if (!claim->is_array() || claim->items().size() > kIdentityRulesMax) return false;
  out->lists_channels = true;
  for (const Json& item : claim->items()) {
    if (!read_rule(item, &out->rules.emplace_back())) return false;
  }
  return true;
}

}  // namespace

Refusal read_claims(const Json& claims, const JwtPolicy& policy, int64_t now, Identity* out) {
  Refusal refusal = check_times(claims, policy, now, out);
  if (refusal == Refusal::none) refusal = check_audience(claims, policy);
  if (refusal == Refusal::none) refusal = check_issuer(claims, policy);
  if (refusal != Refusal::none) return refusal;
  out->kind = Identity::Kind::token;
  out->tenant = policy.tenant;
  const bool read = read_name(claims, "sub", &out->user) &&
                    read_name(claims, "tenant", &out->tenant) &&
                    read_name(claims, "jti", &out->token_id) && read_groups(claims, out) &&
                    read_channels(claims, out);
  return read && !out->tenant.empty() ? Refusal::none : Refusal::claims;
}

}  // namespace fce
