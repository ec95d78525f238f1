// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt.h"

#include <algorithm>
#include <utility>

#include "auth/jwt_claims.h"
#include "base/base64url.h"
#include "base/json.h"

namespace fce {
namespace {

constexpr JsonLimits kHeaderJson = {.depth_max = 4, .values_max = 64};
constexpr JsonLimits kClaimsJson = {.depth_max = 8, .values_max = 1024};

// The three parts of a compact JWS, and what the first two are as text: that is signed.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

bool split(std::string_view token, Parts* parts) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return false;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  parts->header = token.substr(0, first);
  parts->payload = token.substr(first + 1, second - first - 1);
  parts->signature = token.substr(second + 1);
  parts->signed_text = token.substr(0, second);
  return true;
}

bool decode_object(std::string_view part, const JsonLimits& limits, Json* out) {
  std::string text;
  return base64url_decode(part, &text) && Json::parse(text, limits, out) == Status::ok &&
         out->is_object();
}

struct JoseHeader {
  TokenAlgorithm algorithm = TokenAlgorithm::hs256;
  bool has_key_id = false;
  std::string key_id;
};

// Keys that a header carries or points to (jwk, jku, x5u...) are never looked at.
Refusal read_header(std::string_view part, JoseHeader* out) {
  Json json;
  if (!decode_object(part, kHeaderJson, &json)) return Refusal::malformed;
  const Json* algorithm = json.find("alg");
  std::string_view name;
  if (!algorithm || !algorithm->read(&name)) return Refusal::malformed;
  if (!parse_token_algorithm(name, &out->algorithm)) return Refusal::algorithm;
  // A critical extension is one that we would have to know, and we know none.
  if (json.find("crit")) return Refusal::malformed;
  if (const Json* type = json.find("typ"); type && !type->is_string()) return Refusal::malformed;
  if (const Json* key_id = json.find("kid")) {
    std::string_view text;
    if (!key_id->read(&text)) return Refusal::malformed;
    out->has_key_id = true;
    out->key_id = text;
  }
  return Refusal::none;
}

// The key that the token names, or without a name the only one that fits. Trying several keys
// would make the cost of a token depend on how many there are.
Refusal choose_key(const JoseHeader& header, const KeySet& keys, const TokenKey** out) {
  const TokenKey* found = nullptr;
  bool known = false;
  for (const TokenKey& key : keys.keys()) {
    if (header.has_key_id && (key.id.empty() || key.id != header.key_id)) continue;
    known = true;
    if (key.algorithm != header.algorithm) continue;
    if (found) return Refusal::key;
    found = &key;
  }
  if (!found) return known ? Refusal::algorithm : Refusal::key;
  *out = found;
  return Refusal::none;
}

}  // namespace

Refusal verify_jwt(std::string_view token, const KeySet& keys, const JwtPolicy& policy, int64_t now,
                   Identity* out) {
  if (token.size() > policy.token_bytes_max) return Refusal::too_big;
  Parts parts;
  if (!split(token, &parts)) return Refusal::malformed;
  JoseHeader header;
  Refusal refusal = read_header(parts.header, &header);
  if (refusal != Refusal::none) return refusal;
  const TokenKey* key = nullptr;
  refusal = choose_key(header, keys, &key);
  if (refusal != Refusal::none) return refusal;
  std::string signature;
  if (!base64url_decode(parts.signature, &signature)) return Refusal::malformed;
  if (!key->verify(parts.signed_text, as_bytes(signature))) return Refusal::signature;
  // Only what is signed is looked at from here on.
  Json claims;
  if (!decode_object(parts.payload, kClaimsJson, &claims)) return Refusal::malformed;
  Identity identity;
  refusal = read_claims(claims, policy, now, &identity);
  if (refusal == Refusal::none) *out = std::move(identity);
  return refusal;
}

}  // namespace fce
