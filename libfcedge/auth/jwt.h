// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens (RFC 7519) as compact JWS (RFC 7515), with the advice of RFC 8725. Pure code: the
// time is given.
//
// Claims: `sub` the user, `tenant`, `groups` an array of strings, `channels` an array of patterns
// or of {"name":PATTERN,"rights":["subscribe","publish","presence","history"]} (identity.h says
// what patterns are; without `rights`: all but publish), `exp`, `nbf`, `iat`, `aud`, `iss`, `jti`.
// `exp` there must be. A claim of another type than these have is a refusal, and others are
// ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/identity.h"
#include "auth/key_set.h"
#include "auth/refusal.h"

namespace fce {

struct JwtPolicy {
  std::string audience;  // must be in `aud`; "": `aud` is not looked at
  std::string issuer;    // must be `iss`; "": any
  std::string tenant;    // of tokens that name none; "": those are refused
  uint32_t leeway_s = 30;
  uint32_t token_bytes_max = 8192;
};

// Verifies a token and reads who it speaks of. `now` is seconds since 1970. On a refusal `out` is
// left alone.
Refusal verify_jwt(std::string_view token, const KeySet& keys, const JwtPolicy& policy, int64_t now,
                   Identity* out);

}  // namespace fce
